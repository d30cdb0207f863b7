/**
 * Policies with normal actions squashed by tanh into the action space (Haarnoja et al. 2018,
 * arXiv 1812.05905, section 4.2 and appendix C), differentiated through their samples:
 *
 *     u = μ(s) + σ(s) ξ,  ξ ~ N(0, 1),  a = m + w tanh u
 *     log π(a|s) = Σ log N(u; μ, σ) − log w − log(1 − tanh² u)
 *
 * A network gives μ, then what log σ is made of: its tanh mapped onto [−5, 2], as CleanRL has it. log(1 −
 * tanh² u) is worked out so that it is finite for every u.
 */
import type { Space } from "../../sim/environments/environment.ts";
import type { Network, NetworkPass, Precision } from "../nn/network.ts";
import { logDensity, logSquashing } from "./gaussian.ts";

const [lowestLogDeviation, highestLogDeviation] = [-5, 2];
const logDeviationHalf = (highestLogDeviation - lowestLogDeviation) / 2;
const logDeviationMiddle = (highestLogDeviation + lowestLogDeviation) / 2;

/** How samples are made; see `SquashedPolicyPass`. */
export interface SquashedPolicyOptions {
  /**
   * What the network's outputs for μ are multiplied by, 1 unless given: a network whose outputs end in tanh
   * would have no action near the space's bounds otherwise.
   */
  readonly meanScale?: number;
  readonly precision?: Precision;
}

/** The middle and the half width of each row of a space: what −1 … 1 is mapped onto it by. */
export function halvesOf({ low, high }: Space): {
  readonly middle: readonly number[];
  readonly half: readonly number[];
} {
  return {
    middle: low.map((bound, row) => (high[row] + bound) / 2),
    half: low.map((bound, row) => (high[row] - bound) / 2),
  };
}

/** A batch of samples of a policy. Arrays are [row][column]; they are overwritten by the next ones. */
export class SquashedPolicyPass {
  /** Actions, within the space. */
  readonly actions: Float64Array;
  /** log π of each column's action. */
  readonly logDensities: Float64Array;
  readonly #pass: NetworkPass;
  readonly #space: ReturnType<typeof halvesOf>;
  readonly #rows: number;
  readonly #meanScale: number;
  readonly #noise: Float64Array;
  /** tanh u, σ, and the tanh that log σ is made of. */
  readonly #squashed: Float64Array;
  readonly #deviations: Float64Array;
  readonly #raw: Float64Array;
  readonly #cotangent: Float64Array;

  /**
   * @param network with two outputs for each row of the space
   * @throws {RangeError} when it has another number of outputs
   */
  constructor(
    network: Network,
    space: Space,
    readonly columns: number,
    { meanScale = 1, precision }: SquashedPolicyOptions = {},
  ) {
    const rows = this.#rows = space.low.length;
    if (network.outputs !== 2 * rows) {
      throw new RangeError(
        `a squashed policy's network has ${network.outputs} outputs; expected ${2 * rows}, ` +
          `mean and deviation of ${rows} components`,
      );
    }
    this.#pass = network.pass(columns, precision);
    this.#meanScale = meanScale;
    this.#space = halvesOf(space);
    const array = (count: number) => new Float64Array(count * columns);
    this.actions = array(rows);
    this.logDensities = array(1);
    this.#noise = array(rows);
    this.#squashed = array(rows);
    this.#deviations = array(rows);
    this.#raw = array(rows);
    this.#cotangent = array(2 * rows);
  }

  /** Take over parameters; they count until others are taken over. */
  load(parameters: Float64Array): void {
    this.#pass.load(parameters);
  }

  /**
   * Fill `actions` and `logDensities` with samples.
   * @param noise ξ, [row][column], standard normal
   */
  sample(observations: Float64Array, noise: Float64Array): void {
    const { columns } = this;
    const { middle, half } = this.#space;
    const outputs = this.#pass.forward(observations);
    this.#noise.set(noise);
    this.logDensities.fill(0);
    for (let row = 0; row < this.#rows; row++) {
      const logHalf = Math.log(half[row]);
      for (let column = 0; column < columns; column++) {
        const at = row * columns + column;
        const mean = this.#meanScale * outputs[at];
        const raw = this.#raw[at] = Math.tanh(outputs[this.#rows * columns + at]);
        const logDeviation = logDeviationMiddle + logDeviationHalf * raw;
        const deviation = this.#deviations[at] = Math.exp(logDeviation);
        const u = mean + deviation * noise[at];
        const squashed = this.#squashed[at] = Math.tanh(u);
        this.actions[at] = middle[row] + half[row] * squashed;
        this.logDensities[column] += logDensity(u, mean, logDeviation) - logHalf - logSquashing(u);
      }
    }
  }

  /** The policy without its noise: m + w tanh μ, [row][column]; overwrites `actions`. */
  deterministic(observations: Float64Array): Float64Array {
    const { columns, actions } = this;
    const { middle, half } = this.#space;
    const outputs = this.#pass.forward(observations);
    for (let at = 0; at < actions.length; at++) {
      const row = Math.floor(at / columns);
      actions[at] = middle[row] + half[row] * Math.tanh(this.#meanScale * outputs[at]);
    }
    return actions;
  }

  /**
   * Pull back what a loss has for a gradient at the last samples, their noise held fixed:
   * ∂a/∂u = w (1 − tanh² u), ∂log π/∂u = 2 tanh u, ∂log π/∂log σ = −1 beside what goes through u.
   *
   * @param actions ∂loss/∂a, [row][column]
   * @param logDensity ∂loss/∂log π, the same for every column
   * @param gradient added to: ∂loss/∂parameters
   */
  pullBack(actions: Float64Array, logDensity: number, gradient: Float64Array): void {
    const { columns } = this;
    const { half } = this.#space;
    const deviationRows = this.#rows * columns;
    for (let at = 0; at < deviationRows; at++) {
      const squashed = this.#squashed[at];
      const slope = half[Math.floor(at / columns)] * (1 - squashed ** 2);
      const u = actions[at] * slope + logDensity * 2 * squashed;
      const logDeviation = u * this.#deviations[at] * this.#noise[at] - logDensity;
      this.#cotangent[at] = this.#meanScale * u;
      this.#cotangent[deviationRows + at] = logDeviation * logDeviationHalf *
        (1 - this.#raw[at] ** 2);
    }
    this.#pass.pullBack(this.#cotangent, gradient);
  }
}
