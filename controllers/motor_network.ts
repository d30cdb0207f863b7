/**
 * The networks of Rinaldo et al. 2024 (arXiv 2401.14057): one or two parallel stacks of tanh layers
 * ("streams": the whole brain, or a left and a right hemisphere), coupled after every hidden layer by a
 * callosum, merged by two non-negative scalars, and read out as commands.
 *
 *   h_0 = tanh(x W_0 + b_0)                          in every stream s
 *   h̃ˢ = h_{k−1}ˢ + κ(h_{k−1} of the other stream)    before every layer k ≥ 1 (`callosum.ts`)
 *   h_kˢ = tanh(h̃ˢ W_k + b_k)
 *   z = w_L h^L + w_R h^R                             (a single stream: z = h)
 *   u = sigmoid(z W_o + b_o)                          (tanh for torque motors)
 *
 * The net is applied anew at every time step; the recurrence is the loop through the arm. As an extension
 * that is not the paper's, the tanh layers can be gated recurrent ones (`cells.ts`), whose state lasts for a
 * trial. Arrays are laid out [unit][trial].
 */
import { activate } from "../learners/nn/activations.ts";
import { addProduct, addScaled, fillRows } from "../learners/nn/matrix_kernels.ts";
import { initialParameters, orthogonal } from "../learners/nn/initialisers.ts";
import { layOut, type ParameterLayout, viewOf } from "../learners/nn/parameters.ts";
import { randomStream } from "../sim/random.ts";
import { callosa, type Callosum, type CallosumName, noKernel } from "./callosum.ts";
import { type Cell, type CellName, cells, type CellValues, defaultCell } from "./cells.ts";
import { intact, type Lesion } from "./lesions.ts";

/** What a network is built from. */
export interface MotorNetworkConfig {
  readonly kind: "unilateral" | "bilateral";
  /** Units of one layer of the whole network; a hemisphere has half of them, rounded down. */
  readonly units: number;
  /** Hidden layers, at least 1. */
  readonly layers: number;
  readonly callosum: CallosumName;
  /** What the hidden layers are made of, of a single stream too; feed-forward unless given. */
  readonly hemispheres?: CellName;
  /** Rows of the observation. */
  readonly inputs: number;
  /** Actuators. */
  readonly outputs: number;
  /** `sigmoid` for excitations 0 … 1, `tanh` for motor commands −1 … 1. */
  readonly outputActivation: "sigmoid" | "tanh";
}

/**
 * A group of parameters that a loss may train: one of the streams, or what they share (merge, output,
 * and a callosum that learns).
 */
export type ParameterGroup = number | "shared";

/** An array for each hidden layer, [layer][stream], each [unit][trial]. */
export type HiddenArrays = readonly (readonly Float64Array[])[];

/** The activities of one time step, kept for the reverse pass (`reverse_pass.ts`). */
export interface Activity {
  /** What enters each layer ≥ 1, [layer − 1][stream], each [unit][trial]. */
  readonly received: Float64Array[][];
  /** [layer][stream], each [unit][trial]. */
  readonly hidden: Float64Array[][];
  /** The parts of the cells, [layer][stream], each [part][unit][trial]; `hidden` for cells of one part. */
  readonly gates: Float64Array[][];
  readonly merged: Float64Array;
  /** Commands, [actuator][trial]. */
  readonly output: Float64Array;
}

/** A weight matrix [inputs, outputs] and its biases. */
export interface DenseTensors {
  readonly kernel: Float64Array;
  readonly bias: Float64Array;
}

/** The weights of a hidden layer of one stream, for the parts of its cells (`cells.ts`) side by side. */
export interface LayerTensors extends DenseTensors {
  /** From the state, [units, recurrent parts · units]; empty for cells without a state. */
  readonly recurrent: Float64Array;
}

/** A parameter vector (weights or gradient), seen as the network's parts. */
export interface NetworkTensors {
  /** [stream][layer] */
  readonly streams: readonly (readonly LayerTensors[])[];
  /**
   * What each stream receives over the callosum before layer k + 1: the kernel [units, units] from the
   * other stream, [k][stream]; empty arrays where the callosum learns nothing.
   */
  readonly callosum: readonly (readonly Float64Array[])[];
  /** One number a stream; empty for a single stream, which is not weighted. */
  readonly merge: readonly Float64Array[];
  readonly output: DenseTensors;
}

/** The name of the kernel of what `stream` receives over a callosum that learns, before layer k. */
const callosalKernel = (k: number, stream: string) => `callosum.${k}.${stream}`;

/** How the names of kernels end by which a layer's state enters its cells. */
const recurrentSuffix = ".recurrent";

/** A network's structure; its weights are one vector that is passed in. */
export class MotorNetwork {
  readonly layout: ParameterLayout;
  /** "whole", or "left" and "right". */
  readonly streams: readonly string[];
  /** Units of one layer of one stream. */
  readonly width: number;
  /** What the hidden layers are made of. */
  readonly cell: Cell;
  readonly #seen = new WeakMap<Float64Array, NetworkTensors>();

  /** @throws {RangeError} when a stream would have no unit, or there is no hidden layer */
  constructor(readonly config: MotorNetworkConfig) {
    const { kind, units, layers, callosum, inputs, outputs } = config;
    this.streams = kind === "bilateral" ? ["left", "right"] : ["whole"];
    this.width = Math.floor(units / this.streams.length);
    if (!Number.isInteger(units) || this.width < 1) {
      throw new RangeError(`${units} units are too few for a ${kind} network`);
    }
    if (!Number.isInteger(layers) || layers < 1) {
      throw new RangeError(`a network of ${layers} hidden layers; at least 1 is needed`);
    }
    this.cell = cells[config.hemispheres ?? defaultCell];
    const { width, cell: { parts, driven, recurrent } } = this;
    const stacks = this.streams.flatMap((stream) =>
      Array.from({ length: layers }, (_, k) =>
        [
          [`${stream}.${k}.kernel`, [k === 0 ? inputs : width, driven * width]],
          ...recurrent > 0
            ? [[`${stream}.${k}${recurrentSuffix}`, [width, recurrent * width]] as const]
            : [],
          [`${stream}.${k}.bias`, [parts * width]],
        ] as const).flat()
    );
    const betweenLayers = Array.from({ length: layers - 1 }, (_, k) => k + 1);
    const exchanged = kind === "bilateral" && callosa[callosum]?.learned
      ? betweenLayers.flatMap((k) =>
        this.streams.map((stream) => [callosalKernel(k, stream), [width, width]] as const)
      )
      : [];
    const merge = kind === "bilateral"
      ? this.streams.map((stream) => [`merge.${stream}`, [1]] as const)
      : [];
    this.layout = layOut([
      ...stacks,
      ...exchanged,
      ...merge,
      ["output.kernel", [width, outputs]],
      ["output.bias", [outputs]],
    ]);
  }

  /**
   * The parts of `vector`; the views are made once for each vector.
   * @throws {RangeError} when the vector is not of this network's size
   */
  tensors(vector: Float64Array): NetworkTensors {
    if (vector.length !== this.layout.size) {
      throw new RangeError(
        `a vector of ${vector.length} numbers is not one of the network's ${this.layout.size} parameters`,
      );
    }
    let seen = this.#seen.get(vector);
    if (!seen) this.#seen.set(vector, seen = this.#view(vector));
    return seen;
  }

  #view(vector: Float64Array): NetworkTensors {
    const views = new Map(
      this.layout.tensors.map((tensor) => [tensor.name, viewOf(vector, tensor)]),
    );
    const dense = (name: string): DenseTensors => ({
      kernel: views.get(`${name}.kernel`)!,
      bias: views.get(`${name}.bias`)!,
    });
    const layer = (name: string): LayerTensors => ({
      ...dense(name),
      recurrent: views.get(`${name}${recurrentSuffix}`) ?? noKernel,
    });
    const layers = Array.from({ length: this.config.layers }, (_, k) => k);
    return {
      streams: this.streams.map((stream) => layers.map((k) => layer(`${stream}.${k}`))),
      callosum: layers.slice(1).map((k) =>
        this.streams.map((stream) => views.get(callosalKernel(k, stream)) ?? noKernel)
      ),
      merge: this.streams.flatMap((stream) => views.get(`merge.${stream}`) ?? []),
      output: dense("output"),
    };
  }

  /** Weights before training, as Keras has them: Glorot uniform, from states orthogonal, biases 0; merge ½. */
  initialWeights(seed: number): Float64Array {
    const weights = initialParameters(this.layout, seed);
    for (const tensor of this.layout.tensors) {
      if (!tensor.name.endsWith(recurrentSuffix)) continue;
      const stream = randomStream(seed, `weights/${tensor.name}`);
      orthogonal(viewOf(weights, tensor), tensor.shape[0], tensor.shape[1], 1, stream);
    }
    for (const merge of this.tensors(weights).merge) merge[0] = 0.5;
    return weights;
  }

  /** The merge weights of the streams; empty for a single stream. */
  mergeWeights(weights: Float64Array): number[] {
    return this.tensors(weights).merge.map(([weight]) => weight);
  }

  /** What each stream counts in the merge: its weight, or 1 for a single stream. */
  mergeScales(weights: Float64Array): number[] {
    return this.streams.length === 1 ? [1] : this.mergeWeights(weights);
  }

  /** The constraint after every update: merge weights are not negative. */
  project(weights: Float64Array): void {
    for (const merge of this.tensors(weights).merge) merge[0] = Math.max(merge[0], 0);
  }

  /** Whether what it does at a step depends on the steps before. */
  get hasState(): boolean {
    return this.cell.recurrent > 0;
  }

  /** Room for an array for each hidden layer, [layer][stream], each [part][unit][trial]; zeros. */
  hiddenArrays(trials: number, parts = 1): Float64Array[][] {
    return Array.from(
      { length: this.config.layers },
      () => this.streams.map(() => new Float64Array(parts * this.width * trials)),
    );
  }

  /** Room for the activities of `trials` trials at one time step. */
  activity(trials: number): Activity {
    const layer = () => new Float64Array(this.width * trials);
    const { outputs, callosum } = this.config;
    const { parts } = this.cell;
    const hidden = this.hiddenArrays(trials);
    const coupled = this.streams.length > 1 && callosa[callosum] !== undefined;
    return {
      hidden,
      gates: parts === 1 ? hidden : this.hiddenArrays(trials, parts),
      received: hidden.slice(1).map((_, k) => coupled ? this.streams.map(layer) : hidden[k]),
      merged: layer(),
      output: new Float64Array(outputs * trials),
    };
  }

  /**
   * Commands for `observation` [input][trial], into `activity`.
   * @param before hidden activities of the step before, which are the state of cells that have one; none at
   *   the start of a trial
   */
  forward(
    weights: Float64Array,
    observation: Float64Array,
    activity: Activity,
    trials: number,
    lesion: Lesion = intact,
    before?: HiddenArrays,
  ): void {
    const { width, streams } = this;
    const { layers, inputs, outputs, outputActivation } = this.config;
    const tensors = this.tensors(weights);
    for (let k = 0; k < layers; k++) {
      if (k > 0) this.#exchange(tensors, activity, k - 1, trials, lesion);
      streams.forEach((_, s) => {
        const from = k === 0 ? observation : activity.received[k - 1][s];
        const deaf = k === 0 && lesion.input.includes(s);
        const values = {
          gates: activity.gates[k][s],
          hidden: activity.hidden[k][s],
          before: before?.[k][s],
        };
        this.#runLayer(
          tensors.streams[s][k],
          deaf ? undefined : from,
          k === 0 ? inputs : width,
          values,
          trials,
        );
      });
    }
    const last = activity.hidden[layers - 1];
    const merge = this.mergeScales(weights).map((scale, s) =>
      lesion.output.includes(s) ? 0 : scale
    );
    activity.merged.fill(0);
    last.forEach((hidden, s) => addScaled(activity.merged, hidden, merge[s]));
    const { kernel, bias } = tensors.output;
    fillRows(activity.output, bias, outputs, trials);
    addProduct(activity.output, kernel, activity.merged, outputs, width, trials, 1, outputs);
    activate(outputActivation, activity.output);
  }

  /** One layer of one stream, which `rows` rows enter; nothing does where `from` is undefined. */
  #runLayer(
    { kernel, recurrent, bias }: LayerTensors,
    from: Float64Array | undefined,
    rows: number,
    values: CellValues,
    trials: number,
  ): void {
    const { width, cell } = this;
    const { gates, before } = values;
    const driven = cell.driven * width;
    fillRows(gates, bias, cell.parts * width, trials);
    if (from) addProduct(gates, kernel, from, driven, rows, trials, 1, driven);
    if (cell.recurrent > 0 && before) {
      const recurring = cell.recurrent * width;
      const into = gates.subarray(gates.length - recurring * trials);
      addProduct(into, recurrent, before, recurring, width, trials, 1, recurring);
    }
    cell.activate(values);
  }

  /** Fills what enters layer k + 1: own activity and what the callosum brings. */
  #exchange(
    { callosum: kernels }: NetworkTensors,
    { hidden, received }: Activity,
    k: number,
    trials: number,
    lesion: Lesion,
  ): void {
    const callosum: Callosum | undefined = callosa[this.config.callosum];
    if (received[k] === hidden[k] || !callosum) return;
    received[k].forEach((into, s) => {
      into.set(hidden[k][s]);
      if (lesion.callosum) return;
      callosum.send(into, hidden[k][1 - s], this.width, trials, kernels[k][s]);
    });
  }
}
