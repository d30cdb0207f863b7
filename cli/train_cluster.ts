/**
 * `train --cluster`: the same runs, whose jobs the workers of a cluster do. This program submits them,
 * waits, and keeps what comes of them; without it they go on all the same.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { dataNeeds } from "../agents/data_needs.ts";
import { libraryFolder } from "../agents/exported_run.ts";
import { JobBoard } from "../agents/job_following.ts";
import { counted } from "../agents/library_report_text.ts";
import { liveWorkers } from "../agents/live_workers.ts";
import { reportRun } from "../agents/reporter.ts";
import {
  clusterBackend,
  codeVersion,
  finishSubmission,
  libraryClusterRun,
  submitRun,
} from "../agents/submission.ts";
import type { Backbone } from "../cluster/backbone.ts";
import { Ledger } from "../cluster/jobs/ledger.ts";
import type { RunRecord } from "../cluster/jobs/records.ts";
import type { BackendName } from "../learners/nn/backend.ts";
import { UsageError } from "./failure.ts";
import { joinLaboratory } from "./nats_options.ts";
import { shellWord } from "./options.ts";
import { runPath } from "./run_path.ts";
import type { ClusterOptions, KeptWork, TrainOptions } from "./train_options.ts";
import { makeRuns, type OpenRun, type OpenRuns, openRuns, type OpenWork } from "./train_work.ts";

/**
 * Submit new work to a cluster, or what is left of work that was begun before; nothing is submitted twice.
 *
 * @param opened what is to be closed at the work's end
 * @throws {UsageError} when the cluster cannot be reached, or has nobody for the jobs
 */
export async function openClusterWork(
  options: TrainOptions,
  cluster: ClusterOptions,
  opened: AsyncDisposableStack,
): Promise<OpenWork> {
  const { source, out, data } = options;
  const access = { ...cluster.access, name: "train", role: "submitter" as const };
  const backbone = opened.use(await joinLaboratory(access));
  const ledger = new Ledger(backbone);
  const board = opened.adopt(await JobBoard.open(ledger), (board) => board[Symbol.dispose]());
  let open: OpenRuns;
  if ("resume" in source) {
    open = await openRuns(await here(source, out, ledger), out, opened);
  } else {
    const backend = await offeredBackend(source.backend, backbone);
    open = await makeRuns(source, backend, out, opened, mark());
  }
  const terms = { data, priority: cluster.priority };
  const records = new Map<string, RunRecord>();
  for (const run of open.runs) records.set(run.folder.id, await submitted(run, ledger, terms));
  return {
    ...open,
    async execute(folder, { signal, watcher }) {
      const { jobs } = records.get(folder.id)!;
      const wait = true;
      return await reportRun(folder, { backbone, ledger, board, signal, jobs, watcher, wait });
    },
    notice: (note) => notice(note, backbone, ledger, open),
    farewell: farewell(options, cluster, open),
  };
}

/** Ends the names of runs that are made in the same second on several machines. */
function mark(): string {
  return crypto.randomUUID().slice(0, 4);
}

/**
 * What is to compute, such as `wasm` on what the workers have.
 * @throws {UsageError} when it is left to the cluster, and that has nobody
 */
async function offeredBackend(asked: BackendName, backbone: Backbone) {
  const all = [...(await liveWorkers(backbone)).values()];
  const code = codeVersion();
  const workers = all.filter(({ version }) => version === code);
  const offered = clusterBackend(asked, workers);
  if (offered) return { name: offered.name, detail: offered.devices.join("; ") };
  const found = `${counted(workers.length, "worker")} of this version (${code})` +
    (workers.length < all.length ? `, ${all.length - workers.length} of others` : "");
  if (asked === "auto") {
    throw new UsageError(
      `the cluster has ${found}, so that no backend can be chosen; start some with ` +
        "deno task worker --nats URL, or name the backend with --backend: the jobs will wait",
    );
  }
  console.error(`note: the cluster has ${found}, none with ${asked}: the jobs wait for one`);
  return { name: asked, detail: "whatever the workers have" };
}

/** The work as a folder of this machine: made from what the cluster has, where there is none. */
async function here(work: KeptWork, out: string, ledger: Ledger): Promise<KeptWork> {
  if (existsSync(runPath(work.resume, out))) return work;
  const id = basename(work.resume);
  const record = await ledger.run(id);
  if (record?.kind !== "library") return work;
  await using folder = await libraryFolder(out, id, record);
  return { ...work, resume: folder.path };
}

/** What the ledger has of a run, which is submitted now unless it was before. */
async function submitted(
  { folder, method }: OpenRun,
  ledger: Ledger,
  { data, priority }: { readonly data?: string; readonly priority: number },
): Promise<RunRecord> {
  const known = await finishSubmission(ledger, folder);
  if (known) return known;
  const { config } = folder;
  const run = libraryClusterRun(config, {
    code: codeVersion(),
    data: await dataNeeds(method, config.config, data),
    time: new Date(),
  });
  await submitRun(ledger, folder, run, priority);
  return run.record;
}

/** Tell when the server goes and comes, and submit once more what it has lost meanwhile. */
function notice(
  note: (line: string) => void,
  { link }: Backbone,
  ledger: Ledger,
  { runs }: OpenRuns,
): Disposable {
  const renew = async () => {
    for (const { folder } of runs) await finishSubmission(ledger, folder);
  };
  const subscription = link.onChange((state) => {
    if (state === "away") note("the server is away; workers go on, and this waits for it");
    if (state !== "connected") return;
    note("the server is back");
    renew().catch((error) => note(`what was submitted cannot be looked at: ${error.message}`));
  });
  return { [Symbol.dispose]: () => subscription.unsubscribe() };
}

/** What is said to a user who leaves the jobs to the cluster. */
function farewell({ json, data }: TrainOptions, { words }: ClusterOptions, open: OpenRuns): string {
  const { runs: [{ folder }], set } = open;
  const show = set ? ["list"] : ["show", folder.id];
  const resume = ["--resume", shellWord((set ?? folder).path), "--cluster", ...words];
  if (data !== undefined) resume.push("--data", shellWord(data));
  if (json) resume.push("--json");
  return [
    "the jobs go on without this program",
    `see how they stand:   deno task runs ${[...show, ...words].join(" ")}`,
    `wait for the report:  deno task train ${resume.join(" ")}`,
  ].join("\n");
}

/** What `--no-wait --json` prints. */
export function submissionLine({ runs }: OpenRuns): string {
  return JSON.stringify(runs.map(({ folder: { id, path }, method }) => ({
    run: id,
    method: method.id,
    path,
  })));
}
