/** Learners of a Gaussian policy on normalised observations, as jobs run them; evaluated without their noise. */
import type { Training } from "./course.ts";
import { deterministicPolicy } from "./evaluation.ts";
import type { GaussianPolicy } from "./gaussian_policy.ts";
import { bound } from "./roll_out.ts";
import type { Moments } from "./running_moments.ts";

/** What such learners have in common. */
interface GaussianLearner<Report>
  extends Pick<Training<Report>, "iterate" | "save" | "restore" | "steps"> {
  readonly policy: GaussianPolicy;
  /** Mean and log σ, which go on changing. */
  readonly policyParameters: Float64Array;
  readonly observationMoments: Moments;
}

/** `learner` as a job runs it. */
export function gaussianTraining<Report>(learner: GaussianLearner<Report>): Training<Report> {
  const { policy, observationMoments } = learner;
  return {
    get steps() {
      return learner.steps;
    },
    parameters: learner.policyParameters,
    iterate: () => learner.iterate(),
    deterministic(copies) {
      const pass = policy.network.pass(copies);
      const act = deterministicPolicy(pass, observationMoments, bound);
      return (observation, actions) => {
        pass.load(policy.meanPart(learner.policyParameters));
        act(observation, actions);
      };
    },
    save: () => learner.save(),
    restore: (state) => learner.restore(state),
  };
}
