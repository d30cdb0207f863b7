/**
 * A small laboratory in the memory of a test: runs, jobs and workers as the ledger has them, brought there
 * by the ledger's own operations. Nothing computes; what jobs measure is a smooth function of their steps.
 */
import assert from "node:assert/strict";
import type { LibraryRunConfig } from "../../agents/library/run_config.ts";
import type { RunConfig } from "../../agents/sim/run_config.ts";
import { libraryClusterRun, simClusterRun } from "../../agents/desk/submission.ts";
import { canonicalBytes } from "../../cluster/jobs/identity.ts";
import type { Claim } from "../../cluster/jobs/claim.ts";
import { Ledger } from "../../cluster/jobs/ledger.ts";
import type { JobSpec, RunRecord, WorkerRecord } from "../../cluster/jobs/records.ts";
import { type MemoryBackbone, MemoryCluster } from "../../cluster/memory_backbone.ts";
import { smallRun } from "../agents/sim/small_run.ts";

/** Steps of every library job. */
export const steps = 400;

const origin = {
  backend: "wasm",
  device: "SIMD",
  cost: { seconds: 12, tensorBytes: 1e6 },
};

/** A job that is being worked on. */
export interface FeedJob {
  readonly claim: Claim;
  readonly variant: number;
  readonly seed: number;
  step: number;
}

/** The laboratory; its parts are driven by the test. */
export class LaboratoryFeed {
  readonly cluster = new MemoryCluster({
    onError: (error) => assert.fail(`${error}`),
  });
  readonly backbone: MemoryBackbone = this.cluster.open();
  readonly ledger = new Ledger(this.backbone);
  /** One failure is enough. */
  readonly strict = new Ledger(this.backbone, { limits: { crashes: 1, all: 1 } });
  readonly #beats = new Map<string, number>();

  /** Enter a run of the library; the ids of its jobs by their names. */
  async library(
    id: string,
    method: string,
    variants: readonly string[],
    seeds: number,
    submitted: Date,
  ): Promise<Readonly<Record<string, string>>> {
    const config: LibraryRunConfig = {
      kind: "library",
      method,
      profile: "desk",
      backend: "wasm",
      device: "SIMD",
      variants: [...variants],
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      config: {},
      versions: { callosum: "0.1.0", deno: "2.9.6", tensorflow: "4.22.0" },
    };
    const terms = { code: "1", data: [], time: submitted };
    return await this.#submit(id, libraryClusterRun(config, terms));
  }

  /** Enter a `sim` run; its only job. */
  async sim(id: string, submitted: Date, change: Partial<RunConfig> = {}): Promise<string> {
    const config = { ...smallRun, ...change };
    const title = `${config.task}-${config.controller}`;
    const jobs = await this.#submit(
      id,
      simClusterRun(config, title, { code: "1", time: submitted }),
    );
    return jobs.sim;
  }

  async #submit(
    id: string,
    { record, specs }: { readonly record: RunRecord; readonly specs: readonly JobSpec[] },
  ): Promise<Readonly<Record<string, string>>> {
    for (const spec of specs) await this.ledger.submit(spec);
    await this.ledger.submitRun(id, record);
    return record.jobs;
  }

  /** Have `worker` begin a job. */
  async begin(job: string, worker: string, variant = 0, seed = 0): Promise<FeedJob> {
    const claim = await this.ledger.claim(job, worker);
    assert.ok(claim.claimed, `job ${job} cannot be had`);
    return { claim, variant, seed, step: claim.checkpoint?.step ?? 0 };
  }

  /** Have a job get on by `count` steps, and say what it measures. */
  async advance(job: FeedJob, count: number): Promise<void> {
    const lines = Array.from({ length: count / 4 }, (_, i) => {
      const step = job.step + 4 * (i + 1);
      const loss = 0.15 + 0.12 * job.variant + 1.9 * Math.exp(-step / (60 + 25 * job.variant)) +
        0.03 * Math.sin(step / (5 + job.seed) + job.seed);
      const metrics = { loss, accuracy: 1 - loss / 2.4 };
      return { step, number: 0, event: { step, steps, metrics } };
    });
    job.step += count;
    await job.claim.events(lines);
    await job.claim.beat({ step: job.step, steps });
  }

  /** Have a job come to its result. */
  async finish(job: FeedJob): Promise<void> {
    const result = canonicalBytes({ metrics: { loss: job.variant } });
    await job.claim.flush();
    assert.equal(await job.claim.commit(result, origin), "first");
  }

  /** Have a job fail for good. */
  async fail(job: string, worker: string, message: string): Promise<void> {
    const claim = await this.strict.claim(job, worker);
    assert.ok(claim.claimed);
    assert.equal(await claim.fail("exception", message), "failed");
  }

  /** Two results of a job that differ. */
  async alarm(job: string, first: string, second: string): Promise<void> {
    const result = (worker: string, byte: string) => ({
      digest: byte.repeat(64),
      worker,
      epoch: 1,
      ...origin,
    });
    const record = { job, results: [result(first, "0"), result(second, "1")] };
    await this.backbone.table("alarms").create(`${job}.2`, canonicalBytes(record));
  }

  /** A worker shows life. */
  async beat(
    id: string,
    { jobs = [], ...change }: Partial<Omit<WorkerRecord, "beat">> = {},
  ): Promise<void> {
    const beat = (this.#beats.get(id) ?? 0) + 1;
    this.#beats.set(id, beat);
    const record: WorkerRecord = {
      name: id,
      host: "desk",
      pid: 100,
      version: "0.1.0",
      backends: [{ name: "wasm", device: "SIMD, 1 thread" }],
      memory: { total: 64 * 2 ** 30, free: 41 * 2 ** 30 },
      cores: 8,
      load: 3.2,
      state: jobs.length > 0 ? "working" : "idle",
      jobs,
      finished: 0,
      counters: {},
      beat,
      ...change,
    };
    const table = this.backbone.table("workers");
    const known = await table.get(id);
    const value = canonicalBytes(record);
    if (known) await table.update(id, value, known.revision);
    else await table.create(id, value);
  }
}
