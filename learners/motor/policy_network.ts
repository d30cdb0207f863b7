/**
 * A motor network behind the contract of policy and value networks: bilateral, unilateral, with and
 * without callosum, feed-forward, since a batch is one of single steps. Its hidden layers begin orthogonally, its merge with ½ for either hemisphere.
 */
import { MotorNetwork, type MotorNetworkConfig } from "../../controllers/motor_network.ts";
import { type LossCotangent, ReversePass } from "../../controllers/reverse_pass.ts";
import { orthogonalParameters } from "../nn/initialisers.ts";
import { hiddenGain, type Network, type NetworkPass, type Precision } from "../nn/network.ts";
import type { ParameterLayout } from "../nn/parameters.ts";
import { VectorMotorPass } from "./vector/motor_pass.ts";

/** A motor network as a policy or a value function. */
export class MotorPolicyNetwork implements Network {
  readonly network: MotorNetwork;
  readonly inputs: number;
  readonly outputs: number;
  readonly layout: ParameterLayout;

  /** @throws {RangeError} when a hemisphere would have no unit, or there is no hidden layer */
  constructor(config: Omit<MotorNetworkConfig, "hemispheres">) {
    this.network = new MotorNetwork(config);
    this.inputs = config.inputs;
    this.outputs = config.outputs;
    this.layout = this.network.layout;
  }

  initialParameters(seed: number, outputGain: number): Float64Array {
    const parameters = orthogonalParameters(
      this.layout,
      seed,
      (name) => name === "output.kernel" ? outputGain : hiddenGain,
    );
    for (const merge of this.network.tensors(parameters).merge) merge[0] = 0.5;
    return parameters;
  }

  /** Merge weights are not negative. */
  project(parameters: Float64Array): void {
    this.network.project(parameters);
  }

  pass(columns: number, precision: Precision = "single"): NetworkPass {
    return precision === "single"
      ? new VectorMotorPass(this.network, columns)
      : new ScalarMotorPass(this.network, columns);
  }
}

/** Passes in double precision. */
class ScalarMotorPass implements NetworkPass {
  readonly #parameters: Float64Array;
  readonly #observation: Float64Array;
  readonly #activity;
  readonly #reverse: ReversePass;
  readonly #loss: LossCotangent;
  readonly #unusedGradient: Float64Array;

  constructor(readonly network: MotorNetwork, readonly columns: number) {
    const { inputs, outputs } = network.config;
    this.#parameters = new Float64Array(network.layout.size);
    this.#unusedGradient = new Float64Array(network.layout.size);
    this.#observation = new Float64Array(inputs * columns);
    this.#activity = network.activity(columns);
    this.#reverse = new ReversePass(network, columns, 1);
    this.#loss = {
      output: new Float64Array(outputs * columns),
      input: new Float64Array(inputs * columns),
      share: () => 1,
    };
  }

  load(parameters: Float64Array): void {
    this.#parameters.set(parameters);
  }

  forward(input: Float64Array): Float64Array {
    this.#observation.set(input);
    this.network.forward(this.#parameters, this.#observation, this.#activity, this.columns);
    return this.#activity.output;
  }

  pullBack(cotangent: Float64Array, gradient?: Float64Array, input?: Float64Array): void {
    this.#loss.output.set(cotangent);
    const into = gradient ?? this.#unusedGradient;
    this.#reverse.run(this.#parameters, this.#observation, this.#activity, [this.#loss], into);
    input?.set(this.#loss.input);
  }
}
