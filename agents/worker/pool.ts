/** The workers of a machine, kept running: one for every core, and one more for every GPU. */
import { join } from "node:path";
import type { Backbone } from "../../cluster/backbone.ts";
import { Counters } from "../../cluster/counters.ts";
import { jobFields, type Log } from "../../cluster/log.ts";
import { type ComputingBackend, computingBackends } from "../../learners/nn/backend.ts";
import { type BackendFinding, probeBackends } from "./backend_probe.ts";
import { buryWorker } from "./burial.ts";
import { hasRoom, isDiskFull } from "./disk_room.ts";
import { countOomKills } from "./oom_kills.ts";
import type { WorkerSettings } from "./settings.ts";
import { Supervisor, type WorkerProcess, type WorkerSlot } from "./supervisor.ts";
import type { UsableBackend } from "./worker.ts";

/** What the workers are to be. */
export interface PoolOptions {
  /** Of the machine: letters, digits, `-` and `_`. */
  readonly name: string;
  /** The backends to offer; those that work and are worth it unless given. */
  readonly backends?: readonly ComputingBackend[];
  /** Processes on the machine's cores; one a core unless given. */
  readonly workers?: number;
  /** Of the program's numbers: jobs of another one are left to others. */
  readonly version: string;
  /** Starts a worker, as a process or as a thread. */
  readonly start: (settings: WorkerSettings) => WorkerProcess;
  /** The folder of data files. */
  readonly data?: string;
  /** The folder for what must survive a crash. */
  readonly state: string;
  /** The longest that a job's step may take, s. */
  readonly stallSeconds: number;
  readonly log: Log;
  readonly counters?: Counters;
}

/** A place for a worker, with what it computes on. */
interface PoolSlot extends WorkerSlot {
  readonly backends: readonly UsableBackend[];
}

/** Backends that have a GPU for themselves. */
const onGpu: readonly ComputingBackend[] = ["tensorflow-gpu", "webgpu"];

/** How long the last words to the ledger may take, ms. */
const farewell = 8_000;

/** None of the backends works here. */
export class NoBackendError extends Error {
  override readonly name = "NoBackendError";
}

/** What must survive a crash cannot be kept. */
export class StateFolderError extends Error {
  override readonly name = "StateFolderError";
}

/** Running workers. */
export interface WorkerPool {
  /** How many there are. */
  readonly size: number;
  /** What they compute on. */
  readonly backends: readonly UsableBackend[];
  /** Resolves when all workers have left. */
  readonly ended: Promise<void>;
  /** Have all workers leave within seconds. */
  leave(): void;
  /** End all workers at once. */
  kill(): void;
}

/**
 * Start workers.
 * @param backbone the way to the ledger, of whoever keeps the workers running
 * @throws {NoBackendError} naming each backend and why it does not work
 * @throws {StateFolderError} when nothing can be written to the folder
 */
export async function startWorkerPool(
  backbone: Backbone,
  options: PoolOptions,
): Promise<WorkerPool> {
  const { log, counters = new Counters(), name, data, state, stallSeconds } = options;
  await prepareState(state);
  const backends = await usableBackends(options);
  const slots = slotsFor(options, backends);
  const burying = new AbortController();
  const supervisor = new Supervisor<PoolSlot>({
    slots,
    start: ({ name: slot, backends }, id) =>
      options.start({
        id,
        name,
        version: options.version,
        backends: [...backends],
        data,
        spool: join(state, slot),
        stallSeconds,
      }),
    bury: async (id, cause) => {
      const freed = await buryWorker(backbone, id, cause, burying.signal);
      for (const job of freed) {
        const about = { worker: id, ...jobFields(job.id, job.run) };
        log.info("freed the job of a dead worker", about);
      }
    },
    countOomKills,
    log,
    counters,
  });
  let late: ReturnType<typeof setTimeout> | undefined;
  const ended = supervisor.run().finally(() => clearTimeout(late));
  return {
    size: slots.length,
    backends,
    ended,
    leave() {
      supervisor.leave();
      // While the server is away nobody can be told; then others find out by themselves.
      late = setTimeout(() => burying.abort(new Error("the server is away")), farewell);
    },
    kill: () => supervisor.kill(),
  };
}

/** A full disk may have room again; a folder that is none, or is not ours, stays so. */
async function prepareState(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    await hasRoom(folder);
  } catch (error) {
    if (isDiskFull(error)) return;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StateFolderError(
      `finished results cannot be kept in ${folder}: ${reason}; name another folder with --state`,
      { cause: error },
    );
  }
}

async function usableBackends({ backends, log }: PoolOptions): Promise<UsableBackend[]> {
  const findings = await probeBackends(backends ?? computingBackends);
  const usable: UsableBackend[] = [];
  const problems: string[] = [];
  for (const [name, finding] of findings) {
    const problem = problemOf(finding, backends !== undefined);
    if (problem !== undefined) problems.push(`${name}: ${problem}`);
    else if ("device" in finding) usable.push({ name, device: finding.device });
  }
  for (const problem of problems) log.info(`not offered: ${problem}`);
  if (usable.length > 0) return usable;
  throw new NoBackendError(`no tensor backend works here: ${problems.join("; ")}`);
}

/** Why a backend is not offered, if it is not. */
function problemOf(finding: BackendFinding, isAskedFor: boolean): string | undefined {
  if ("problem" in finding) return finding.problem;
  return finding.software && !isAskedFor
    ? "only in software, which WASM is faster than"
    : undefined;
}

/** A slot for each core with everything that computes on cores, and one for each GPU. */
function slotsFor({ name, workers }: PoolOptions, backends: readonly UsableBackend[]): PoolSlot[] {
  const isOnGpu = (backend: UsableBackend) => onGpu.some((gpu) => gpu === backend.name);
  const gpus = backends.filter(isOnGpu).map((backend) => (
    { name: `${name}-${backend.name}`, backends: [backend] }
  ));
  const onCores = backends.filter((backend) => !isOnGpu(backend));
  const count = onCores.length === 0 ? 0 : workers ?? navigator.hardwareConcurrency;
  const cores = Array.from({ length: count }, (_, index) => (
    { name: `${name}-${index + 1}`, backends: onCores }
  ));
  return [...cores, ...gpus];
}
