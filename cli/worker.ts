/**
 * `deno task worker`: this machine works for a laboratory, with a process for each core and each GPU,
 * until Ctrl-C. Jobs in hand are kept and given to others then.
 */
import { counted } from "../agents/library/report_text.ts";
import { codeVersion } from "../agents/desk/submission.ts";
import { startWorkerPool } from "../agents/worker/pool.ts";
import type { WorkerSettings } from "../agents/worker/settings.ts";
import { startWorkerProcess } from "../agents/worker/spawn.ts";
import { keepHouse, watchOverJobs } from "../agents/worker/watch_over_jobs.ts";
import { Counters } from "../cluster/counters.ts";
import { processLog } from "../cluster/log.ts";
import { exitCodes, runCommand } from "./failure.ts";
import { joinLaboratory } from "./nats_options.ts";
import { StopSignal } from "./stop_signal.ts";
import { machineName, parseWorkerOptions } from "./worker_options.ts";

async function main(args: readonly string[]): Promise<number> {
  const options = parseWorkerOptions(args);
  if (!options) return exitCodes.done;
  const { access, name = machineName(), forgetHours } = options;
  const log = processLog({ machine: name });
  const counters = new Counters();
  const role = "worker";
  const supervisor = { name: `supervisor ${name}`, role, log, counters } as const;
  await using backbone = await joinLaboratory({ ...access, ...supervisor });
  await using watching = await watchOverJobs(backbone, name, log);
  await using _housekeeping = keepHouse(backbone, watching, log, { isOwner: false, forgetHours });
  const start = (settings: WorkerSettings) => startWorkerProcess({ ...settings, access, role });
  const pool = await startWorkerPool(backbone, {
    ...options,
    name,
    version: codeVersion(),
    start,
    log,
    counters,
  });
  const stop = new StopSignal(() => log.info("leaving; Ctrl-C again ends at once"));
  stop.requested.then(() => pool.leave());
  const names = pool.backends.map((backend) => backend.name).join(", ");
  const leave = pool.size === 1 ? "Ctrl-C has it leave" : "Ctrl-C has them leave";
  log.info(`${counted(pool.size, "worker")} on ${names}; ${leave}`);
  await pool.ended;
  stop.close();
  return exitCodes.done;
}

if (import.meta.main) await runCommand(main);
