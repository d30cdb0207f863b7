/** A run small enough for tests. */
import {
  numericsVersion,
  type RunConfig,
  runNetwork,
  runParts,
  trainingPlan,
} from "../../../agents/sim/run_config.ts";
import { vectorRollout } from "../../../learners/motor/vector_rollout.ts";
import { objectives } from "../../../learners/motor/objectives.ts";
import { Trainer } from "../../../learners/motor/trainer.ts";

/** The human arm, two hemispheres of four units, a handful of trials. */
export const smallRun: RunConfig = {
  versions: { callosum: "0.1.0", deno: Deno.version.deno },
  numerics: numericsVersion,
  seed: 1,
  arm: "arm26",
  actuator: "hill-muscle",
  task: "random-reach",
  controller: "bilateral",
  engine: "equations",
  updates: 12,
  batch: 2,
  units: 8,
  layers: 2,
  callosum: "maxpool-pad",
  objective: "specialised",
  learningRate: 3e-3,
  trainer: "vector",
  backend: "wasm",
  evaluationTrials: 2,
};

/** The weights after all updates of `config`. */
export async function trainedWeights(config: RunConfig): Promise<Float64Array> {
  const parts = runParts(config);
  const network = runNetwork(config, parts);
  const { equations } = parts;
  const rollout = vectorRollout({ network, equations, losses: objectives[config.objective] });
  const trainer = new Trainer(trainingPlan(config, parts), network, rollout);
  while (!trainer.finished) await trainer.update();
  return trainer.state.weights;
}
