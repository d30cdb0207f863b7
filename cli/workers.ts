/** `deno task workers`: which workers a cluster has, what they are at, and how to have one leave. */
import { Command } from "commander";
import { counted } from "../agents/library/report_text.ts";
import { liveWorkers } from "../agents/laboratory/live_workers.ts";
import { encodeWorkerControl, workerControlSubject } from "../agents/worker/control.ts";
import type { Backbone } from "../cluster/backbone.ts";
import { Ledger } from "../cluster/jobs/ledger.ts";
import type { RunRecord, WorkerRecord } from "../cluster/jobs/records.ts";
import { sizeText } from "../cluster/size_text.ts";
import type { Access } from "../cluster/nats/credentials.ts";
import { exitCodes, runCommand, UsageError } from "./failure.ts";
import { addNatsOptions, joinLaboratory, natsAccess, type NatsFlags } from "./nats_options.ts";
import { readArguments } from "./options.ts";
import {
  addTableOptions,
  csvTable,
  plainTable,
  type TableFlags,
  type TableFormat,
  tableFormat,
} from "./plain_table.ts";

/** What the command line asks for. */
interface WorkersOptions {
  readonly access: Access;
  readonly format: TableFormat;
  /** The worker, or the machine's workers, that are to leave; unless given they are listed. */
  readonly drain?: string;
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseWorkersOptions(args);
  if (!options) return exitCodes.done;
  const { access, drain } = options;
  await using backbone = await joinLaboratory({ ...access, name: "workers", role: "submitter" });
  const workers = await liveWorkers(backbone);
  console.log(
    drain === undefined
      ? workersText(workers, await jobNames(backbone), options.format)
      : drainText(drainWorkers(backbone, workers, drain), options.format),
  );
  return exitCodes.done;
}

/** @throws {UsageError} naming what is wrong */
function parseWorkersOptions(args: readonly string[]): WorkersOptions | undefined {
  const command = addTableOptions(addNatsOptions(
    new Command("deno task workers")
      .description("List a cluster's workers, or have one finish its job and leave.")
      .argument("[action]", "list, drain (default: list)")
      .argument("[name]", "the worker, or the machine, that is to leave")
      .allowExcessArguments(false),
  ));
  if (!readArguments(command, args)) return undefined;
  const flags = command.opts<NatsFlags & TableFlags>();
  const [action = "list", name] = command.args as (string | undefined)[];
  if (action !== "list" && action !== "drain") {
    throw new UsageError(`workers cannot ${action}; it can list, drain`);
  }
  if (action === "drain" && name === undefined) {
    throw new UsageError("drain which worker? deno task workers lists them");
  }
  if (action === "list" && name !== undefined) {
    throw new UsageError(`workers list takes no name, but was given ${name}`);
  }
  const access = natsAccess(flags);
  if (!access) {
    throw new UsageError("workers are those of a cluster: name its server with --nats URL");
  }
  return { access, format: tableFormat(flags), drain: name };
}

/** What jobs are called in their runs, by id. */
async function jobNames(backbone: Backbone): Promise<ReadonlyMap<string, string>> {
  const runs = await new Ledger(backbone).runs();
  return new Map(
    [...runs].flatMap(([run, { jobs }]: [string, RunRecord]) =>
      Object.entries(jobs).map(([job, id]) => [id, `${run}/${job}`] as const)
    ),
  );
}

function workersText(
  workers: ReadonlyMap<string, WorkerRecord>,
  jobs: ReadonlyMap<string, string>,
  format: TableFormat,
): string {
  if (format === "json") {
    return JSON.stringify([...workers].map(([id, record]) => ({ id, ...record })));
  }
  if (format === "text" && workers.size === 0) {
    return "the cluster has no workers; deno task worker --nats URL starts some";
  }
  const head = ["worker", "host", "state", "backends", "cores", "load", "free", "finished", "job"];
  const rows = [...workers].sort(([a], [b]) => a < b ? -1 : 1).map(([id, record]) => [
    id,
    record.host,
    record.state,
    record.backends.map(({ name }) => name).join(" "),
    String(record.cores),
    record.load.toFixed(1),
    sizeText(record.memory.free),
    String(record.finished),
    record.jobs.map((job) => jobs.get(job) ?? job).join(" "),
  ]);
  return format === "csv"
    ? csvTable(head, rows)
    : plainTable(head, rows, ["cores", "load", "free", "finished"]);
}

/**
 * Tell workers to leave.
 * @param name a worker's id, or the name that the workers of a machine share
 * @throws {UsageError} when there is no such worker
 */
function drainWorkers(
  { bus }: Backbone,
  workers: ReadonlyMap<string, WorkerRecord>,
  name: string,
): string[] {
  const chosen = [...workers].filter(([id, record]) => id === name || record.name === name)
    .map(([id]) => id);
  if (chosen.length === 0) {
    const known = [...workers.keys()].join(", ") || "none";
    throw new UsageError(`there is no worker ${name}; there are ${known}`);
  }
  for (const id of chosen) {
    bus.publish(workerControlSubject(id), encodeWorkerControl({ type: "drain" }));
  }
  return chosen;
}

function drainText(drained: readonly string[], format: TableFormat): string {
  return format === "json"
    ? JSON.stringify({ action: "drain", workers: drained })
    : `${counted(drained.length, "worker")} will leave after the job in hand: ${
      drained.join(", ")
    }`;
}

if (import.meta.main) await runCommand(main);
