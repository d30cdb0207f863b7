/** Jobs for tests that disturb them: a chain of digests, each step's made of the one before. */
import { z } from "zod";
import { digestOf } from "../../cluster/digest.ts";
import { canonicalBytes } from "../../cluster/jobs/identity.ts";
import type { JobSpec } from "../../cluster/jobs/records.ts";
import type { JobOutcome } from "../../agents/chaos/undisturbed.ts";
import type {
  ExecutionContext,
  ExecutionEnd,
  Executor,
  KeptStep,
} from "../../agents/worker/executor.ts";

const chainWork = z.strictObject({
  /** Where the chain begins. */
  name: z.string(),
  steps: z.int().min(1),
  /** Duration of a step, ms. */
  pace: z.int().min(0),
  /** Whether it takes more memory than its process may have. */
  greedy: z.boolean(),
});

export type ChainWork = z.infer<typeof chainWork>;

/** Steps between two checkpoints. */
const checkpointEvery = 3;

const device = "chain";
const cost = { seconds: 0, tensorBytes: 0 };

/** A job. */
export function chainJob(name: string, changes: Partial<ChainWork> = {}): JobSpec {
  const work = { name, steps: 10, pace: 20, greedy: false, ...changes };
  return { kind: "chain", work, needs: { backend: "cpu", memory: 0, data: [] }, code: "test" };
}

/** Several jobs. */
export function chainJobs(
  name: string,
  count: number,
  changes: Partial<ChainWork> = {},
): JobSpec[] {
  return Array.from({ length: count }, (_, index) => chainJob(`${name} ${index}`, changes));
}

/** Called before each step. */
export type BeforeStep = (step: number) => unknown;

/** Does such jobs. */
export function chainExecutor(beforeStep: BeforeStep): Executor<ChainWork> {
  return {
    kind: "chain",
    work: chainWork,
    run: (work, context) => new Chain(work, context, beforeStep).run(),
  };
}

class Chain {
  #state: string;
  #step: number;

  constructor(
    private readonly work: ChainWork,
    private readonly context: ExecutionContext,
    private readonly beforeStep: BeforeStep,
  ) {
    const { checkpoint } = context;
    this.#state = checkpoint ? new TextDecoder().decode(checkpoint.bytes) : work.name;
    this.#step = checkpoint?.step ?? 0;
  }

  async run(): Promise<ExecutionEnd> {
    const { work, context } = this;
    while (this.#step < work.steps) {
      await this.beforeStep(this.#step + 1);
      await new Promise((resolve) => setTimeout(resolve, work.pace));
      context.abandon.throwIfAborted();
      if (work.greedy) takeAllMemory();
      this.#state = nextState(this.#state, ++this.#step);
      context.progress(this.#step, work.steps, { state: this.#state });
      if (context.stop.aborted || this.#step % checkpointEvery === 0) await this.#keep();
      if (context.stop.aborted) return { kind: "stopped" };
    }
    return { kind: "finished", result: resultOf(work, this.#state), device, cost };
  }

  async #keep(): Promise<void> {
    const bytes = new TextEncoder().encode(this.#state);
    const kept: KeptStep = { bytes, step: this.#step, cost, device };
    await this.context.keep(kept);
  }
}

/** What such a job comes to when nothing disturbs it. */
export function undisturbedChain(spec: JobSpec): Promise<JobOutcome> {
  const work = chainWork.parse(spec.work);
  let state = work.name;
  const events = Array.from({ length: work.steps }, (_, index) => {
    state = nextState(state, index + 1);
    return { step: index + 1, number: 0, event: { state } };
  });
  return Promise.resolve({ result: resultOf(work, state), device, events });
}

const nextState = (state: string, step: number) => digestOf(`${state}/${step}`);

const resultOf = ({ name }: ChainWork, state: string) => canonicalBytes({ name, state });

/** The process dies of it. */
function takeAllMemory(): never {
  const hoard: number[][] = [];
  for (;;) hoard.push(Array.from({ length: 100_000 }, Math.random));
}
