/** What the tests of methods share: running a job to its end, with and without interruption. */
import type { JobProgress, JobResult, Method, Snapshot } from "../../../learners/method.ts";
import { randomStream } from "../../../sim/random.ts";

/** Everything that a job said, kept and resulted in. */
export interface JobRecord {
  readonly progress: readonly JobProgress[];
  readonly snapshots: readonly Snapshot[];
  readonly result: JobResult;
}

function noFile(name: string): Promise<Uint8Array> {
  return Promise.reject(new Error(`no data folder was named, and ${name} is asked for`));
}

/** Does one job of the smoke profile; `changes` go over the profile's configuration. */
export async function smokeJob(
  method: Method,
  variant: string,
  { seed = 0, changes = {}, from, file = noFile }: {
    readonly seed?: number;
    readonly changes?: Readonly<Record<string, unknown>>;
    readonly from?: Snapshot;
    readonly file?: (name: string) => Promise<Uint8Array>;
  } = {},
): Promise<JobRecord> {
  const config = method.config.parse({ ...method.profiles.smoke.config, ...changes });
  const snapshots: Snapshot[] = [];
  const events = method.train({ variant, seed, config }, {
    backend: "wasm",
    stream: (name) => randomStream(seed, name),
    file,
    signal: new AbortController().signal,
    restore: () => from,
    checkpoint(snapshot) {
      snapshots.push(structuredClone(snapshot));
      return Promise.resolve();
    },
  });
  const progress: JobProgress[] = [];
  while (true) {
    const event = await events.next();
    if (event.done) return { progress, snapshots, result: event.value };
    progress.push(event.value);
  }
}
