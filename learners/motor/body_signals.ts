/**
 * What the released code of Rinaldo et al. 2024 (arXiv 2401.14057) regularises in the place of hidden
 * activity. Its controllers never output their hidden layers; Keras then pairs the regularisers with the
 * outputs that there are, and the activity A falls on
 *
 * | signal | rows |
 * | --- | --- |
 * | joints | angles (rad), rates (rad/s) |
 * | muscles | activation, fibre length (m) and velocity (m/s), passive force, force-length factor, active force (shares of F_max), force (N), of each muscle |
 * | proprioception | normalised fibre lengths and velocities |
 * | hand | x, y (m) |
 *
 * as many of them, from the first, as there are hidden layers. With forces in newtons this outweighs all
 * other terms, and an arm that is trained so hardly moves. It is an ablation; nothing else should use it.
 */
import { Differentiator } from "../../sim/expression/derivative.ts";
import { Graph, type Node } from "../../sim/expression/graph.ts";
import { compileKernel, type Kernel } from "../../sim/expression/kernel.ts";
import { inputLanes, lanesAlgebra } from "../../sim/expression/lanes.ts";
import { hillLengthCurves } from "../../sim/actuators/muscle_laws.ts";
import type { PlantEquations } from "../../sim/physics/plant_equations.ts";
import { sensedSize, stateLayout } from "../../sim/physics/plant_kernels.ts";
import { activityChangeWeight } from "./objectives.ts";

/** Joints, muscles, proprioception, hand. */
export const bodySignalCount = 4;

/** The signals of a plant compiled, with their adjoint. */
interface SignalKernels {
  /** Rows of each signal. */
  readonly sizes: readonly number[];
  /** state, sensed → signals, one after the other */
  readonly signals: Kernel;
  /** state, sensed, cotangents of the signals → cotangents of state and sensed */
  readonly adjoint: Kernel;
}

function compileSignals(equations: PlantEquations): SignalKernels {
  const { arm, actuator } = equations;
  const { muscles } = arm;
  const layout = stateLayout(equations);
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const { constant, subtract, multiply, divide } = algebra;
  const state = inputLanes(graph, layout.size);
  const sensed = inputLanes(graph, sensedSize(equations));
  const activation = state.slice(layout.activation, layout.force);
  const force = state.slice(layout.force);
  const proprioception = sensed.slice(0, -2);
  const [length, velocity] = [
    proprioception.slice(0, actuator.count),
    proprioception.slice(actuator.count),
  ];
  const optimal = muscles.map(({ optimalLength }) => optimalLength);
  const maximal = constant(muscles.map(({ maximalForce }) => maximalForce));
  const { passive, forceLength } = hillLengthCurves(algebra, length);
  const signals: readonly (readonly Node[])[] = [
    state.slice(0, layout.activation),
    [
      activation,
      multiply(length, constant(optimal)),
      multiply(velocity, constant(optimal.map((metres) => 10 * metres))),
      passive,
      forceLength,
      subtract(divide(force, maximal), passive),
      force,
    ].flat(),
    proprioception,
    sensed.slice(-2),
  ];
  const rows = signals.flat();
  const cotangents = inputLanes(graph, rows.length);
  const seeds = rows.map((node, row) => [node, cotangents[row]] as const);
  const pulled = new Differentiator(graph).pullBack(seeds, [...state, ...sensed]);
  const inputs = [{ name: "state", rows: state }, { name: "sensed", rows: sensed }];
  return {
    sizes: signals.map(({ length: size }) => size),
    signals: compileKernel("bodySignals", inputs, [{ name: "signals", rows }]),
    adjoint: compileKernel(
      "bodySignalsAdjoint",
      [...inputs, { name: "cotangents", rows: cotangents }],
      [
        { name: "stateCotangent", rows: pulled.slice(0, state.length) },
        { name: "sensedCotangent", rows: pulled.slice(state.length) },
      ],
    ),
  };
}

/** The signals of a roll-out's steps, the regulariser on them, and its cotangents. */
export class BodySignals {
  readonly #kernels: SignalKernels;
  /** One signal after the other, of each step. */
  readonly #steps: Float64Array[];
  readonly #cotangents: Float64Array;
  readonly #stateCotangent: Float64Array;
  readonly #sensedCotangent: Float64Array;

  /**
   * @param regularised how many of the signals count, from the first
   * @throws {RangeError} when the arm is not driven by Hill muscles, which have these signals
   */
  constructor(
    readonly equations: PlantEquations,
    readonly regularised: number,
    readonly trials: number,
    steps: number,
  ) {
    if (equations.actuator.name !== "hill-muscle") {
      throw new RangeError(
        `the released regulariser is about the state of Hill muscles; the arm has ${equations.actuator.name}`,
      );
    }
    this.#kernels = compileSignals(equations);
    const rows = this.#kernels.sizes.reduce((sum, size) => sum + size, 0);
    this.#steps = Array.from({ length: steps }, () => new Float64Array(rows * trials));
    this.#cotangents = new Float64Array(rows * trials);
    this.#stateCotangent = new Float64Array(stateLayout(equations).size * trials);
    this.#sensedCotangent = new Float64Array(sensedSize(equations) * trials);
  }

  /** Take down the signals after step `step`, from what the plant is in and says then. */
  record(step: number, state: Float64Array, sensed: Float64Array): void {
    this.#kernels.signals.run(this.trials, state, sensed, this.#steps[step]);
  }

  /** Where the signals that count stand in what was taken down, and the scales of A's two parts. */
  get #counted() {
    const { trials, equations: { timeStep } } = this;
    const steps = this.#steps.length;
    let offset = 0;
    return this.#kernels.sizes.slice(0, this.regularised).map((size) => {
      const [from, elements] = [offset, size * trials];
      offset += elements;
      return {
        from,
        until: offset,
        square: 1 / (elements * steps),
        change: activityChangeWeight / (timeStep ** 2 * elements * Math.max(steps - 1, 1)),
      };
    });
  }

  /** Σ over the signals that count of mean z² + 0.05 mean ((z_{t+1} − z_t)/dt)². */
  get activity(): number {
    let activity = 0;
    for (const { from, until, square, change } of this.#counted) {
      this.#steps.forEach((now, step) => {
        const before = this.#steps[Math.max(step - 1, 0)];
        for (let i = from; i < until; i++) {
          activity += square * now[i] ** 2 + change * (now[i] - before[i]) ** 2;
        }
      });
    }
    return activity;
  }

  /** Adds the cotangents of `weight` · activity with respect to state and sensed after step `step`. */
  pullBack(
    step: number,
    weight: number,
    state: Float64Array,
    sensed: Float64Array,
    stateCotangent: Float64Array,
    sensedCotangent: Float64Array,
  ): void {
    const now = this.#steps[step];
    const before = this.#steps[Math.max(step - 1, 0)];
    const after = this.#steps[Math.min(step + 1, this.#steps.length - 1)];
    const cotangents = this.#cotangents.fill(0);
    for (const { from, until, square, change } of this.#counted) {
      for (let i = from; i < until; i++) {
        cotangents[i] = 2 * weight *
          (square * now[i] + change * (2 * now[i] - before[i] - after[i]));
      }
    }
    this.#kernels.adjoint.run(
      this.trials,
      state,
      sensed,
      cotangents,
      this.#stateCotangent,
      this.#sensedCotangent,
    );
    for (let i = 0; i < stateCotangent.length; i++) stateCotangent[i] += this.#stateCotangent[i];
    for (let i = 0; i < sensedCotangent.length; i++) sensedCotangent[i] += this.#sensedCotangent[i];
  }
}
