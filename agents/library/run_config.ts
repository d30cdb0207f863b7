/** What a run of the library is, and what it writes into its folders; see `run.ts`. */
import { z } from "zod";
import { type JobResult, profileNames } from "../../learners/method.ts";
import { computingBackends } from "../../learners/nn/backend.ts";

/** `config.json` of a run: everything needed to repeat it. */
export const libraryRunConfig = z.strictObject({
  kind: z.literal("library"),
  /** The method's id. */
  method: z.string(),
  profile: z.enum(profileNames),
  backend: z.enum(computingBackends),
  /** What the backend ran on when the run began. */
  device: z.string(),
  variants: z.array(z.string()).min(1),
  seeds: z.array(z.int().min(0)).min(1),
  /** The method's whole configuration. */
  config: z.record(z.string(), z.unknown()),
  /** Of what computed when the run began. */
  versions: z.strictObject({
    callosum: z.string(),
    deno: z.string(),
    tensorflow: z.string(),
  }),
});

export type LibraryRunConfig = z.infer<typeof libraryRunConfig>;

/** How a job stands. */
export const jobStates = ["began", "checkpoint", "finished", "failed", "stopped"] as const;

/** A line of a run's `events.jsonl`: what became of a job, by the clock. */
export const libraryRunEvent = z.strictObject({
  /** The run was begun, or resumed, for this many times. */
  session: z.int().min(1),
  /** Seconds since the session began. */
  elapsed: z.number().min(0),
  job: z.string(),
  state: z.enum(jobStates),
  /** Steps that the job had done. */
  step: z.int().min(0),
  /** What the job had cost by then, over all sessions; see `JobCost`. */
  seconds: z.number().min(0),
  tensorBytes: z.number().min(0),
  /** Memory of the whole process, all threads together. */
  residentBytes: z.number().min(0),
  /** Why it failed. */
  message: z.string().optional(),
});

export type LibraryRunEvent = z.infer<typeof libraryRunEvent>;

/** `config.json` of a job. */
export const jobConfig = z.strictObject({
  method: z.string(),
  variant: z.string(),
  seed: z.int().min(0),
  backend: z.enum(computingBackends),
  config: z.record(z.string(), z.unknown()),
});

export type JobConfig = z.infer<typeof jobConfig>;

/** A line of a job's `events.jsonl`: `JobProgress` as JSON, in which NaN and infinities become null. */
export const jobEvent = z.strictObject({
  step: z.int().min(0),
  steps: z.int().min(0),
  metrics: z.record(z.string(), z.number().nullable()),
});

export type JobEvent = z.infer<typeof jobEvent>;

/** A point of a curve; JSON has no NaN, which it reads as null. */
const coordinate = z.number().nullable().transform((value) => value ?? NaN);

const jobResult = z.strictObject({
  metrics: z.record(z.string(), z.number()),
  series: z.record(
    z.string(),
    z.strictObject({ x: z.array(coordinate), y: z.array(coordinate) }),
  ).optional(),
  multiplyAdds: z.number().optional(),
  reproducible: z.literal(false).optional(),
});

/** `report.json` of a job, as read from its JSON. */
export const jobReport = z.strictObject({
  result: jobResult,
  cost: z.strictObject({ seconds: z.number(), tensorBytes: z.number() }),
});

/** What a job has come to. */
export interface JobReport {
  readonly result: JobResult;
  readonly cost: { readonly seconds: number; readonly tensorBytes: number };
}

/** One (variant, seed) of a run. */
export interface LibraryJob {
  /** Also its folder's. */
  readonly name: string;
  readonly variant: string;
  readonly seed: number;
}

/** The jobs of a run in order: all variants under the first seed come first. */
export function jobsOf({ variants, seeds }: LibraryRunConfig): LibraryJob[] {
  return seeds.flatMap((seed) =>
    variants.map((variant) => ({ name: `${variant}-s${seed}`, variant, seed }))
  );
}
