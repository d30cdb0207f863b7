/**
 * `deno task cluster`: a laboratory on this machine. It has a NATS server, which is started here unless
 * one is named, workers for all cores and GPUs, somebody who watches over the jobs, and a page. What is
 * queued stays: a cluster that is started again goes on with it. Without a server it is this process,
 * and trains what its command line says.
 */
import { LaboratoryCommands } from "../agents/laboratory/commands.ts";
import { LaboratoryDocuments } from "../agents/laboratory/documents/laboratory_documents.ts";
import { LaboratoryStatus } from "../agents/laboratory/status.ts";
import { codeVersion } from "../agents/desk/submission.ts";
import { startWorkerPool, type WorkerPool } from "../agents/worker/pool.ts";
import type { WorkerSettings } from "../agents/worker/settings.ts";
import { startWorkerProcess } from "../agents/worker/spawn.ts";
import { startWorkerThread } from "../agents/worker/spawn_thread.ts";
import type { WorkerProcess } from "../agents/worker/supervisor.ts";
import { keepHouse, watchOverJobs } from "../agents/worker/watch_over_jobs.ts";
import { type Backbone, BackboneError } from "../cluster/backbone.ts";
import type { Bus } from "../cluster/bus.ts";
import { DocumentsToCome } from "../cluster/document_source.ts";
import { Counters } from "../cluster/counters.ts";
import { inProcessBus } from "../cluster/in_process.ts";
import { type Log, processLog } from "../cluster/log.ts";
import { memoryBackbone } from "../cluster/memory_backbone.ts";
import type { Access } from "../cluster/nats/credentials.ts";
import { natsDurability } from "../cluster/nats/durability.ts";
import { NatsServer } from "../cluster/nats/server.ts";
import { startLaboratoryViewer } from "../viewer/server/laboratory_server.ts";
import type { Viewer } from "../viewer/server/site.ts";
import {
  type ClusterOptions,
  parseClusterOptions,
  type Place,
  trainExample,
} from "./cluster_options.ts";
import { exitCodes, runCommand, UsageError } from "./failure.ts";
import { joinLaboratory } from "./nats_options.ts";
import { natsWords, serverNames } from "./nats_words.ts";
import { pageAccess, pageLines, requireFreePort } from "./page_access.ts";
import type { PageOptions } from "./page_options.ts";
import { StopSignal } from "./stop_signal.ts";
import type { TrainOptions } from "./train_options.ts";
import { machineName } from "./worker_options.ts";

/** A laboratory that workers and the page can join. */
interface Grounds {
  /** What it is called: where others find it. */
  readonly name: string;
  /** The flags by which other commands reach it; none where none can. */
  readonly words: readonly string[];
  readonly backbone: Backbone;
  readonly startWorker: (settings: WorkerSettings) => WorkerProcess;
  /** What is to be known of it, in lines. */
  readonly notes: readonly string[];
}

/** What the parts of the command have in common. */
interface Surroundings {
  readonly options: ClusterOptions;
  readonly log: Log;
  readonly counters: Counters;
  /** What is to be closed at the end, the last first. */
  readonly opened: AsyncDisposableStack;
}

async function main(args: readonly string[]): Promise<number> {
  const options = await parseClusterOptions(args);
  if (!options) return exitCodes.done;
  const log = processLog({});
  const stop = new StopSignal(() => log.info("leaving; Ctrl-C again ends at once"));
  await using opened = new AsyncDisposableStack();
  // To the end: what ends everything else must not be cut short.
  opened.defer(() => stop.close());
  const surroundings = { options, log, counters: new Counters(), opened };
  const { page } = options;
  const viewer = page && await showLaboratory(page, surroundings);
  const grounds = await makeGrounds(options.place, surroundings);
  viewer?.begin(grounds);
  const { name = machineName(), forgetHours } = options;
  const watching = opened.use(await watchOverJobs(grounds.backbone, name, log));
  opened.use(keepHouse(grounds.backbone, watching, log, { isOwner: true, forgetHours }));
  const pool = options.workers === 0 ? undefined : await startWorkers(grounds, name, surroundings);
  for (const line of announcement(grounds, pool, viewer?.lines ?? [], options)) console.log(line);
  const { training } = options;
  let conclude = () => Promise.resolve<number>(exitCodes.done);
  try {
    if (training && pool) {
      const ended = trainHere(training, grounds, pool, stop, surroundings, viewer?.url);
      conclude = await ended;
    } else {
      await untilStopped(stop, pool, log);
    }
  } finally {
    pool?.leave();
    await pool?.ended;
  }
  return await conclude();
}

/**
 * Train; with a page until Ctrl-C, so that there is time to look at it.
 * @returns what is to be done when the workers have left, up to the exit code: JSON is the last word
 * @throws what keeps workers from running
 */
async function trainHere(
  training: TrainOptions,
  { backbone }: Grounds,
  pool: WorkerPool,
  stop: StopSignal,
  { log, opened }: Surroundings,
  page: string | undefined,
): Promise<() => Promise<number>> {
  const { trainWithin } = await import("./cluster_training.ts");
  const broken = pool.ended.then(() => new Promise<never>(() => {}));
  const cluster = { backbone, backends: pool.backends };
  const trained = await Promise.race([trainWithin(training, cluster, stop, opened), broken]);
  const code = training.json ? undefined : await trained.conclude();
  if (page !== undefined && !trained.wasStopped) {
    log.info(`the page stays at ${page}; Ctrl-C ends it`);
    await untilStopped(stop, pool, log);
  }
  return code === undefined ? trained.conclude : () => Promise.resolve(code);
}

/**
 * Workers that somebody has drained are no end of the laboratory: others need its server.
 * @throws what keeps workers from running
 */
async function untilStopped(stop: StopSignal, pool: WorkerPool | undefined, log: Log) {
  let asked = false;
  const stopped = stop.requested.then(() => {
    asked = true;
  });
  await Promise.race([stopped, pool?.ended ?? stopped]);
  if (!asked) log.info("all workers of this machine have left; jobs wait for others");
  await stopped;
}

/** The page: its port is taken before anything else is begun, its content begins with the laboratory. */
async function showLaboratory(
  page: PageOptions,
  { options: { out, data }, log, counters, opened }: Surroundings,
) {
  const onError = (error: unknown) => log.warn(`page: ${error}`);
  const onTrouble = (message: string, error: unknown) => log.warn(`page: ${message}: ${error}`);
  const pages: Bus = inProcessBus(onError);
  const onDroppedFrame = () => counters.add("frames.dropped");
  requireFreePort(page);
  const access = await pageAccess(page);
  const documents = new DocumentsToCome();
  const viewing = { ...access.address, bus: pages, documents, onError, onDroppedFrame };
  const viewer: Viewer = await startLaboratoryViewer(viewing);
  opened.defer(() => viewer.close());
  return {
    url: viewer.url,
    lines: pageLines(viewer.url, access, page.tokenFile),
    begin({ backbone, name }: Grounds) {
      const onOrder = (line: string) => log.info(`page: ${line}`);
      opened.use(new LaboratoryStatus({ backbone, pages, name, counters, onTrouble }));
      opened.use(new LaboratoryCommands({ backbone, pages, out, data, onOrder, onTrouble }));
      documents.source = opened.use(new LaboratoryDocuments({ backbone, out, onTrouble }));
    },
  };
}

async function makeGrounds(place: Place, surroundings: Surroundings): Promise<Grounds> {
  switch (place.kind) {
    case "in-process":
      return inThisProcess(surroundings);
    case "joined":
      return await onServer(place.access, surroundings, place.words, []);
    case "started": {
      const server = await startServer(place, surroundings);
      const version = server.version.join(".");
      const words = natsWords({ nats: server.url });
      const grounds = await onServer({ servers: server.url }, surroundings, words, [
        `nats-server ${version}, which keeps everything in ${place.folder}: ${
          natsDurability(server.version, server.flushesAlways)
        }`,
      ]);
      server.watchOver(grounds.backbone.link);
      return grounds;
    }
  }
}

async function startServer(
  { port, folder }: Extract<Place, { kind: "started" }>,
  { log, opened }: Surroundings,
): Promise<NatsServer> {
  try {
    return opened.use(await NatsServer.start({ folder, port: port === 0 ? -1 : port, log }));
  } catch (error) {
    if (!(error instanceof BackboneError)) throw error;
    throw new UsageError(`${error.message}; --in-process does without one, for as long as it runs`);
  }
}

async function onServer(
  access: Access,
  { log, counters, opened }: Surroundings,
  words: readonly string[],
  notes: readonly string[],
): Promise<Grounds> {
  const joining = { ...access, name: "cluster", role: "owner", log, counters } as const;
  const backbone = opened.use(await joinLaboratory(joining));
  const startWorker = (settings: WorkerSettings) =>
    startWorkerProcess({ ...settings, access, role: "worker" });
  return { name: serverNames(access.servers), words, backbone, startWorker, notes };
}

function inThisProcess({ log, opened }: Surroundings): Grounds {
  const onError = (error: unknown, source: string) => log.warn(`${source}: ${error}`);
  const backbone = opened.use(memoryBackbone({ onError }));
  return {
    name: "within this process",
    words: [],
    backbone,
    startWorker: (settings) => startWorkerThread(backbone, settings),
    notes: ["nothing of it survives the process"],
  };
}

function startWorkers(
  { backbone, startWorker }: Grounds,
  name: string,
  { options, log, counters }: Surroundings,
): Promise<WorkerPool> {
  return startWorkerPool(backbone, {
    ...options,
    name,
    version: codeVersion(),
    start: startWorker,
    log,
    counters,
  });
}

/** What there is now, and what can be typed next. */
function announcement(
  { name, words, notes }: Grounds,
  pool: WorkerPool | undefined,
  page: readonly string[],
  { training }: ClusterOptions,
): string[] {
  const backends = pool?.backends.map((backend) => backend.name).join(", ");
  const flags = words.join(" ");
  return [
    `laboratory  ${name}`,
    ...notes.map((note) => `            ${note}`),
    pool ? `workers     ${pool.size}, on ${backends}` : "workers     none here",
    ...page.map((line, index) => `${index === 0 ? "page  " : "      "}      ${line}`),
    ...words.length > 0
      ? [
        `next        deno task train dagnn --profile smoke --cluster ${flags}`,
        `            deno task runs ${flags}`,
        `            deno task workers ${flags}`,
      ]
      : training
      ? []
      : [`next        deno task cluster --in-process ${trainExample}`],
    "Ctrl-C ends it",
  ];
}

if (import.meta.main) await runCommand(main);
