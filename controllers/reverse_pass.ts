/**
 * The reverse pass of a motor network through one time step, for several losses at once.
 *
 * The path is differentiated in full, through both streams and the callosum, for every loss; the losses'
 * shares only mask what each group of parameters takes. Weight gradients are therefore formed once, from
 * the cotangents combined by their shares.
 *
 * Where cells have a state, the steps are pulled back from the last one to the first: what a step leaves in
 * `LossCotangent.state` is what the step before it begins with.
 */
import { pullActivation } from "../learners/nn/activations.ts";
import {
  addOuterProduct,
  addProduct,
  addRowSums,
  addScaled,
} from "../learners/nn/matrix_kernels.ts";
import { callosa, type Callosum } from "./callosum.ts";
import type { CellValues } from "./cells.ts";
import type {
  Activity,
  HiddenArrays,
  MotorNetwork,
  NetworkTensors,
  ParameterGroup,
} from "./motor_network.ts";

/** One loss's part in the reverse pass of a time step. */
export interface LossCotangent {
  /** ∂loss/∂output, [actuator][trial]; overwritten. */
  readonly output: Float64Array;
  /** ∂loss/∂hidden beside the path through the output, [layer][stream]; none where undefined. */
  readonly hidden?: HiddenArrays;
  /**
   * For cells with a state: ∂loss/∂hidden by way of the step after, [layer][stream], 0 at the last step;
   * overwritten with the same for the step before. Without it nothing comes from later steps.
   */
  readonly state?: HiddenArrays;
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
  /** Hidden activities of the step before; none at the first step. */
  readonly before: HiddenArrays | undefined;
  readonly losses: readonly LossCotangent[];
}

/** Reverse passes of one network for so many trials and losses; owns the working memory. */
export class ReversePass {
  /** Cotangents of the layer that the pass has come to, [loss][stream], each [unit][trial]. */
  readonly #cotangents: readonly (readonly Float64Array[])[];
  /** Those of its cells' arguments, each [part][unit][trial]; the same arrays for cells of one part. */
  readonly #ofArguments: readonly (readonly Float64Array[])[];
  /** Cotangents of what enters a layer, [stream]. */
  readonly #entering: readonly Float64Array[];
  readonly #combined: Float64Array;
  readonly #combinedEntering: Float64Array;
  readonly #combinedOutput: Float64Array;
  readonly #merged: Float64Array;

  constructor(readonly network: MotorNetwork, readonly trials: number, losses: number) {
    const { width, streams, config, cell: { parts } } = network;
    const layer = () => new Float64Array(width * trials);
    const cells = () => new Float64Array(parts * width * trials);
    this.#cotangents = Array.from({ length: losses }, () => streams.map(layer));
    this.#ofArguments = parts === 1
      ? this.#cotangents
      : Array.from({ length: losses }, () => streams.map(cells));
    this.#entering = streams.map(layer);
    this.#combined = cells();
    this.#combinedEntering = layer();
    this.#combinedOutput = new Float64Array(config.outputs * trials);
    this.#merged = layer();
  }

  /**
   * Pull `losses` back through the activities of a forward pass without lesions.
   *
   * @param gradient added to: for each group of parameters the losses' shares of its gradient
   * @param before what the forward pass was given: hidden activities of the step before
   */
  run(
    weights: Float64Array,
    observation: Float64Array,
    activity: Activity,
    losses: readonly LossCotangent[],
    gradient: Float64Array,
    before?: HiddenArrays,
  ): void {
    const { network } = this;
    const step: Step = {
      weights: network.tensors(weights),
      gradient: network.tensors(gradient),
      observation,
      activity,
      before,
      losses,
    };
    this.#pullReadout(step, network.mergeScales(weights));
    for (let k = network.config.layers - 1; k >= 0; k--) {
      network.streams.forEach((_, s) => {
        this.#pullCells(step, k, s);
        this.#addLayerGradient(step, k, s);
      });
      losses.forEach((loss, index) => {
        if (k > 0) this.#pullLayer(step, k, index, loss.share("shared"));
        else this.#pullInput(step, this.#ofArguments[index], loss.input);
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
      pullActivation(outputActivation, loss.output, activity.output);
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

  /** Through the cells of layer k of stream s, with what the losses and the step after add there. */
  #pullCells({ weights, activity, before, losses }: Step, k: number, s: number): void {
    const { cell } = this.network;
    const values: CellValues = {
      gates: activity.gates[k][s],
      hidden: activity.hidden[k][s],
      before: before?.[k][s],
    };
    losses.forEach(({ hidden, state }, index) => {
      const cotangent = this.#cotangents[index][s];
      const ofArguments = this.#ofArguments[index][s];
      const ofState = cell.recurrent > 0 ? state?.[k][s] : undefined;
      if (hidden) addScaled(cotangent, hidden[k][s], 1);
      if (ofState) addScaled(cotangent, ofState, 1);
      cell.pullBack(values, cotangent, ofArguments, ofState);
      if (ofState) this.#pullRecurrent(ofState, weights.streams[s][k].recurrent, ofArguments);
    });
  }

  /** Adds to the cotangent of the state what comes through the arguments of the cells' parts. */
  #pullRecurrent(ofState: Float64Array, kernel: Float64Array, ofArguments: Float64Array): void {
    const { trials, network: { width, cell } } = this;
    const rows = cell.recurrent * width;
    addProduct(ofState, kernel, this.#recurrentPart(ofArguments), width, rows, trials, rows, 1);
  }

  /** The parts that the state is multiplied into. */
  #recurrentPart(ofArguments: Float64Array): Float64Array {
    const { width, cell: { parts, recurrent } } = this.network;
    return ofArguments.subarray((parts - recurrent) * width * this.trials);
  }

  /** Adds the gradient of layer k of stream s, combined over the losses that train it. */
  #addLayerGradient(step: Step, k: number, s: number): void {
    const { gradient, observation, activity, before, losses } = step;
    const { trials } = this;
    const { width, config, cell } = this.network;
    const shares = losses.map((loss) => loss.share(s));
    if (shares.every((share) => share === 0)) return;
    const combined = this.#combined.fill(0);
    shares.forEach((share, index) => {
      if (share !== 0) addScaled(combined, this.#ofArguments[index][s], share);
    });
    const from = k === 0 ? observation : activity.received[k - 1][s];
    const rows = k === 0 ? config.inputs : width;
    const { kernel, recurrent, bias } = gradient.streams[s][k];
    addOuterProduct(kernel, from, combined, rows, cell.driven * width, trials);
    addRowSums(bias, combined, cell.parts * width, trials);
    if (cell.recurrent === 0 || !before) return;
    const recurring = this.#recurrentPart(combined);
    addOuterProduct(recurrent, before[k][s], recurring, width, cell.recurrent * width, trials);
  }

  /**
   * From the arguments of layer k to the activities of layer k − 1, for one loss. A callosum that learns
   * belongs to neither hemisphere: its kernels take the share of what both have in common.
   */
  #pullLayer(
    { weights, gradient, activity }: Step,
    k: number,
    loss: number,
    share: number,
  ): void {
    const { trials } = this;
    const { width, streams, config, cell } = this.network;
    const callosum: Callosum | undefined = callosa[config.callosum];
    const driven = cell.driven * width;
    this.#entering.forEach((entering, s) => {
      const { kernel } = weights.streams[s][k];
      const ofArguments = this.#ofArguments[loss][s];
      addProduct(entering.fill(0), kernel, ofArguments, width, driven, trials, driven, 1);
    });
    this.#cotangents[loss].forEach((cotangent, s) => {
      cotangent.set(this.#entering[s]);
      if (streams.length === 1 || !callosum) return;
      const [receiver, hidden] = [1 - s, activity.hidden[k - 1][s]];
      const received = this.#entering[receiver];
      const kernel = weights.callosum[k - 1][receiver];
      callosum.pullBack(cotangent, received, hidden, width, trials, kernel);
      if (!callosum.learned || share === 0) return;
      const scaled = this.#combinedEntering.fill(0);
      addScaled(scaled, received, share);
      const kernelGradient = gradient.callosum[k - 1][receiver];
      callosum.addKernelGradient(kernelGradient, scaled, hidden, width, trials);
    });
  }

  /** Writes the cotangent of the observation. */
  #pullInput({ weights }: Step, ofArguments: readonly Float64Array[], input: Float64Array): void {
    const { width, config, cell } = this.network;
    const driven = cell.driven * width;
    input.fill(0);
    ofArguments.forEach((cotangent, s) => {
      const { kernel } = weights.streams[s][0];
      addProduct(input, kernel, cotangent, config.inputs, driven, this.trials, driven, 1);
    });
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
