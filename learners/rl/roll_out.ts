/**
 * Roll-outs by pieces: every copy of a task goes on for so many steps, with the policy as it stands when the
 * roll-out begins. A piece is some of the copies, side by side. What comes of it is a function of the plan,
 * of where the roll-out starts, and of the piece's number alone: any process may do it, as often as it likes.
 *
 * Observations are normalised by the moments that the roll-out begins with, so that no piece depends on what
 * the others have seen. Observations and actions are kept, and acted on, in single precision: networks compute
 * in it, and a piece has half the size on its way.
 *
 * `[continuous 1]` and the like are the details of PPO that `ppo.ts` counts.
 */
import type { EnvironmentState, VectorEnvironment } from "../../sim/environments/environment.ts";
import { type RandomStream, randomStream } from "../../sim/random.ts";
import type { NetworkPass } from "../nn/network.ts";
import { actionLogDensity, type GaussianPolicy } from "./gaussian_policy.ts";
import { type Moments, normalise } from "./running_moments.ts";

/** Observations and scaled rewards are kept within ±10 [continuous 7, 9]. */
export const bound = 10;

/** What roll-outs are made with, and how they are cut. */
export interface RollOutPlan {
  /** As many copies of the task. */
  readonly environments: (copies: number) => VectorEnvironment;
  readonly policy: GaussianPolicy;
  readonly copies: number;
  /** Copies of a piece, at least 1; the last piece may have fewer. */
  readonly copiesOfPiece: number;
  /** Steps of each copy. */
  readonly rolloutLength: number;
  /** Of the noise on the actions. */
  readonly seed: number;
}

/** Where a roll-out starts. */
export interface RollOutStart {
  /** Roll-outs before it. */
  readonly iteration: number;
  /** Mean and log σ, see `GaussianPolicy`. */
  readonly policyParameters: Float64Array;
  /** Of the observations, as they are all through the roll-out. */
  readonly moments: Moments;
  /** Of all copies: episodes go on from one roll-out to the next. */
  readonly environment: EnvironmentState;
}

/** What a piece has come to. Rewards are the task's own. */
export interface RollOutPiece {
  readonly copies: number;
  /** [step][row][copy]: what each step starts from, and what the copies are left with. */
  readonly observations: Float32Array;
  /** [end][row]: what episodes ended in, in the order of steps, and of copies within a step. */
  readonly ends: Float32Array;
  /** [step][row][copy], as they were drawn, before they were clipped. */
  readonly actions: Float32Array;
  /** [step][copy], all four. */
  readonly logDensities: Float64Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** Of the piece's copies, after the last step. */
  readonly environment: EnvironmentState;
}

/** How many whole roll-outs so many steps of all copies are, one at least. */
export function rollOutsIn(
  { copies, rolloutLength }: Pick<RollOutPlan, "copies" | "rolloutLength">,
  steps: number,
): number {
  return Math.max(1, Math.floor(steps / (copies * rolloutLength)));
}

/** How many pieces the copies are cut into. */
export function pieceCount({ copies, copiesOfPiece }: RollOutPlan): number {
  return Math.ceil(copies / copiesOfPiece);
}

/** The number of a piece's first copy, and how many it has. */
export function copiesOf(
  { copies, copiesOfPiece }: Pick<RollOutPlan, "copies" | "copiesOfPiece">,
  piece: number,
): { readonly first: number; readonly count: number } {
  const first = piece * copiesOfPiece;
  return { first, count: Math.min(copiesOfPiece, copies - first) };
}

/** Does pieces of one plan; what is costly to make is kept for the next time. */
export class RollOuts {
  readonly pieces: number;
  /** Of each piece: to go on where it has been before costs least. */
  readonly #environments = new Map<number, VectorEnvironment>();
  /** By copies: the last piece may have fewer. */
  readonly #passes = new Map<number, NetworkPass>();

  /** @throws {RangeError} when a piece would have no copy */
  constructor(readonly plan: RollOutPlan) {
    if (!(plan.copiesOfPiece >= 1)) {
      throw new RangeError(`${plan.copiesOfPiece} copies of a piece; it should have at least 1`);
    }
    this.pieces = pieceCount(plan);
  }

  /** Where the first roll-out starts: every copy's first episode under `seed`. */
  begin(seed: number): EnvironmentState {
    const parts = Array.from({ length: this.pieces }, (_, piece) => {
      const environment = this.#environmentOf(piece);
      environment.reset(seed, copiesOf(this.plan, piece).first);
      return environment.save();
    });
    return joinedCopies(parts);
  }

  /** Do the piece of this number. */
  perform(piece: number, start: RollOutStart): RollOutPiece {
    const { policy, rolloutLength, seed } = this.plan;
    const { first, count: copies } = copiesOf(this.plan, piece);
    const environment = this.#environmentOf(piece);
    const noise = Array.from(
      { length: copies },
      (_, copy) => randomStream(seed, `training/noise/${start.iteration}/${first + copy}`),
    );
    const acting = new NoisyPolicy(
      policy,
      this.#passOf(copies),
      start,
      noise,
      environment.actionSpace,
    );
    let observation = environment.restore(someCopies(start.environment, first, copies));
    const [observed, acted] = [observation.length, acting.chosen.length];
    const into = emptyPiece(copies, rolloutLength, observed, acted);
    const ends: number[] = [];
    into.observations.set(observation);
    for (let step = 0; step < rolloutLength; step++) {
      acting.act(into.observations.subarray(step * observed, (step + 1) * observed));
      into.logDensities.set(acting.logDensities, step * copies);
      // [continuous 5] the environment gets the clipped action, the learner the other one
      into.actions.set(acting.chosen, step * acted);
      const result = environment.step(acting.applied);
      into.rewards.set(result.reward, step * copies);
      into.terminated.set(result.terminated, step * copies);
      into.truncated.set(result.truncated, step * copies);
      for (let copy = 0; copy < copies; copy++) {
        if (!(result.terminated[copy] | result.truncated[copy])) continue;
        for (let at = copy; at < observed; at += copies) ends.push(result.finalObservation[at]);
      }
      observation = result.observation;
      into.observations.set(observation, (step + 1) * observed);
    }
    return { ...into, ends: Float32Array.from(ends), environment: environment.save() };
  }

  #environmentOf(piece: number): VectorEnvironment {
    const { environments } = this.plan;
    const environment = this.#environments.get(piece) ??
      environments(copiesOf(this.plan, piece).count);
    this.#environments.set(piece, environment);
    return environment;
  }

  #passOf(copies: number): NetworkPass {
    const pass = this.#passes.get(copies) ?? this.plan.policy.network.pass(copies);
    this.#passes.set(copies, pass);
    return pass;
  }
}

/** The policy with which a piece is done, and the noise of each of its copies. */
class NoisyPolicy {
  /** [row][copy]: as they were drawn, in single precision, and within the action space. */
  readonly chosen: Float64Array;
  readonly applied: Float64Array;
  /** [copy], of what was chosen. */
  readonly logDensities: Float64Array;
  readonly #normalised: Float64Array;
  readonly #moments: Moments;
  readonly #logDeviations: Float64Array;
  readonly #deviations: Float64Array;

  constructor(
    policy: GaussianPolicy,
    readonly pass: NetworkPass,
    { policyParameters, moments }: RollOutStart,
    readonly noise: readonly RandomStream[],
    readonly space: VectorEnvironment["actionSpace"],
  ) {
    const { inputs, outputs } = policy.network;
    this.chosen = new Float64Array(outputs * noise.length);
    this.applied = new Float64Array(outputs * noise.length);
    this.logDensities = new Float64Array(noise.length);
    this.#normalised = new Float64Array(inputs * noise.length);
    this.#moments = moments;
    this.#logDeviations = policy.logDeviations(policyParameters);
    this.#deviations = this.#logDeviations.map(Math.exp);
    pass.load(policy.meanPart(policyParameters));
  }

  /** Choose an action for each copy. */
  act(observations: Float32Array): void {
    const { chosen, applied, noise, space: { low, high } } = this;
    this.#normalised.set(observations);
    normalise(this.#moments, this.#normalised, bound, this.#normalised); // [continuous 6, 7]
    const means = this.pass.forward(this.#normalised);
    for (let copy = 0; copy < noise.length; copy++) {
      for (let row = 0; row < low.length; row++) { // [continuous 1] a diagonal Gaussian
        const at = row * noise.length + copy;
        chosen[at] = Math.fround(means[at] + this.#deviations[row] * noise[copy].normal());
        applied[at] = Math.min(Math.max(chosen[at], low[row]), high[row]);
      }
      this.logDensities[copy] = actionLogDensity(chosen, means, this.#logDeviations, copy);
    }
  }
}

function emptyPiece(copies: number, steps: number, observed: number, acted: number) {
  return {
    copies,
    observations: new Float32Array((steps + 1) * observed),
    actions: new Float32Array(steps * acted),
    logDensities: new Float64Array(steps * copies),
    rewards: new Float64Array(steps * copies),
    terminated: new Uint8Array(steps * copies),
    truncated: new Uint8Array(steps * copies),
  };
}

/** Where `count` of the copies stand. */
export function someCopies(
  { seed, first, state, steps, episodes }: EnvironmentState,
  from: number,
  count: number,
): EnvironmentState {
  const copies = steps.length;
  const rows = state.length / copies;
  const some = new Float64Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const start = row * copies + from;
    some.set(state.subarray(start, start + count), row * count);
  }
  return {
    seed,
    first: first + from,
    state: some,
    steps: steps.slice(from, from + count),
    episodes: episodes.slice(from, from + count),
  };
}

/** Where the copies of all parts stand together; the parts in order. */
export function joinedCopies(parts: readonly EnvironmentState[]): EnvironmentState {
  const [{ seed, first, state, steps }] = parts;
  const rows = state.length / steps.length;
  const copies = parts.reduce((sum, part) => sum + part.steps.length, 0);
  const all: EnvironmentState = {
    seed,
    first,
    state: new Float64Array(rows * copies),
    steps: new Int32Array(copies),
    episodes: new Int32Array(copies),
  };
  let from = 0;
  for (const part of parts) {
    const count = part.steps.length;
    for (let row = 0; row < rows; row++) {
      all.state.set(part.state.subarray(row * count, (row + 1) * count), row * copies + from);
    }
    all.steps.set(part.steps, from);
    all.episodes.set(part.episodes, from);
    from += count;
  }
  return all;
}
