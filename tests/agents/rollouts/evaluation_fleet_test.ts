/** Evaluations by actors: the means of `evaluate`, to the last bit, for every kind of task. */
import assert from "node:assert/strict";
import { evaluate } from "../../../learners/motor/evaluation/evaluator.ts";
import { EvaluationFleet } from "../../../agents/rollouts/evaluation_fleet.ts";
import { type RunConfig, runNetwork, runParts } from "../../../agents/sim/run_config.ts";
import { networkController } from "../../../controllers/network_controller.ts";
import { engineNames } from "../../../sim/physics/catalogue.ts";
import { strictBus } from "./buses.ts";
import { Crew, run, weightsFile } from "./crew.ts";

/** One more than a piece has. */
const evaluationTrials = 17;

/** What `evaluate` gives as text, in which order and sign of zero show as well. */
function alone(config: RunConfig, engine: (typeof engineNames)[number]): string {
  const parts = runParts(config);
  const network = runNetwork(config, parts);
  const weights = network.initialWeights(1);
  const { seed } = config;
  return JSON.stringify(evaluate(
    { ...parts, engine, seed, trials: evaluationTrials },
    (arms) => networkController(network, weights, arms),
  ));
}

for (const task of ["random-reach", "hold-pulse", "curl-field"]) {
  for (const engine of engineNames) {
    Deno.test(`actors measure ${task} in ${engine} as one thread does`, async () => {
      const config: RunConfig = { ...run, task, evaluationTrials };
      const weights = weightsFile(1);
      const expected = alone(config, engine);
      for (const actors of [0, 2]) {
        const bus = strictBus();
        await using crew = new Crew();
        for (let i = 0; i < actors; i++) crew.hire(bus, `actor-${i}`);
        using fleet = new EvaluationFleet(bus, config, { id: "test", actors });
        const means = await fleet.evaluate({ engine, weights, help: actors === 2 });
        assert.equal(JSON.stringify(means), expected);
      }
    });
  }
}
