/** PPO with its usual values behind the contract of off-policy trainings: what SAC is compared with. */
import type { VectorEnvironment } from "../../sim/environments/environment.ts";
import { deterministicPolicy } from "./evaluation.ts";
import type { OffPolicyTraining } from "./off_policy_method.ts";
import { bound, Ppo, type PpoSettings } from "./ppo.ts";
import type { SacReport } from "./sac.ts";
import { policyNetwork, valueNetwork } from "./study.ts";

/** The values of OpenAI's baselines and of CleanRL; two layers of 64 units with tanh. */
const usual: Omit<PpoSettings, "steps" | "rolloutLength"> = {
  epochs: 10,
  miniBatches: 32,
  discount: 0.99,
  traceDecay: 0.95,
  learningRate: 3e-4,
  annealing: true,
  clipRange: 0.2,
  clipValues: true,
  valueCoefficient: 0.5,
  entropyCoefficient: 0,
  gradientNorm: 0.5,
  bootstrapTimeLimits: true,
};
const network = { units: 64, layers: 2, activation: "tanh", callosum: "identity" } as const;

/** Steps of all copies in a roll-out. */
const rolloutSteps = 2048;

/** @param steps of all copies together, rounded up to whole roll-outs */
export function ppoBaseline(
  environment: VectorEnvironment,
  steps: number,
  seed: number,
): OffPolicyTraining<SacReport> {
  const rolloutLength = Math.ceil(rolloutSteps / environment.copies);
  const samples = rolloutLength * environment.copies;
  const ppo = new Ppo(
    environment,
    policyNetwork("plain", environment, network),
    valueNetwork(environment, network),
    {
      ...usual,
      miniBatches: samples % usual.miniBatches === 0 ? usual.miniBatches : 1,
      rolloutLength,
      steps: Math.ceil(steps / samples) * samples,
    },
    seed,
  );
  return {
    environment,
    get steps() {
      return ppo.steps;
    },
    parameters: ppo.policyParameters,
    iterate() {
      const { policyLoss, entropy, trainingReturn } = ppo.iterate();
      return { policyLoss, entropy, trainingReturn, criticLoss: NaN, temperature: NaN };
    },
    deterministic(copies) {
      const pass = ppo.policy.network.pass(copies);
      const act = deterministicPolicy(pass, ppo.observationMoments, bound);
      return (observation, actions) => {
        pass.load(ppo.policy.meanPart(ppo.policyParameters));
        act(observation, actions);
      };
    },
    save: () => ppo.save(),
    restore: (state) => ppo.restore(state),
  };
}
