/** A job of a method run in the test, its snapshots kept. */
import type { JobProgress, JobResult, Method, Snapshot } from "../../learners/method.ts";
import { randomStream } from "../../sim/random.ts";

export interface JobRun {
  readonly result: JobResult;
  readonly events: readonly JobProgress[];
  readonly snapshots: readonly Snapshot[];
}

/** Run a variant to its end, from a snapshot if there is one. */
export async function runJob(
  method: Method,
  variant: string,
  settings: Readonly<Record<string, unknown>>,
  snapshot?: Snapshot,
): Promise<JobRun> {
  const [events, snapshots]: [JobProgress[], Snapshot[]] = [[], []];
  const seed = 3;
  const job = method.train({ variant, seed, config: method.config.parse(settings) }, {
    backend: "of the test",
    signal: new AbortController().signal,
    stream: (name) => randomStream(seed, name),
    file: (name) => Promise.reject(new Error(`${name} was asked for`)),
    restore: () => snapshot,
    checkpoint: (offered) => Promise.resolve(void snapshots.push(structuredClone(offered))),
  });
  for (;;) {
    const { done, value } = await job.next();
    if (done) return { result: value, events, snapshots };
    events.push(value);
  }
}
