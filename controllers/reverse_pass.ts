/**
 * The reverse pass of a motor network through one time step, for several losses at once.
 *
 * The path is differentiated in full, through both streams and the callosum, for every loss; the losses'
 * shares only mask what each group of parameters takes. Weight gradients are therefore formed once, from
 * the cotangents combined by their shares.
 */
import {
  addOuterProduct,
  addProduct,
  addRowSums,
  addScaled,
} from "../learners/nn/matrix_kernels.ts";
import { callosa, type Callosum } from "./callosum.ts";
import type { Activity, MotorNetwork, NetworkTensors, ParameterGroup } from "./motor_network.ts";

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

/** What one call works on. */
interface Step {
  readonly weights: NetworkTensors;
  readonly gradient: NetworkTensors;
  readonly observation: Float64Array;
  readonly activity: Activity;
  readonly losses: readonly LossCotangent[];
}

/** Multiplies a cotangent by the activation's derivative, from the activation's value. */
const pullActivation = {
  sigmoid: (cotangent: Float64Array, values: Float64Array) => {
    for (let i = 0; i < cotangent.length; i++) cotangent[i] *= values[i] * (1 - values[i]);
  },
  tanh: (cotangent: Float64Array, values: Float64Array) => {
    for (let i = 0; i < cotangent.length; i++) cotangent[i] *= 1 - values[i] * values[i];
  },
};

/** Reverse passes of one network for so many trials and losses; owns the working memory. */
export class ReversePass {
  /** Cotangents of the layer that the pass has come to, [loss][stream], each [unit][trial]. */
  readonly #cotangents: readonly (readonly Float64Array[])[];
  /** Cotangents of what enters a layer, [stream]. */
  readonly #entering: readonly Float64Array[];
  readonly #combined: Float64Array;
  readonly #combinedOutput: Float64Array;
  readonly #merged: Float64Array;

  constructor(readonly network: MotorNetwork, readonly trials: number, losses: number) {
    const { width, streams, config } = network;
    const layer = () => new Float64Array(width * trials);
    this.#cotangents = Array.from({ length: losses }, () => streams.map(layer));
    this.#entering = streams.map(layer);
    this.#combined = layer();
    this.#combinedOutput = new Float64Array(config.outputs * trials);
    this.#merged = layer();
  }

  /**
   * Pull `losses` back through the activities of a forward pass without lesions.
   *
   * @param gradient added to: for each group of parameters the losses' shares of its gradient
   */
  run(
    weights: Float64Array,
    observation: Float64Array,
    activity: Activity,
    losses: readonly LossCotangent[],
    gradient: Float64Array,
  ): void {
    const { network } = this;
    const step: Step = {
      weights: network.tensors(weights),
      gradient: network.tensors(gradient),
      observation,
      activity,
      losses,
    };
    this.#pullReadout(step, network.mergeScales(weights));
    for (let k = network.config.layers - 1; k >= 0; k--) {
      network.streams.forEach((_, s) => {
        this.#pullTanh(step, k, s);
        this.#addLayerGradient(step, k, s);
      });
      losses.forEach((loss, index) => {
        if (k > 0) this.#pullLayer(step, k, this.#cotangents[index], loss.share("shared"));
        else this.#pullInput(step, this.#cotangents[index], loss.input);
      });
    }
  }

  /** From the commands to the last hidden layer. */
  #pullReadout({ weights, gradient, activity, losses }: Step, scales: readonly number[]): void {
    const { trials } = this;
    const { width, config } = this.network;
    const { layers, outputs, outputActivation } = config;
    const last = activity.hidden[layers - 1];
    this.#combinedOutput.fill(0);
    losses.forEach((loss, index) => {
      pullActivation[outputActivation](loss.output, activity.output);
      const share = loss.share("shared");
      addScaled(this.#combinedOutput, loss.output, share);
      const merged = this.#merged.fill(0);
      addProduct(merged, weights.output.kernel, loss.output, width, outputs, trials, outputs, 1);
      gradient.merge.forEach((weight, s) => weight[0] += share * dot(last[s], merged));
      this.#cotangents[index].forEach((cotangent, s) =>
        addScaled(cotangent.fill(0), merged, scales[s])
      );
    });
    const { kernel, bias } = gradient.output;
    addOuterProduct(kernel, activity.merged, this.#combinedOutput, width, outputs, trials);
    addRowSums(bias, this.#combinedOutput, outputs, trials);
  }

  /** Through the tanh of layer k of stream s, with what the losses add there. */
  #pullTanh({ activity, losses }: Step, k: number, s: number): void {
    losses.forEach(({ hidden }, index) => {
      const cotangent = this.#cotangents[index][s];
      if (hidden) addScaled(cotangent, hidden[k][s], 1);
      pullActivation.tanh(cotangent, activity.hidden[k][s]);
    });
  }

  /** Adds the gradient of layer k of stream s, combined over the losses that train it. */
  #addLayerGradient({ gradient, observation, activity, losses }: Step, k: number, s: number): void {
    const { trials } = this;
    const { width, config } = this.network;
    const shares = losses.map((loss) => loss.share(s));
    if (shares.every((share) => share === 0)) return;
    const combined = this.#combined.fill(0);
    shares.forEach((share, index) => {
      if (share !== 0) addScaled(combined, this.#cotangents[index][s], share);
    });
    const from = k === 0 ? observation : activity.received[k - 1][s];
    const rows = k === 0 ? config.inputs : width;
    const { kernel, bias } = gradient.streams[s][k];
    addOuterProduct(kernel, from, combined, rows, width, trials);
    addRowSums(bias, combined, width, trials);
  }

  /**
   * Replaces the cotangents of layer k's pre-activations by those of layer k − 1's activities. A callosum
   * that learns belongs to neither hemisphere: its kernels take the share of what both have in common.
   */
  #pullLayer(
    { weights, gradient, activity }: Step,
    k: number,
    cotangents: readonly Float64Array[],
    share: number,
  ): void {
    const { trials } = this;
    const { width, streams, config } = this.network;
    const callosum: Callosum | undefined = callosa[config.callosum];
    this.#entering.forEach((entering, s) => {
      const { kernel } = weights.streams[s][k];
      addProduct(entering.fill(0), kernel, cotangents[s], width, width, trials, width, 1);
    });
    cotangents.forEach((cotangent, s) => {
      cotangent.set(this.#entering[s]);
      if (streams.length === 1 || !callosum) return;
      const [receiver, hidden] = [1 - s, activity.hidden[k - 1][s]];
      const received = this.#entering[receiver];
      const kernel = weights.callosum[k - 1][receiver];
      callosum.pullBack(cotangent, received, hidden, width, trials, kernel);
      if (!callosum.learned || share === 0) return;
      const scaled = this.#combined.fill(0);
      addScaled(scaled, received, share);
      const kernelGradient = gradient.callosum[k - 1][receiver];
      callosum.addKernelGradient(kernelGradient, scaled, hidden, width, trials);
    });
  }

  /** Writes the cotangent of the observation. */
  #pullInput({ weights }: Step, cotangents: readonly Float64Array[], input: Float64Array): void {
    const { width, config } = this.network;
    input.fill(0);
    cotangents.forEach((cotangent, s) => {
      const { kernel } = weights.streams[s][0];
      addProduct(input, kernel, cotangent, config.inputs, width, this.trials, width, 1);
    });
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
