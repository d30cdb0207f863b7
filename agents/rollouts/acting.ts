/**
 * What acts in a roll-out: a controller, and what it tells of its actions beside them, such as their
 * log-probabilities.
 */
import type { Controller } from "../../controllers/controller.ts";
import type { RandomStream } from "../../sim/random.ts";

/** Acts for a batch of arms. */
export interface ActingPolicy {
  /** Names of what it tells of each action, one number an arm and step. */
  readonly channels: readonly string[];
  /** Start new trials of so many arms; random numbers come from `stream`. */
  reset(arms: number, stream: RandomStream): void;
  /**
   * @param observations [row][arm]
   * @param actions written: [actuator][arm]
   * @param channels written: one array [arm] for each of `channels`
   */
  act(observations: Float64Array, actions: Float64Array, channels: readonly Float64Array[]): void;
}

/** `controller` as it is. */
export function deterministicPolicy(controller: Controller): ActingPolicy {
  return {
    channels: [],
    reset: (arms) => controller.reset(arms),
    act: (observations, actions) => controller.act(observations, actions),
  };
}

/** The name of the channel of an action's log-probability density. */
export const logProbability = "logProbability";

/**
 * Actions from a Gaussian around those of `controller`, each actuator independently:
 * a = μ + σ ε, log p(a) = Σ_actuators (−ε²/2 − ln σ − ln(2π)/2).
 *
 * Actions may leave the action space; the environment clips what the actuators do, not what is recorded.
 *
 * @param deviation σ, positive, in units of the action
 */
export function gaussianPolicy(controller: Controller, deviation: number): ActingPolicy {
  const normaliser = Math.log(deviation) + Math.log(2 * Math.PI) / 2;
  let arms = 0;
  let noise: RandomStream;
  return {
    channels: [logProbability],
    reset(batch, stream) {
      controller.reset(batch);
      [arms, noise] = [batch, stream];
    },
    act(observations, actions, [logarithm]) {
      controller.act(observations, actions);
      logarithm.fill(0);
      for (let i = 0; i < actions.length; i++) {
        const epsilon = noise.normal();
        actions[i] += deviation * epsilon;
        logarithm[i % arms] -= epsilon * epsilon / 2 + normaliser;
      }
    },
  };
}
