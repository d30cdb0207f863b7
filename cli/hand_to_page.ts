/** What the agents in a page need of a run to do its trials themselves. */
import { encodeWeights, type Weights } from "../agents/sim/checkpoint.ts";
import { type RunConfig, runNetwork, runParts } from "../agents/sim/run_config.ts";
import { type Bus, subjects } from "../cluster/bus.ts";
import { inPageSubjects } from "../cluster/in_page.ts";

/**
 * Hand the run's configuration, and weights where it has some, to the page; newer weights come to it from a
 * training.
 */
export function handToPage(
  bus: Bus,
  run: string,
  config: RunConfig,
  weights: Weights | undefined,
): void {
  const configuration = new TextEncoder().encode(JSON.stringify(config));
  bus.publish(inPageSubjects.configuration(run), configuration);
  if (!weights) return;
  const { layout } = runNetwork(config, runParts(config));
  bus.publish(subjects.weights(run), encodeWeights(layout, weights));
}
