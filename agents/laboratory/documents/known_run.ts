/** What is known of a run, whether the ledger has it or only a folder: what documents are made of. */
import type { JobDocument, RunEntry, RunState } from "../../../cluster/documents.ts";
import { runStates } from "../../../cluster/documents.ts";
import type { JobFailure } from "../../library/run.ts";
import {
  type JobReport,
  type LibraryRunConfig,
  libraryRunConfig,
} from "../../library/run_config.ts";
import { type RunConfig, runConfig } from "../../sim/run_config.ts";
import type { JobEventLine } from "../../worker/job_lines.ts";

/** What a run is to do. */
export type RunWork =
  | { readonly kind: "library"; readonly config: LibraryRunConfig }
  | { readonly kind: "sim"; readonly config: RunConfig };

/** A run in a list. */
export interface RunHead
  extends Pick<RunEntry, "run" | "title" | "source" | "state" | "began" | "ended"> {
  readonly work: RunWork;
}

/** Numbers of a job at a step. */
export type StepEvent = Pick<JobEventLine, "step" | "event">;

/** A job of a run. */
export type KnownJob = Omit<JobDocument, "metrics">;

/** A run as it is now. */
export interface KnownRun {
  readonly head: RunHead;
  /** Another one whenever anything of it is. */
  readonly version: string;
  /** Another one whenever its results, or the failures among its jobs, are. */
  readonly resultsVersion: string;
  /** In the run's order. */
  readonly jobs: readonly KnownJob[];
  /** What has happened, in lines. */
  readonly log: readonly string[];
  /** What the finished jobs of a method's run have come to, by their names. */
  reports(): Promise<ReadonlyMap<string, JobReport>>;
  /** The jobs that have ended without a result. */
  readonly failures: readonly JobFailure[];
  /** What a job of it has said, in the order of its steps. */
  events(job: string): Promise<readonly StepEvent[]>;
  /** A job's newest checkpoint, safetensors; undefined where there is none to be had. */
  checkpoint(job: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** A place where runs are. */
export interface RunShelf {
  /** All of its runs, in no particular order. */
  heads(): Promise<readonly RunHead[]>;
  /** The run of that name; undefined where it has none. */
  open(run: string): Promise<KnownRun | undefined>;
}

/** What a configuration says that a run is to do; undefined where it is none of this version. */
export function workOf(config: unknown): RunWork | undefined {
  const library = libraryRunConfig.safeParse(config);
  if (library.success) return { kind: "library", config: library.data };
  const sim = runConfig.safeParse(config);
  return sim.success ? { kind: "sim", config: sim.data } : undefined;
}

/** How a run stands whose jobs stand so. */
export function settlement(states: readonly JobDocument["state"][]): RunState {
  const found = new Set<string>(states);
  return runStates.find((state) => found.has(state)) ?? "finished";
}

/** What the version of a run's numbers is called. */
export function codeOf({ config: { versions } }: RunWork): string {
  return "tensorflow" in versions
    ? `callosum ${versions.callosum}, tensorflow.js ${versions.tensorflow}, deno ${versions.deno}`
    : `callosum ${versions.callosum}, deno ${versions.deno}`;
}
