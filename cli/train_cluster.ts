/**
 * `train --cluster`: the same runs, whose jobs the workers of a cluster do. This program submits them,
 * waits, and keeps what comes of them; without it they go on all the same.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { dataNeeds } from "../agents/desk/data_needs.ts";
import { libraryFolder } from "../agents/desk/exported_run.ts";
import { reportRun } from "../agents/desk/reporter.ts";
import {
  type ClusterRun,
  codeVersion,
  finishSubmission,
  libraryClusterRun,
  submitRun,
} from "../agents/desk/submission.ts";
import type { Backbone } from "../cluster/backbone.ts";
import type { Ledger } from "../cluster/jobs/ledger.ts";
import type { RunRecord } from "../cluster/jobs/records.ts";
import type { BackendName } from "../learners/nn/backend.ts";
import { joinLaboratory } from "./nats_options.ts";
import { shellWord } from "./options.ts";
import { runPath } from "./run_path.ts";
import type { SubmissionOptions } from "./submission_options.ts";
import {
  leftToTheCluster,
  mark,
  noticeOutages,
  type OfferedBackend,
  offeredBackend,
  openDesk,
} from "./submitting.ts";
import type { KeptWork, TrainOptions } from "./train_options.ts";
import { makeRuns, type OpenRun, type OpenRuns, openRuns, type OpenWork } from "./train_work.ts";

/** A cluster, as whoever submits to it sees it. */
export interface WorkPlace {
  readonly backbone: Backbone;
  /**
   * What is to compute there.
   * @throws {UsageError} when nothing can
   */
  backend(asked: BackendName): Promise<OfferedBackend>;
  /**
   * Have the ledger know a run.
   * @param describe its jobs; asked where they are not known from before
   * @returns what the ledger has of it
   */
  enter(
    ledger: Ledger,
    run: OpenRun["folder"],
    describe: () => Promise<ClusterRun>,
  ): Promise<RunRecord>;
  /** Submit once more what the ledger has lost, where it can lose anything. */
  renew(ledger: Ledger, run: OpenRun["folder"]): Promise<unknown>;
  /** What is said to a user who leaves before the end. */
  farewell(open: OpenRuns): string;
}

/**
 * The cluster on a server. What is submitted is kept on this machine's disk as well, so that nothing is
 * submitted twice, whoever dies.
 * @throws {UsageError} when it cannot be reached
 */
export async function joinWorkPlace(
  options: TrainOptions,
  { access, words, priority }: SubmissionOptions,
  opened: AsyncDisposableStack,
): Promise<WorkPlace> {
  const backbone = opened.use(
    await joinLaboratory({ ...access, name: "train", role: "submitter" }),
  );
  return {
    backbone,
    backend: (asked) => offeredBackend(asked, backbone),
    async enter(ledger, run, describe) {
      const known = await finishSubmission(ledger, run);
      if (known) return known;
      const described = await describe();
      await submitRun(ledger, run, described, priority);
      return described.record;
    },
    renew: (ledger, run) => finishSubmission(ledger, run),
    farewell: (open) => farewell(options, words, open),
  };
}

/**
 * Submit new work to a cluster, or what is left of work that was begun before.
 *
 * @param opened what is to be closed at the work's end
 * @throws {UsageError} when the cluster has nobody for the jobs
 */
export async function openClusterWork(
  { source, out, data }: TrainOptions,
  place: WorkPlace,
  opened: AsyncDisposableStack,
): Promise<OpenWork> {
  const { backbone } = place;
  const { ledger, board } = await openDesk(backbone, opened);
  const open = "resume" in source
    ? await openRuns(await here(source, out, ledger), out, opened)
    : await makeRuns(source, await place.backend(source.backend), out, opened, mark());
  const records = new Map<string, RunRecord>();
  for (const { folder, method } of open.runs) {
    const describe = async () =>
      libraryClusterRun(folder.config, {
        code: codeVersion(),
        data: await dataNeeds(method, folder.config.config, data),
        time: new Date(),
      });
    records.set(folder.id, await place.enter(ledger, folder, describe));
  }
  const renew = async () => {
    for (const { folder } of open.runs) await place.renew(ledger, folder);
  };
  return {
    ...open,
    async execute(folder, { signal, watcher }) {
      const { jobs } = records.get(folder.id)!;
      const wait = true;
      return await reportRun(folder, { backbone, ledger, board, signal, jobs, watcher, wait });
    },
    notice: (note) => noticeOutages(note, backbone, renew),
    farewell: place.farewell(open),
  };
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

function farewell({ json, data }: TrainOptions, words: readonly string[], open: OpenRuns): string {
  const { runs: [{ folder }], set } = open;
  const show = set ? ["list"] : ["show", folder.id];
  const resume = ["--resume", shellWord((set ?? folder).path), "--cluster", ...words];
  if (data !== undefined) resume.push("--data", shellWord(data));
  if (json) resume.push("--json");
  return leftToTheCluster(
    `deno task runs ${[...show, ...words].join(" ")}`,
    `deno task train ${resume.join(" ")}`,
  );
}

/** What `--no-wait --json` prints. */
export function submissionLine({ runs }: OpenRuns): string {
  return JSON.stringify(runs.map(({ folder: { id, path }, method }) => ({
    run: id,
    method: method.id,
    path,
  })));
}
