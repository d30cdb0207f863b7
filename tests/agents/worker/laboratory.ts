/** A laboratory within one process, with workers whose jobs the test has in its hands. */
import { MemoryCluster } from "../../../cluster/memory_backbone.ts";
import { Counters } from "../../../cluster/counters.ts";
import { canonicalBytes } from "../../../cluster/jobs/identity.ts";
import { Ledger } from "../../../cluster/jobs/ledger.ts";
import { ResultSpool } from "../../../cluster/jobs/result_spool.ts";
import type { JobSpec, JobState } from "../../../cluster/jobs/records.ts";
import { jsonLine, Log } from "../../../cluster/log.ts";
import type { Backbone } from "../../../cluster/backbone.ts";
import type { AttemptTimes } from "../../../agents/worker/attempt.ts";
import type { ExecutionContext, ExecutionEnd, Executor } from "../../../agents/worker/executor.ts";
import { WorkerAgent, type WorkerOptions } from "../../../agents/worker/worker.ts";
import { z } from "zod";

const root = await Deno.makeTempDir({ prefix: "callosum-laboratory-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

const countingWork = z.strictObject({
  /** Tells this job from others. */
  name: z.string(),
  steps: z.int(),
});

export type CountingWork = z.infer<typeof countingWork>;

/** What a job does at each step; a test holds it up, or lets it throw. */
export type AtStep = (work: CountingWork, step: number, context: ExecutionContext) => unknown;

/** Counts to a number, keeping every step. Its result is the sum of the numbers. */
export function countingExecutor(atStep: AtStep = () => {}): Executor<CountingWork> {
  return {
    kind: "counting",
    work: countingWork,
    run: (work, context) => count(work, context, atStep),
  };
}

async function count(
  work: CountingWork,
  context: ExecutionContext,
  atStep: AtStep,
): Promise<ExecutionEnd> {
  const cost = { seconds: 1, tensorBytes: 8 };
  const device = "fingers";
  const { checkpoint } = context;
  let sum = checkpoint ? Number(new TextDecoder().decode(checkpoint.bytes)) : 0;
  for (let step = (checkpoint?.step ?? 0) + 1; step <= work.steps; step++) {
    sum += step;
    context.progress(step, work.steps, { sum });
    await context.keep({ bytes: new TextEncoder().encode(String(sum)), step, cost, device });
    await Promise.race([
      atStep(work, step, context),
      aborted(context.stop),
      aborted(context.abandon),
    ]);
    context.abandon.throwIfAborted();
    if (context.stop.aborted) return { kind: "stopped" };
  }
  return { kind: "finished", result: canonicalBytes({ sum }), device, cost };
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });

/** What counting to `steps` results in. */
export const sumTo = (steps: number) =>
  new TextDecoder().decode(canonicalBytes({ sum: steps * (steps + 1) / 2 }));

/** A job for it. */
export function countingJob(
  name: string,
  steps: number,
  needs: Partial<JobSpec["needs"]> = {},
): JobSpec {
  return {
    kind: "counting",
    work: { name, steps },
    needs: { backend: "cpu", memory: 0, data: [], ...needs },
    code: "test",
  };
}

/** Fast, so that tests are; but a first step may wait for a thread whose types are being checked. */
const times: AttemptTimes = { beat: 20, stall: 120_000, grace: 100, farewell: 200 };

/** A worker that is at work. */
export interface RunningWorker extends AsyncDisposable {
  readonly agent: WorkerAgent;
  readonly counters: Counters;
  /** What it has logged. */
  readonly log: readonly string[];
  readonly ended: Promise<void>;
}

/** See the file's head. */
export class Laboratory implements AsyncDisposable {
  readonly cluster = new MemoryCluster({ redeliverAfter: 500 });
  readonly backbone: Backbone = this.cluster.open();
  readonly ledger = new Ledger(this.backbone);
  #workers = 0;

  /** Start a worker. */
  async hire(options: Partial<WorkerOptions> = {}): Promise<RunningWorker> {
    const id = options.id ?? `worker-${++this.#workers}`;
    const lines: string[] = [];
    const counters = new Counters();
    const backbone = this.cluster.open();
    const agent = new WorkerAgent(backbone, {
      id,
      name: id,
      version: "test",
      backends: [{ name: "cpu", device: "fingers" }],
      executors: [countingExecutor()],
      machine: {
        host: "here",
        cores: 1,
        memory: () => ({ total: 2 ** 30, free: 2 ** 30 }),
        load: () => 0,
      },
      spool: await ResultSpool.open(`${root}/${crypto.randomUUID()}`),
      hasRoom: () => Promise.resolve(true),
      log: new Log({}, jsonLine, (_, line) => lines.push(line)),
      counters,
      ...options,
      times: { ...times, ...options.times },
    });
    const ended = agent.run();
    return {
      agent,
      counters,
      log: lines,
      ended,
      async [Symbol.asyncDispose]() {
        agent.leave();
        await ended;
        await backbone.close();
      },
    };
  }

  /** Wait until the job stands so that `wanted` is content; a job that has failed instead is an error. */
  async until(id: string, wanted: (state: JobState) => boolean): Promise<JobState> {
    const { promise, resolve, reject } = Promise.withResolvers<JobState>();
    const subscription = await this.ledger.watch((job, state) => {
      if (job !== id) return;
      if (wanted(state)) resolve(state);
      else if (state.state === "failed") reject(new Error(JSON.stringify(state.attempts)));
    });
    try {
      return await promise;
    } finally {
      subscription.unsubscribe();
    }
  }

  /** The job's result as text, once it is done. */
  async result(id: string): Promise<string> {
    await this.until(id, ({ state }) => state === "done");
    return new TextDecoder().decode(await this.ledger.resultBytes(id));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backbone.close();
  }
}
