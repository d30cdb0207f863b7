/**
 * Deterministic policies: a network whose outputs are −1 … 1, mapped onto the action space; and how they
 * climb a critic (Silver et al. 2014, deterministic policy gradients; Lillicrap et al. 2016,
 * arXiv 1509.02971, equation 6).
 */
import type { Space } from "../../sim/environments/environment.ts";
import type { Network, NetworkPass, Precision } from "../nn/network.ts";
import { mean } from "../statistics/descriptive.ts";
import { type Critics, joined } from "./critics.ts";
import { halvesOf } from "./squashed_policy.ts";

/** Passes of one batch size through a network whose outputs end in tanh. */
export class TanhPolicyPass {
  /** [row][column]; overwritten by the next pass. */
  readonly actions: Float64Array;
  /** The actions in units of the space's half width from its middle, −1 … 1. */
  readonly outputs: Float64Array;
  readonly #pass: NetworkPass;
  readonly #space: ReturnType<typeof halvesOf>;
  readonly #cotangent: Float64Array;

  /**
   * @param network with an output for each row of the space
   * @throws {RangeError} when it has another number of outputs
   */
  constructor(network: Network, space: Space, readonly columns: number, precision?: Precision) {
    const rows = space.low.length;
    if (network.outputs !== rows) {
      throw new RangeError(
        `a deterministic policy's network has ${network.outputs} outputs; expected ${rows}`,
      );
    }
    this.#pass = network.pass(columns, precision);
    this.#space = halvesOf(space);
    this.actions = new Float64Array(rows * columns);
    this.outputs = new Float64Array(rows * columns);
    this.#cotangent = new Float64Array(rows * columns);
  }

  /** Take over parameters; they count until others are taken over. */
  load(parameters: Float64Array): void {
    this.#pass.load(parameters);
  }

  /** Actions for observations, [row][column]. */
  act(observations: Float64Array): Float64Array {
    const { middle, half } = this.#space;
    const { outputs } = this;
    outputs.set(this.#pass.forward(observations));
    for (let at = 0; at < outputs.length; at++) {
      const row = Math.floor(at / this.columns);
      this.actions[at] = middle[row] + half[row] * outputs[at];
    }
    return this.actions;
  }

  /**
   * Pull back what a loss has for a gradient at the last actions.
   * @param actions ∂loss/∂a, [row][column]
   * @param outputs ∂loss/∂outputs beside what goes through the actions, [row][column]
   * @param gradient added to: ∂loss/∂parameters
   */
  pullBack(actions: Float64Array, outputs: Float64Array, gradient: Float64Array): void {
    const { half } = this.#space;
    for (let at = 0; at < actions.length; at++) {
      this.#cotangent[at] = actions[at] * half[Math.floor(at / this.columns)] + outputs[at];
    }
    this.#pass.pullBack(this.#cotangent, gradient);
  }
}

/**
 * −mean Q₁(s, π(s)) + c mean x², where x are the actions in units of −1 … 1, and its gradient at the
 * policy's parameters.
 * @param gradient added to
 * @param price c
 */
export function deterministicPolicyLoss(
  policy: TanhPolicyPass,
  critics: Critics,
  observations: Float64Array,
  gradient: Float64Array,
  price = 0,
): number {
  const input = joined(observations, policy.act(observations));
  const slopes = new Float64Array(input.length);
  const values = critics.leastValues(input, slopes, 1);
  const actionSlopes = slopes.subarray(observations.length).map((slope) => -slope / policy.columns);
  const { outputs } = policy;
  const priceSlopes = outputs.map((output) => 2 * price * output / outputs.length);
  policy.pullBack(actionSlopes, priceSlopes, gradient);
  return -mean([...values]) + price * mean([...outputs].map((output) => output ** 2));
}
