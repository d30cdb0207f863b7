/** The models that a page offers to train: those of the bilateral study, as changes to a run's configuration. */
import type { OfferedChoice } from "../../cluster/in_page.ts";
import {
  matchedUnits,
  type ModelName,
  modelNames,
  models,
  type StudyModel,
} from "../../learners/motor/bilateral/models.ts";
import { observationLayout } from "../../sim/sensors/observation.ts";
import { type RunConfig, runParts } from "../sim/run_config.ts";

/** Every model, with what it is. */
export const offeredModels: readonly OfferedChoice[] = modelNames.map((name) => ({
  name,
  summary: models[name].meaning,
}));

/** What couples the hemispheres where the run in hand has nothing that does: that of the paper. */
const usualCallosum = "maxpool-pad";

/**
 * `config` with its controller changed to the model called `name`.
 * @throws {RangeError} when there is none, naming those that there are
 */
export function withModel(config: RunConfig, name: string): RunConfig {
  if (!Object.hasOwn(models, name)) {
    throw new RangeError(`no model "${name}"; there are ${modelNames.join(", ")}`);
  }
  const { kind, callosum, objective, matched }: StudyModel = models[name as ModelName];
  const coupling = config.callosum === "none" ? usualCallosum : config.callosum;
  return {
    ...config,
    controller: kind,
    callosum: callosum ? coupling : "none",
    objective,
    units: matched ? unitsOfMatched(config) : config.units,
  };
}

function unitsOfMatched(config: RunConfig): number {
  const { arm, actuator } = runParts(config);
  return matchedUnits({
    units: config.units,
    layers: config.layers,
    inputs: observationLayout(arm, actuator.muscles).size,
    outputs: actuator.count,
    outputActivation: actuator.muscles ? "sigmoid" : "tanh",
    callosum: usualCallosum,
    hemispheres: config.hemispheres,
  });
}
