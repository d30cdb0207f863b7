/**
 * The networks of Rinaldo et al. 2024 (arXiv 2401.14057): one or two parallel stacks of tanh layers
 * ("streams": the whole brain, or a left and a right hemisphere), coupled after every hidden layer by a
 * callosum, merged by two non-negative scalars, and read out as commands.
 *
 *   h_0 = tanh(x W_0 + b_0)                          in every stream s
 *   h̃ˢ = h_{k−1}ˢ + κ(h_{k−1} of the other stream)    before every layer k ≥ 1
 *   h_kˢ = tanh(h̃ˢ W_k + b_k)
 *   z = w_L h^L + w_R h^R                             (a single stream: z = h)
 *   u = sigmoid(z W_o + b_o)                          (tanh for torque motors)
 *
 * The net is applied anew at every time step; the recurrence is the loop through the arm. Arrays are
 * laid out [unit][trial].
 */
import {
  addOuterProduct,
  addProduct,
  addRowSums,
  addScaled,
  fillRows,
} from "../learners/nn/matrix_kernels.ts";
import { initialParameters } from "../learners/nn/initialisers.ts";
import { layOut, type ParameterLayout, viewOf } from "../learners/nn/parameters.ts";
import { callosa, type CallosumName } from "./callosum.ts";
import { intact, type Lesion } from "./lesions.ts";

/** What a network is built from. */
export interface MotorNetworkConfig {
  readonly kind: "unilateral" | "bilateral";
  /** Units of one layer of the whole network; a hemisphere has half of them, rounded down. */
  readonly units: number;
  /** Hidden layers, at least 1. */
  readonly layers: number;
  readonly callosum: CallosumName;
  /** Rows of the observation. */
  readonly inputs: number;
  /** Actuators. */
  readonly outputs: number;
  /** `sigmoid` for excitations 0 … 1, `tanh` for motor commands −1 … 1. */
  readonly outputActivation: "sigmoid" | "tanh";
}

/** Which parameters a loss trains: one of the streams, or what they share. */
export type ParameterGroup = number | "shared";

/** The activities of one time step, kept for the reverse pass. */
export interface Activity {
  /** What enters each layer ≥ 1, [layer − 1][stream], each [unit][trial]. */
  readonly received: Float64Array[][];
  /** [layer][stream], each [unit][trial]. */
  readonly hidden: Float64Array[][];
  readonly merged: Float64Array;
  /** Commands, [actuator][trial]. */
  readonly output: Float64Array;
}

/** A weight matrix [inputs, outputs] and its biases. */
export interface DenseTensors {
  readonly kernel: Float64Array;
  readonly bias: Float64Array;
}

/** A parameter vector (weights or gradient), seen as the network's parts. */
export interface NetworkTensors {
  /** [stream][layer] */
  readonly streams: readonly (readonly DenseTensors[])[];
  /** One number a stream; empty for a single stream, which is not weighted. */
  readonly merge: readonly Float64Array[];
  readonly output: DenseTensors;
}

/** One loss's part in the reverse pass of a time step. */
export interface LossCotangent {
  /** ∂loss/∂output, [actuator][trial]; overwritten. */
  readonly output: Float64Array;
  /** ∂loss/∂hidden beside the path through the output, [layer][stream]; none where undefined. */
  readonly hidden?: readonly (readonly Float64Array[])[];
  /** Written: ∂loss/∂observation, [input][trial]. */
  readonly input: Float64Array;
  /** The share of this loss's gradient that each group of parameters takes. */
  readonly share: (group: ParameterGroup) => number;
}

const activate = {
  sigmoid: (values: Float64Array) => {
    for (let i = 0; i < values.length; i++) values[i] = 1 / (1 + Math.exp(-values[i]));
  },
  tanh: (values: Float64Array) => {
    for (let i = 0; i < values.length; i++) values[i] = Math.tanh(values[i]);
  },
};

/** Multiplies a cotangent by the activation's derivative, from the activation's value. */
const pullActivation = {
  sigmoid: (cotangent: Float64Array, values: Float64Array) => {
    for (let i = 0; i < cotangent.length; i++) cotangent[i] *= values[i] * (1 - values[i]);
  },
  tanh: (cotangent: Float64Array, values: Float64Array) => {
    for (let i = 0; i < cotangent.length; i++) cotangent[i] *= 1 - values[i] * values[i];
  },
};

/** A network's structure; its weights are one vector that is passed in. */
export class MotorNetwork {
  readonly layout: ParameterLayout;
  /** "whole", or "left" and "right". */
  readonly streams: readonly string[];
  /** Units of one layer of one stream. */
  readonly width: number;
  readonly #seen = new WeakMap<Float64Array, NetworkTensors>();

  /** @throws {RangeError} when a stream would have no unit, or there is no hidden layer */
  constructor(readonly config: MotorNetworkConfig) {
    const { kind, units, layers, inputs, outputs } = config;
    this.streams = kind === "bilateral" ? ["left", "right"] : ["whole"];
    this.width = Math.floor(units / this.streams.length);
    if (!Number.isInteger(units) || this.width < 1) {
      throw new RangeError(`${units} units are too few for a ${kind} network`);
    }
    if (!Number.isInteger(layers) || layers < 1) {
      throw new RangeError(`a network of ${layers} hidden layers; at least 1 is needed`);
    }
    const { width } = this;
    const stacks = this.streams.flatMap((stream) =>
      Array.from({ length: layers }, (_, k) =>
        [
          [`${stream}.${k}.kernel`, [k === 0 ? inputs : width, width]],
          [`${stream}.${k}.bias`, [width]],
        ] as const).flat()
    );
    const merge = kind === "bilateral"
      ? this.streams.map((stream) => [`merge.${stream}`, [1]] as const)
      : [];
    this.layout = layOut([
      ...stacks,
      ...merge,
      ["output.kernel", [width, outputs]],
      ["output.bias", [outputs]],
    ]);
  }

  /** The parts of `vector`; the views are made once for each vector. */
  tensors(vector: Float64Array): NetworkTensors {
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
    const layers = Array.from({ length: this.config.layers }, (_, k) => k);
    return {
      streams: this.streams.map((stream) => layers.map((k) => dense(`${stream}.${k}`))),
      merge: this.streams.flatMap((stream) => views.get(`merge.${stream}`) ?? []),
      output: dense("output"),
    };
  }

  /** Weights before training: Glorot uniform, biases 0, merge weights ½. */
  initialWeights(seed: number): Float64Array {
    const weights = initialParameters(this.layout, seed);
    for (const merge of this.tensors(weights).merge) merge[0] = 0.5;
    return weights;
  }

  /** The merge weights of the streams; empty for a single stream. */
  mergeWeights(weights: Float64Array): number[] {
    return this.tensors(weights).merge.map(([weight]) => weight);
  }

  /** The constraint after every update: merge weights are not negative. */
  project(weights: Float64Array): void {
    for (const merge of this.tensors(weights).merge) merge[0] = Math.max(merge[0], 0);
  }

  /** Room for the activities of `trials` trials at one time step. */
  activity(trials: number): Activity {
    const layer = () => new Float64Array(this.width * trials);
    const { layers, outputs, callosum } = this.config;
    const hidden = Array.from({ length: layers }, () => this.streams.map(layer));
    const coupled = this.streams.length > 1 && callosa[callosum] !== undefined;
    return {
      hidden,
      received: hidden.slice(1).map((_, k) => coupled ? this.streams.map(layer) : hidden[k]),
      merged: layer(),
      output: new Float64Array(outputs * trials),
    };
  }

  /** Commands for `observation` [input][trial], into `activity`. */
  forward(
    weights: Float64Array,
    observation: Float64Array,
    activity: Activity,
    trials: number,
    lesion: Lesion = intact,
  ): void {
    const { width, streams } = this;
    const { layers, inputs, outputs, outputActivation } = this.config;
    const tensors = this.tensors(weights);
    for (let k = 0; k < layers; k++) {
      if (k > 0) this.#exchange(activity, k - 1, trials, lesion);
      streams.forEach((_, s) => {
        const into = activity.hidden[k][s];
        const from = k === 0 ? observation : activity.received[k - 1][s];
        const { kernel, bias } = tensors.streams[s][k];
        const rows = k === 0 ? inputs : width;
        fillRows(into, bias, width, trials);
        const deaf = k === 0 && lesion.input.includes(s);
        if (!deaf) addProduct(into, kernel, from, width, rows, trials, 1, width);
        activate.tanh(into);
      });
    }
    const last = activity.hidden[layers - 1];
    const merge = this.#merge(weights, lesion);
    activity.merged.fill(0);
    last.forEach((hidden, s) => addScaled(activity.merged, hidden, merge[s]));
    const { kernel, bias } = tensors.output;
    fillRows(activity.output, bias, outputs, trials);
    addProduct(activity.output, kernel, activity.merged, outputs, width, trials, 1, outputs);
    activate[outputActivation](activity.output);
  }

  /** What each stream counts in the merge; 0 for one whose output is cut. */
  #merge(weights: Float64Array, lesion: Lesion): number[] {
    const merge = this.streams.length === 1 ? [1] : this.mergeWeights(weights);
    return merge.map((weight, s) => lesion.output.includes(s) ? 0 : weight);
  }

  /** Fills what enters layer k + 1: own activity and what the callosum brings. */
  #exchange({ hidden, received }: Activity, k: number, trials: number, lesion: Lesion): void {
    const callosum = callosa[this.config.callosum];
    if (received[k] === hidden[k] || !callosum) return;
    received[k].forEach((into, s) => {
      into.set(hidden[k][s]);
      if (!lesion.callosum) callosum.send(into, hidden[k][1 - s], this.width, trials);
    });
  }

  /**
   * The reverse pass of `forward` (without lesions) for several losses at once. Adds to `gradient` the
   * sum over losses of each group's share; writes every loss's cotangent of the observation.
   *
   * The path is differentiated in full, through both streams and the callosum, for every loss; the
   * shares only mask what each group of parameters takes.
   */
  backward(
    weights: Float64Array,
    observation: Float64Array,
    activity: Activity,
    trials: number,
    losses: readonly LossCotangent[],
    gradient: Float64Array,
    scratch: BackwardScratch,
  ): void {
    const { width, streams } = this;
    const { layers, outputs, outputActivation } = this.config;
    const last = activity.hidden[layers - 1];
    const merge = this.#merge(weights, intact);
    const { combinedOutput, merged } = scratch;
    const readout = this.tensors(weights).output;
    const grown = this.tensors(gradient);

    combinedOutput.fill(0);
    losses.forEach((loss, index) => {
      pullActivation[outputActivation](loss.output, activity.output);
      const share = loss.share("shared");
      if (share !== 0) addScaled(combinedOutput, loss.output, share);
      merged.fill(0);
      addProduct(merged, readout.kernel, loss.output, width, outputs, trials, outputs, 1);
      streams.forEach((_, s) => {
        if (streams.length > 1 && share !== 0) grown.merge[s][0] += share * dot(last[s], merged);
        const cotangent = scratch.layers[index][s];
        cotangent.fill(0);
        addScaled(cotangent, merged, merge[s]);
      });
    });
    const { kernel, bias } = grown.output;
    addOuterProduct(kernel, activity.merged, combinedOutput, width, outputs, trials);
    addRowSums(bias, combinedOutput, outputs, trials);

    for (let k = layers - 1; k >= 0; k--) {
      const hidden = activity.hidden[k];
      streams.forEach((_, s) => {
        losses.forEach((loss, index) => {
          const cotangent = scratch.layers[index][s];
          if (loss.hidden) addScaled(cotangent, loss.hidden[k][s], 1);
          pullActivation.tanh(cotangent, hidden[s]);
        });
        this.#layerGradient(
          gradient,
          observation,
          activity,
          trials,
          losses,
          scratch,
          k,
          s,
        );
      });
      losses.forEach((loss, index) => {
        if (k > 0) this.#pullLayer(weights, activity, trials, k, scratch.layers[index], scratch);
        else this.#pullInput(weights, trials, scratch.layers[index], loss.input);
      });
    }
  }

  /** Adds the gradient of layer k of stream s, combined over the losses that train it. */
  #layerGradient(
    gradient: Float64Array,
    observation: Float64Array,
    activity: Activity,
    trials: number,
    losses: readonly LossCotangent[],
    scratch: BackwardScratch,
    k: number,
    s: number,
  ): void {
    const shares = losses.map((loss) => loss.share(s));
    const active = shares.flatMap((share, index) => share === 0 ? [] : [index]);
    if (active.length === 0) return;
    let delta = scratch.layers[active[0]][s];
    if (active.length > 1 || shares[active[0]] !== 1) {
      const { combined } = scratch;
      combined.fill(0);
      for (const index of active) addScaled(combined, scratch.layers[index][s], shares[index]);
      delta = combined;
    }
    const from = k === 0 ? observation : activity.received[k - 1][s];
    const rows = k === 0 ? this.config.inputs : this.width;
    const { kernel, bias } = this.tensors(gradient).streams[s][k];
    addOuterProduct(kernel, from, delta, rows, this.width, trials);
    addRowSums(bias, delta, this.width, trials);
  }

  /** Replaces the cotangents of layer k's pre-activations by those of layer k − 1's activities. */
  #pullLayer(
    weights: Float64Array,
    activity: Activity,
    trials: number,
    k: number,
    cotangents: Float64Array[],
    scratch: BackwardScratch,
  ): void {
    const { width, streams } = this;
    const callosum = callosa[this.config.callosum];
    const hidden = activity.hidden[k - 1];
    streams.forEach((_, s) => {
      const entering = scratch.received[s];
      entering.fill(0);
      const { kernel } = this.tensors(weights).streams[s][k];
      addProduct(entering, kernel, cotangents[s], width, width, trials, width, 1);
    });
    streams.forEach((_, s) => {
      cotangents[s].set(scratch.received[s]);
      if (streams.length > 1 && callosum) {
        callosum.pullBack(cotangents[s], scratch.received[1 - s], hidden[s], width, trials);
      }
    });
  }

  /** Writes the cotangent of the observation. */
  #pullInput(
    weights: Float64Array,
    trials: number,
    cotangents: readonly Float64Array[],
    input: Float64Array,
  ): void {
    const { width } = this;
    input.fill(0);
    this.streams.forEach((_, s) => {
      const { kernel } = this.tensors(weights).streams[s][0];
      addProduct(input, kernel, cotangents[s], this.config.inputs, width, trials, width, 1);
    });
  }

  /** Working memory of `backward` for so many losses. */
  scratch(trials: number, losses: number): BackwardScratch {
    const layer = () => new Float64Array(this.width * trials);
    return {
      layers: Array.from({ length: losses }, () => this.streams.map(layer)),
      received: this.streams.map(layer),
      combined: layer(),
      combinedOutput: new Float64Array(this.config.outputs * trials),
      merged: layer(),
    };
  }
}

/** Working memory of `MotorNetwork.backward`. */
export interface BackwardScratch {
  /** [loss][stream], each [unit][trial] */
  readonly layers: Float64Array[][];
  readonly received: Float64Array[];
  readonly combined: Float64Array;
  readonly combinedOutput: Float64Array;
  readonly merged: Float64Array;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
