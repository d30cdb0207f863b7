/** Jobs of the study run in the test, and results made up for claims, tables and figures. */
import { DataError } from "../../../../learners/data/data_error.ts";
import type {
  JobContext,
  JobProgress,
  JobResult,
  Outcomes,
  Snapshot,
} from "../../../../learners/method.ts";
import { bilateral } from "../../../../learners/motor/bilateral.ts";
import { randomStream } from "../../../../sim/random.ts";

/** Small enough for a test, large enough that every part has something to do. */
export const small = {
  ...bilateral.profiles.smoke.config,
  updates: 6,
  epoch: 2,
  testTrials: 12,
  transferTrials: 3,
} as const;

export interface JobRun {
  readonly result: JobResult;
  readonly events: readonly JobProgress[];
  readonly snapshots: readonly Snapshot[];
}

/** Run a variant to its end, from a snapshot if there is one. */
export async function runJob(
  variant: string,
  settings: Readonly<Record<string, unknown>> = small,
  { seed = 3, from }: { readonly seed?: number; readonly from?: Snapshot } = {},
): Promise<JobRun> {
  const [events, snapshots]: [JobProgress[], Snapshot[]] = [[], []];
  const context: JobContext = {
    backend: "of the test",
    signal: new AbortController().signal,
    stream: (name) => randomStream(seed, `bilateral/${name}`),
    file: (name) => Promise.reject(new DataError(name, undefined, "asked for", "no data")),
    restore: () => from,
    checkpoint: (offered) => Promise.resolve(void snapshots.push(structuredClone(offered))),
  };
  const job = bilateral.train({ variant, seed, config: bilateral.config.parse(settings) }, context);
  for (;;) {
    const { done, value } = await job.next();
    if (done) return { result: value, events, snapshots };
    events.push(value);
  }
}

/** The outcomes of these variants only. */
export function onlyVariants(outcomes: Outcomes, wanted: (variant: string) => boolean): Outcomes {
  return Object.fromEntries(Object.entries(outcomes).filter(([variant]) => wanted(variant)));
}

/** The outcomes with as many seeds as asked for: of those that there are, the first ones, or more like them. */
export function withSeeds(outcomes: Outcomes, count: number): Outcomes {
  return Object.fromEntries(
    Object.entries(outcomes).map(([variant, seeds]) => [
      variant,
      Array.from({ length: count }, (_, seed) => ({ ...seeds[seed % seeds.length], seed })),
    ]),
  );
}

/** The outcomes with some metrics of a variant changed under every seed. */
export function changed(
  outcomes: Outcomes,
  variant: string,
  change: (metrics: JobResult["metrics"]) => Readonly<Record<string, number>>,
): Outcomes {
  return {
    ...outcomes,
    [variant]: outcomes[variant].map(({ seed, result }) => ({
      seed,
      result: { ...result, metrics: { ...result.metrics, ...change(result.metrics) } },
    })),
  };
}
