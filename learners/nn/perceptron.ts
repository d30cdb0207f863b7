/**
 * Multi-layer perceptrons: h_k = act(h_{k−1} W_k + b_k), y = act_o(h_K W_o + b_o), with W of shape
 * [inputs, outputs].
 */
import { activate, type ActivationName, pullActivation } from "./activations.ts";
import { orthogonalParameters } from "./initialisers.ts";
import { addOuterProduct, addProduct, addRowSums, fillRows } from "./matrix_kernels.ts";
import { hiddenGain, type Network, type NetworkPass, type Precision } from "./network.ts";
import { layOut, type ParameterLayout, type ParameterTensor, viewOf } from "./parameters.ts";
import { VectorPerceptronPass } from "./vector/perceptron_pass.ts";

/** What a perceptron is built from. */
export interface PerceptronConfig {
  readonly inputs: number;
  /** Units of each hidden layer; none at all for a linear map. */
  readonly hidden: readonly number[];
  readonly outputs: number;
  readonly activation: ActivationName;
  readonly outputActivation: ActivationName;
}

/** One dense layer of a perceptron. */
export interface PerceptronLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: ActivationName;
  /** [inputs, outputs] */
  readonly kernel: ParameterTensor;
  readonly bias: ParameterTensor;
}

const outputKernel = "output.kernel";

/** A perceptron's structure. */
export class Perceptron implements Network {
  readonly inputs: number;
  readonly outputs: number;
  readonly layout: ParameterLayout;
  readonly layers: readonly PerceptronLayer[];

  /** @throws {RangeError} when a layer has no units */
  constructor(readonly config: PerceptronConfig) {
    const { inputs, hidden, outputs, activation, outputActivation } = config;
    const wrong = [inputs, ...hidden, outputs].find((size) => !Number.isInteger(size) || size < 1);
    if (wrong !== undefined) {
      throw new RangeError(`a layer of ${wrong} units; expected an integer of at least 1`);
    }
    this.inputs = inputs;
    this.outputs = outputs;
    const sizes = [inputs, ...hidden];
    const dense = (name: string, from: number, to: number) =>
      [[`${name}.kernel`, [from, to]], [`${name}.bias`, [to]]] as const;
    this.layout = layOut([
      ...hidden.flatMap((units, k) => dense(`hidden.${k}`, sizes[k], units)),
      ...dense("output", sizes[hidden.length], outputs),
    ]);
    const { tensors } = this.layout;
    this.layers = [...hidden, outputs].map((units, k) => ({
      inputs: sizes[k],
      outputs: units,
      activation: k < hidden.length ? activation : outputActivation,
      kernel: tensors[2 * k],
      bias: tensors[2 * k + 1],
    }));
  }

  initialParameters(seed: number, outputGain: number): Float64Array {
    return orthogonalParameters(
      this.layout,
      seed,
      (name) => name === outputKernel ? outputGain : hiddenGain,
    );
  }

  project(): void {}

  pass(columns: number, precision: Precision = "single"): NetworkPass {
    return precision === "single"
      ? new VectorPerceptronPass(this, columns)
      : new ScalarPerceptronPass(this, columns);
  }
}

/** Passes in double precision. */
class ScalarPerceptronPass implements NetworkPass {
  #parameters: Float64Array;
  #input: Float64Array;
  /** Activities, and cotangents of what enters the activation, of each layer: [layer], [unit][column]. */
  readonly #values: readonly Float64Array[];
  readonly #cotangents: readonly Float64Array[];

  constructor(readonly network: Perceptron, readonly columns: number) {
    this.#parameters = new Float64Array(network.layout.size);
    this.#input = new Float64Array(network.inputs * columns);
    const arrays = () => network.layers.map(({ outputs }) => new Float64Array(outputs * columns));
    this.#values = arrays();
    this.#cotangents = arrays();
  }

  load(parameters: Float64Array): void {
    this.#parameters.set(parameters);
  }

  forward(input: Float64Array): Float64Array {
    this.#input.set(input);
    this.network.layers.forEach(({ inputs, outputs, activation, kernel, bias }, k) => {
      const into = this.#values[k];
      const from = k === 0 ? this.#input : this.#values[k - 1];
      const weights = viewOf(this.#parameters, kernel);
      fillRows(into, viewOf(this.#parameters, bias), outputs, this.columns);
      addProduct(into, weights, from, outputs, inputs, this.columns, 1, outputs);
      activate(activation, into);
    });
    return this.#values[this.#values.length - 1];
  }

  pullBack(cotangent: Float64Array, gradient?: Float64Array, input?: Float64Array): void {
    const { layers } = this.network;
    this.#cotangents[layers.length - 1].set(cotangent);
    for (let k = layers.length - 1; k >= 0; k--) {
      const { inputs, outputs, activation, kernel, bias } = layers[k];
      const delta = this.#cotangents[k];
      pullActivation(activation, delta, this.#values[k]);
      if (gradient) {
        const from = k === 0 ? this.#input : this.#values[k - 1];
        addOuterProduct(viewOf(gradient, kernel), from, delta, inputs, outputs, this.columns);
        addRowSums(viewOf(gradient, bias), delta, outputs, this.columns);
      }
      const entering = k === 0 ? input : this.#cotangents[k - 1];
      if (!entering) return;
      const weights = viewOf(this.#parameters, kernel);
      addProduct(entering.fill(0), weights, delta, inputs, outputs, this.columns, outputs, 1);
    }
  }
}
