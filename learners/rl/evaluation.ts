/** How good a policy is: whole episodes under seeds that no training has seen. */
import { clipActions, type VectorEnvironment } from "../../sim/environments/environment.ts";
import { randomStream } from "../../sim/random.ts";
import type { NetworkPass } from "../nn/network.ts";
import { type Moments, normalise } from "./running_moments.ts";

/** Fills `actions` [row][copy] for `observation` [row][copy]. */
export type Act = (observation: Float64Array, actions: Float64Array) => void;

/** What episodes have come to, one of each copy. */
export interface Evaluation {
  /** Undiscounted sums of rewards, [copy]. */
  readonly returns: readonly number[];
  /** Whether the success rule held when the episode was over, [copy], where the task has one. */
  readonly successes?: readonly boolean[];
}

/**
 * One episode of each copy.
 * @param seed of the episodes
 */
export function evaluate(environment: VectorEnvironment, act: Act, seed: number): Evaluation {
  const { copies, specification } = environment;
  const actions = new Float64Array(specification.action.length * copies);
  const returns = new Float64Array(copies);
  const over = new Uint8Array(copies);
  const succeeded = new Uint8Array(copies);
  let observation = environment.reset(seed);
  for (let left = copies; left > 0;) {
    act(observation, actions);
    clipActions(environment, actions);
    const step = environment.step(actions);
    for (let copy = 0; copy < copies; copy++) {
      if (over[copy]) continue;
      returns[copy] += step.reward[copy];
      over[copy] = step.terminated[copy] | step.truncated[copy];
      if (!over[copy]) continue;
      succeeded[copy] = step.success[copy];
      left--;
    }
    observation = step.observation;
  }
  return {
    returns: [...returns],
    ...specification.success !== undefined && {
      successes: Array.from(succeeded, (success) => success === 1),
    },
  };
}

/**
 * The policy without its noise: the mean of its actions, for observations normalised as they stand.
 * @param pass of the policy's network, for as many columns as the environment has copies, loaded
 * @param bound observations are kept within ±bound
 */
export function deterministicPolicy(pass: NetworkPass, moments: Moments, bound: number): Act {
  const normalised = new Float64Array(moments.mean.length * pass.columns);
  return (observation, actions) => {
    normalise(moments, observation, bound, normalised);
    actions.set(pass.forward(normalised));
  };
}

/** Actions uniform in the action space: what is to be surpassed. */
export function randomPolicy({ actionSpace, copies }: VectorEnvironment, seed: number): Act {
  const { low, high } = actionSpace;
  const random = randomStream(seed, "evaluation/random-policy");
  return (_observation, actions) => {
    actions.forEach((_, at) => {
      const row = Math.floor(at / copies);
      actions[at] = random.uniform(low[row], high[row]);
    });
  };
}
