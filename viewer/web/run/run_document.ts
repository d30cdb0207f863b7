/** The document of a run as the page has it, and the parts of it that views are made of. */
import type { runDocument } from "../../../cluster/documents.ts";
import type { LaboratoryRun } from "../../../cluster/protocol.ts";
import type { Sent } from "../documents.ts";

export type SentRun = Sent<typeof runDocument>;
export type SentLibraryRun = Extract<SentRun, { kind: "library" }>;
export type SentSimRun = Extract<SentRun, { kind: "sim" }>;
export type SentResults = NonNullable<SentLibraryRun["results"]>;
export type SentClaim = SentResults["claim"];
export type SentClaimPart = SentClaim["parts"][number];
export type SentVariant = SentResults["variants"][string];
export type SentMetric = SentVariant["metrics"][string];
export type SentFigure = SentResults["figures"]["list"][number];
export type SentFigureData = NonNullable<SentFigure["data"]>;
export type SentTable = SentResults["tables"]["list"][number];
export type SentJob = SentRun["jobs"]["list"][number];

/** A run in one of these states changes no more unless somebody gives it an order. */
const settled: readonly SentRun["state"][] = ["finished", "failed", "cancelled", "stopped"];

/** Whether nothing more is to be expected of the run by itself. */
export const isSettled = ({ state }: Pick<SentRun, "state">): boolean => settled.includes(state);

/** The run's variants, each once, in the order of its jobs; one without a name where it has none. */
export function variantsOf({ jobs }: Pick<SentRun, "jobs">): string[] {
  return [...new Set(jobs.list.map(({ variant }) => variant))];
}

/** The variant that is the method itself: that of its name, else the first; empty where there is none. */
export const ownVariant = (variants: readonly string[], method: string): string =>
  variants.includes(method) ? method : variants[0] ?? "";

/** How the run's variants stand, as the laboratory tells it of a run that it knows. */
export function groupsOf(run: Pick<SentRun, "jobs">): LaboratoryRun["groups"] {
  return variantsOf(run).map((name) => {
    const own = run.jobs.list.filter(({ variant }) => variant === name);
    const count = (state: SentJob["state"]) => own.filter((job) => job.state === state).length;
    const jobs = {
      queued: count("queued"),
      running: count("running"),
      paused: count("paused"),
      done: count("done"),
      failed: count("failed"),
      cancelled: count("cancelled"),
    };
    const share = ({ state, step, steps }: SentJob) =>
      state === "done" ? 1 : steps > 0 ? Math.min(step / steps, 1) : 0;
    const progress = own.reduce((sum, job) => sum + share(job), 0) / Math.max(own.length, 1);
    return { name, total: own.length, jobs, progress };
  });
}
