/** A training that happens in a page: what can be chosen of it, and how it goes. */
import type { Bus } from "../../cluster/bus.ts";
import type { InPageReply, TrainingOffer, TrainRequest } from "../../cluster/in_page.ts";
import { largest } from "../sim/run_config.ts";
import { train } from "../sim/training.ts";
import { runHere } from "./hand_over.ts";
import { offeredModels } from "./models.ts";
import { shownTasks, trainedTasks } from "./tasks.ts";

/** What can be chosen. */
export const trainingOffer: TrainingOffer = {
  tasks: trainedTasks.map(({ name, summary }) => ({ name, summary })),
  shownTasks: shownTasks.map(({ name }) => name),
  models: offeredModels,
  mostUpdates: largest.updates,
};

/**
 * Train as `request` says; `reply` is told how it ended.
 * @throws what a training is ended by
 */
export async function trainHere(
  bus: Bus,
  request: TrainRequest,
  reply: (reply: InPageReply) => void,
): Promise<void> {
  const { run } = request;
  // A page has no other engine to measure in.
  const end = await train(bus, { run, config: runHere(request).config, engines: ["equations"] });
  reply({ kind: "ended", run, end });
}
