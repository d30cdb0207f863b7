/** Makes the worker that does all kinds of jobs, as its settings say. */
import type { Backbone } from "../../cluster/backbone.ts";
import type { Counters } from "../../cluster/counters.ts";
import { ResultSpool } from "../../cluster/jobs/result_spool.ts";
import type { Log } from "../../cluster/log.ts";
import { hasRoom } from "./disk_room.ts";
import { libraryExecutor } from "./library_executor.ts";
import { thisMachine } from "./machine.ts";
import type { WorkerSettings } from "./settings.ts";
import { simExecutor } from "./sim_executor.ts";
import { WorkerAgent } from "./worker.ts";

/** A worker on `backbone`. */
export async function hireWorker(
  backbone: Backbone,
  { spool, stallSeconds, ...settings }: WorkerSettings,
  log: Log,
  counters: Counters,
): Promise<WorkerAgent> {
  return new WorkerAgent(backbone, {
    ...settings,
    executors: [libraryExecutor(), simExecutor],
    machine: thisMachine(),
    spool: await ResultSpool.open(spool),
    hasRoom: () => hasRoom(spool),
    log,
    counters,
    times: { stall: 1000 * stallSeconds },
  });
}
