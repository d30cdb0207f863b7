/** PPO with its usual values, for as many steps: what SAC is compared with. */
import type { VectorEnvironment } from "../../sim/environments/environment.ts";
import type { Training } from "./course.ts";
import { gaussianTraining } from "./gaussian_training.ts";
import { ppoSchema, startPpo } from "./ppo_method.ts";
import type { SacReport } from "./sac.ts";

/** Steps of all copies in a roll-out. */
const rolloutSteps = 2048;

/** @param steps of all copies together, rounded up to whole roll-outs */
export function ppoBaseline(
  environment: VectorEnvironment,
  steps: number,
  seed: number,
): Training<SacReport> {
  const { copies, specification } = environment;
  const usual = ppoSchema.parse({
    task: specification.name,
    copies,
    rolloutLength: Math.ceil(rolloutSteps / copies),
  });
  const samples = usual.rolloutLength * copies;
  const training = gaussianTraining(startPpo("plain", {
    ...usual,
    steps: Math.ceil(steps / samples) * samples,
    miniBatches: samples % usual.miniBatches === 0 ? usual.miniBatches : 1,
  }, seed));
  return {
    ...training,
    get steps() {
      return training.steps;
    },
    async iterate() {
      const { policyLoss, entropy, trainingReturn } = await training.iterate();
      return { policyLoss, entropy, trainingReturn, criticLoss: NaN, temperature: NaN };
    },
  };
}
