/**
 * A roll-out of one tile of trials and its pull-back, in single precision: the tile goes through the whole
 * trial forwards and backwards before the next one is begun, so that its history stays in the cache.
 *
 * All loops over trials, rows and units are kernels'; here are those over time steps, and in the network's
 * passes those over layers.
 */
import type { FieldPart } from "../../../sim/physics/hand_field.ts";
import type { TrialBatch } from "../../../sim/tasks/trial.ts";
import { activityChangeWeight } from "../objectives.ts";
import { finalSteps, type RolloutProblem } from "../rollout.ts";
import { ForwardNetwork } from "./forward_network.ts";
import { laneSumBytes, numberBytes } from "../../nn/vector/instructions.ts";
import { KernelSet, type LinkedKernel } from "../../nn/vector/kernel_set.ts";
import { type LossArray, lossArray } from "./loss_array.ts";
import { handKernel, type LossPlaces, scaleNames } from "./loss_kernels.ts";
import { Places, TileMemory } from "../../nn/vector/memory_plan.ts";
import type { ProductKit } from "../../nn/vector/multiplication.ts";
import type { NetworkGradient } from "./network_gradient.ts";
import { PackedWeights } from "../../nn/vector/packed_weights.ts";
import { type PlantTile, plantTile } from "./plant_tile.ts";
import { panelBytes } from "../../nn/vector/products.ts";
import { ReverseNetwork } from "./reverse_network.ts";
import { clearSums, collectSums, sumPlaces, type TermSums } from "./term_sums.ts";
import { type InputPlaces, loadTile, type TileTrials } from "./tile_inputs.ts";
import { type TileLayout, tileLayout } from "./tile_layout.ts";
import { TileSenses } from "./tile_senses.ts";

/** Roll-outs of tiles of up to `columns` trials of one problem, under force fields of the same parts. */
export class TileRollout {
  readonly #layout: TileLayout;
  readonly #weights = new PackedWeights();
  readonly #forward: ForwardNetwork;
  readonly #reverse: ReverseNetwork;
  readonly #plant: PlantTile;
  readonly #senses: TileSenses;
  readonly #hand: LinkedKernel;
  readonly #losses: LossPlaces;
  readonly #inputs: InputPlaces;
  /** Where distances of steps go that count nowhere. */
  readonly #unused: number;
  readonly #stateCotangent: LossArray;
  readonly #memory: TileMemory;
  /** Where the record of a time step begins. */
  readonly #record: (step: number) => number;

  constructor(
    readonly problem: RolloutProblem,
    parts: readonly FieldPart[],
    readonly columns: number,
  ) {
    const { network, equations, losses } = problem;
    const layout = this.#layout = tileLayout(problem, parts, columns);
    const { rowBytes, rows } = layout;
    const places = new Places();
    const kernels = new KernelSet();
    const panel = places.take(panelBytes);
    const kit: ProductKit = { places, kernels, weights: this.#weights, rowBytes, panel };
    this.#inputs = {
      angles: places.take(equations.arm.joints.length * rowBytes),
      mask: places.take(rowBytes),
    };
    this.#losses = {
      losses: losses.map(({ weights }) => weights),
      rowBytes,
      mask: this.#inputs.mask,
      scales: places.take(losses.length * scaleNames.length * numberBytes),
      sums: sumPlaces(places),
    };
    this.#unused = places.take(laneSumBytes);
    this.#stateCotangent = lossArray(places, losses.length, rows.state * rowBytes);
    const senses = this.#senses = new TileSenses(layout, losses.length, places, kernels);
    this.#forward = new ForwardNetwork(network, layout, kit);
    this.#reverse = new ReverseNetwork(
      network,
      layout,
      losses,
      kit,
      this.#losses,
      senses.lossBytes,
    );
    this.#plant = plantTile(equations, parts, losses.length, layout, kernels, {
      angles: this.#inputs.angles,
      state: this.#stateCotangent,
      sensedBytes: senses.lossBytes,
      command: this.#reverse.command,
    });
    this.#hand = kernels.add("hand", () => handKernel(this.#losses, senses.lossBytes));
    const memory = this.#memory = new TileMemory(places.end);
    this.#record = (step) => memory.history + step * layout.record.bytes;
    kernels.link(memory);
  }

  /** What the tiles so far add up to. */
  get gradient(): NetworkGradient {
    return this.#reverse.gradient;
  }

  /** Begin with a batch: take over the weights, and the scales of the losses for so many trials and steps. */
  start(weights: Float64Array, { trials, steps }: TrialBatch): void {
    const { network, equations, losses } = this.problem;
    this.#memory.reserve((steps + 1) * this.#layout.record.bytes);
    const { numbers } = this.#memory;
    this.#weights.write(numbers, weights, network.mergeScales(weights));
    const points = 2 * trials * steps;
    const units = network.width * trials;
    const changes = units * Math.max(steps - 1, 1) * equations.timeStep ** 2;
    const scales = losses.flatMap(({ weights: loss }) => [
      loss.positionL1 / points,
      20 * loss.positionSquared / points,
      2 * loss.effort / (network.config.outputs * trials * steps),
      2 * loss.activity / (units * steps),
      2 * loss.activity * activityChangeWeight / changes,
    ]);
    numbers.set(scales, this.#losses.scales / numberBytes);
    this.gradient.clear();
  }

  /** Roll out some trials of the batch, and add up what they give. */
  run(trials: TileTrials, into: TermSums): void {
    const { numbers, wideNumbers } = this.#memory;
    const { steps } = trials.batch;
    loadTile(numbers, this.#layout, this.#inputs, this.#record, trials);
    this.gradient.startTile(numbers);
    clearSums(wideNumbers, this.#losses.sums);
    this.#rollOut(steps);
    this.#pullBack(numbers, steps);
    this.gradient.endTile(numbers);
    collectSums(wideNumbers, this.#losses.sums, into);
  }

  #rollOut(steps: number): void {
    const { state, sensed, driven } = this.#layout.record;
    const start = this.#record(0);
    this.#plant.reset.run(start + state, start + sensed);
    for (let step = 0; step < steps; step++) {
      const [now, next] = [this.#record(step), this.#record(step + 1)];
      this.#senses.observe(this.#record, step);
      this.#forward.run(now, step > 0 ? this.#record(step - 1) : undefined);
      this.#senses.disturb(now);
      this.#plant.step.run(now + state, now + driven, now, next + state, next + sensed);
    }
  }

  #pullBack(numbers: Float32Array, steps: number): void {
    const { record, rows, rowBytes } = this.#layout;
    const hand = (rows.sensed - 2) * rowBytes;
    const target = record.observation + rows.sensed * rowBytes;
    const { address, lossBytes } = this.#stateCotangent;
    const end = address + this.problem.losses.length * lossBytes;
    numbers.fill(0, address / numberBytes, end / numberBytes);
    this.#senses.start(numbers);
    this.#reverse.start(numbers);
    for (let step = steps - 1; step >= 0; step--) {
      const [now, next] = [this.#record(step), this.#record(step + 1)];
      const sensed = this.#senses.sensedCotangent(step + 1);
      const distance = step >= steps - finalSteps ? this.#losses.sums.distance : this.#unused;
      this.#hand.run(next + record.sensed + hand, now + target, sensed + hand, distance);
      this.#plant.adjoint.run(now + record.state, now + record.driven, now, sensed);
      this.#senses.used(numbers, step + 1);
      const before = step > 0 ? this.#record(step - 1) : now;
      const after = step < steps - 1 ? next : now;
      const told = step > 0 ? this.#senses.toldCotangent(step) : undefined;
      this.#reverse.run(now, before, after, told);
      if (step > 0) this.#senses.passBack(step);
    }
  }
}
