/**
 * The run folders on this machine, looked at without opening them: whoever has a run open is not
 * disturbed, and nothing is written.
 */
import { join } from "node:path";
import { z } from "zod";
import { jobsOf, libraryRunConfig, libraryRunEvent } from "./library/run_config.ts";
import { folderNames } from "./library/past_reports.ts";
import { runConfig } from "./sim/run_config.ts";

/** Kinds of runs. */
export const runKinds = ["library", "set", "sim"] as const;

export type RunKind = (typeof runKinds)[number];

/** A run folder. */
export interface LocalRun {
  /** The folder's name. */
  readonly run: string;
  readonly kind: RunKind;
  /** What is run, in words. */
  readonly what: string;
  /** Whether its report is there. */
  readonly finished: boolean;
  /** Its jobs in order, as far as they were begun; none of a set, whose runs have folders of their own. */
  readonly jobs: readonly LocalJob[];
  /** How many jobs it has in all. */
  readonly jobCount: number;
}

/** A job of a run, as the run's log says. */
export interface LocalJob {
  readonly job: string;
  readonly state: z.infer<typeof libraryRunEvent>["state"];
  readonly step: number;
  /** Wall clock, s. */
  readonly seconds: number;
  /** Why it failed. */
  readonly message?: string;
}

/** All runs in the folder `root`, oldest first; none where there is no such folder. */
export async function localRuns(root: string): Promise<LocalRun[]> {
  const runs: LocalRun[] = [];
  for (const name of (await folderNames(root)).sort()) {
    const run = await localRun(root, name);
    if (run) runs.push(run);
  }
  return runs;
}

/** The run in the folder `name` of `root`; undefined when there is none that this version knows. */
export async function localRun(root: string, name: string): Promise<LocalRun | undefined> {
  const path = join(root, name);
  const config = anyConfig.safeParse(await readJson(join(path, "config.json"))).data;
  if (config === undefined) return undefined;
  const finished = await readText(join(path, "report.json")) !== undefined;
  const common = { run: name, finished };
  if (!("kind" in config)) {
    const what = `${config.task} · ${config.controller} · ${config.arm}`;
    return { ...common, kind: "sim", what, jobs: [], jobCount: 1 };
  }
  if (config.kind === "set") {
    const what = `${config.name} · ${config.runs.length} runs`;
    return { ...common, kind: "set", what, jobs: [], jobCount: 0 };
  }
  const what = `${config.method} · ${config.profile} · ${config.backend}`;
  const jobs = await localJobs(path);
  const order = jobsOf(config).map(({ name }) => name);
  jobs.sort((a, b) => order.indexOf(a.job) - order.indexOf(b.job));
  return { ...common, kind: "library", what, jobs, jobCount: order.length };
}

/** The kind of the run in the folder `path`; undefined when there is none that this version knows. */
export async function localRunKind(path: string): Promise<RunKind | undefined> {
  const config = await readJson(join(path, "config.json"));
  if (typeof config !== "object" || config === null) return undefined;
  const kind = "kind" in config ? config.kind : "sim";
  return runKinds.find((known) => known === kind);
}

const anyConfig = z.union([
  libraryRunConfig,
  z.object({ kind: z.literal("set"), name: z.string(), runs: z.array(z.string()) }),
  runConfig,
]);

/** The last state of each job. Lines that are not whole, or of another version, are passed over. */
async function localJobs(path: string): Promise<LocalJob[]> {
  const text = await readText(join(path, "events.jsonl")) ?? "";
  const jobs = new Map<string, LocalJob>();
  for (const line of text.split("\n").slice(0, -1)) {
    const event = libraryRunEvent.safeParse(parseJson(line)).data;
    if (!event) continue;
    const { job, state, step, seconds, message } = event;
    jobs.set(job, { job, state, step, seconds, ...message === undefined ? {} : { message } });
  }
  return [...jobs.values()];
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  return text === undefined ? undefined : parseJson(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Undefined when there is no such file. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (isAbsent) return undefined;
    throw error;
  }
}
