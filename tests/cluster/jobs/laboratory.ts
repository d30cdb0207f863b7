/** Jobs that are a chain of digests, workers that compute them, and what must hold at every moment. */
import assert from "node:assert/strict";
import { BackboneError, type Change } from "../../../cluster/backbone.ts";
import { digestOf } from "../../../cluster/digest.ts";
import type { Claim } from "../../../cluster/jobs/claim.ts";
import { foldJobLog } from "../../../cluster/jobs/fold.ts";
import { canonicalBytes, decodeHint, jobId, jobLog } from "../../../cluster/jobs/identity.ts";
import { lanesInOrder } from "../../../cluster/jobs/lanes.ts";
import { Ledger, type LedgerOptions } from "../../../cluster/jobs/ledger.ts";
import { Reconciler, type ReconcilerOptions } from "../../../cluster/jobs/reconciler.ts";
import {
  type JobSpec,
  type JobState,
  jobState,
  type ResultRecord,
  resultRecord,
} from "../../../cluster/jobs/records.ts";
import type { MemoryBackbone } from "../../../cluster/memory_backbone.ts";
import { elapse, systemTimers, type Timers } from "../../../cluster/timers.ts";
import type { Process, World } from "./simulation.ts";

/** A job of `steps` steps; every `every`-th is followed by a checkpoint. */
export function chainJob(name: string, steps = 6, every = 2, poisoned = false): JobSpec {
  return {
    kind: "chain",
    work: { name, steps, every, poisoned },
    needs: { backend: "cpu", memory: 0, data: [] },
    code: "1",
  };
}

interface Chain {
  readonly name: string;
  readonly steps: number;
  readonly every: number;
  readonly poisoned: boolean;
}

const chainOf = ({ work }: JobSpec) => work as unknown as Chain;

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The link of the chain after step `step`. */
const link = (before: string, step: number) => digestOf(`${before}/${step}`);

/** What a job comes to when nothing disturbs it. */
export function undisturbed(spec: JobSpec): { result: Uint8Array; events: unknown[] } {
  const { name, steps } = chainOf(spec);
  let state = name;
  const events = Array.from({ length: steps }, (_, index) => {
    state = link(state, index + 1);
    return { step: index + 1, state };
  });
  return { result: resultOf(spec, state), events };
}

function resultOf({ work }: JobSpec, state: string): Uint8Array {
  return canonicalBytes({ name: work.name, state });
}

export const origin = {
  backend: "cpu",
  device: "simulated",
  cost: { seconds: 1, tensorBytes: 0 },
} as const;

/** What a worker of the simulation may be given. */
export interface WorkerOptions extends LedgerOptions {
  /** Longest duration of a step, ms. */
  readonly step?: number;
  /** Between two signs of life, ms. */
  readonly beat?: number;
  /** Jobs at a time. */
  readonly slots?: number;
}

/** A worker that takes one job after the other, for ever. */
export function chainWorker(
  world: World,
  options: WorkerOptions = {},
): (process: Process) => Promise<void> {
  return async (process) => {
    const { timers, backbone } = process;
    const ledger = new Ledger(backbone, { timers, ...options });
    const slots = Array.from({ length: options.slots ?? 1 }, async () => {
      for (;;) {
        try {
          await takeNext(world, process, ledger, options);
        } catch (error) {
          if (!(error instanceof BackboneError) || error.kind !== "unavailable") throw error;
          await timers.sleep(100);
        }
      }
    });
    await Promise.all(slots);
  };
}

/** Wait for a hint, and do what it hints at. */
async function takeNext(
  world: World,
  { backbone, timers, name }: Process,
  ledger: Ledger,
  options: WorkerOptions,
): Promise<void> {
  const { signal } = new AbortController();
  const lanes = lanesInOrder(await ledger.lanes(), ({ backend }) => backend === "cpu");
  const hint = await backbone.queue.pull(lanes, { signal, patience: 3_000 });
  if (!hint) return;
  const claim = await ledger.claim(decodeHint(hint.payload), name);
  if (claim.claimed) await attempt(world, claim, timers, options);
  if (!claim.claimed && claim.reason === "unknown") hint.giveBack(200);
  else await hint.done();
}

/** Work on a job until it is finished, given back, or lost. */
export async function attempt(
  world: World,
  claim: Claim,
  timers: Timers = systemTimers,
  { step: longest = 300, beat = 700 }: WorkerOptions = {},
): Promise<string> {
  const { name, steps, every, poisoned } = chainOf(claim.spec);
  const { checkpoint } = claim;
  let step = checkpoint?.step ?? 0;
  let state = checkpoint ? new TextDecoder().decode(checkpoint.bytes) : name;
  let orders = "go-on";
  const over = new AbortController();
  const beating = (async () => {
    while (!over.signal.aborted) {
      orders = await claim.beat({ step, steps });
      if (orders === "lost") return;
      await elapse(timers, beat, over.signal);
    }
  })();
  try {
    while (step < steps) {
      await timers.sleep(world.random.uniform(0, longest));
      if (orders === "lost" || claim.lost.aborted) return "lost";
      if (orders === "cancel") return await claim.handOver("cancelled");
      if (orders === "pause") {
        await claim.keep({ step, bytes: bytesOf(state) });
        return await claim.handOver("paused");
      }
      if (poisoned && step >= 3) return await claim.fail("exception", "poisoned");
      state = link(state, ++step);
      await claim.events([{ step, state }]);
      if (step % every === 0) await claim.keep({ step, bytes: bytesOf(state) });
    }
    return await claim.commit(resultOf(claim.spec, state), origin);
  } finally {
    over.abort();
    claim.abandon();
    await beating;
  }
}

/** A reconciler that goes on for ever. */
export function reconciling(
  options: ReconcilerOptions = {},
): (process: Process) => Promise<void> {
  return async ({ backbone, name, timers }) => {
    await new Reconciler(backbone, name, { timers, ...options }).start();
  };
}

/** Submit these jobs. */
export function submitting(
  specs: readonly JobSpec[],
  options: LedgerOptions = {},
): (process: Process) => Promise<void> {
  return async ({ backbone, timers }) => {
    const ledger = new Ledger(backbone, { timers, ...options });
    for (const spec of specs) await ledger.submit(spec);
  };
}

const decode = (value: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(value));

/** Sees every change of the ledger as it happens, and what in it must never happen. */
export class Witness {
  readonly states = new Map<string, JobState>();
  readonly results = new Map<string, ResultRecord>();
  /** Claims of each job so far. */
  readonly claims = new Map<string, number>();
  readonly ledger: Ledger;
  readonly #backbone: MemoryBackbone;
  readonly #world: World;

  private constructor(world: World) {
    this.#world = world;
    this.#backbone = world.observer();
    this.ledger = new Ledger(this.#backbone);
  }

  static async watch(world: World): Promise<Witness> {
    const witness = new Witness(world);
    await witness.#backbone.table("jobs").watch((change) => witness.#seeState(change));
    await witness.#backbone.table("results").watch((change) => witness.#seeResult(change));
    return witness;
  }

  get(spec: JobSpec): JobState | undefined {
    return this.states.get(jobId(spec));
  }

  /** Whether all these jobs stand so. */
  all(specs: readonly JobSpec[], state: JobState["state"] = "done"): boolean {
    return specs.every((spec) => this.get(spec)?.state === state);
  }

  /** Everything about finished jobs: result, digest, one commit, each event once. */
  async requireFinished(specs: readonly JobSpec[]): Promise<void> {
    for (const spec of specs) {
      const id = jobId(spec);
      const { result, events } = undisturbed(spec);
      assert.equal(this.states.get(id)?.state, "done", `job ${spec.work.name}`);
      const record = await this.ledger.result(id);
      assert.equal(record?.digest, digestOf(result), `result of ${spec.work.name}`);
      assert.deepEqual(await this.ledger.resultBytes(id), result);
      const entries = await this.#backbone.logs.read(jobLog(id));
      assert.deepEqual(foldJobLog(entries, record!.epoch).events, events, `${spec.work.name}`);
    }
    assert.equal((await this.ledger.alarms()).size, 0, "alarms");
  }

  #seeState({ key, value }: Change): void {
    assert(value, `job ${key} was removed`);
    const next = jobState.parse(decode(value));
    const last = this.states.get(key);
    this.states.set(key, next);
    assert.equal(next.holder !== undefined, next.state === "running", "who runs has a holder");
    const blobs = new Set(this.#world.memory.blobs);
    for (const { checkpoints } of this.states.values()) {
      for (const { digest } of checkpoints) assert(blobs.has(digest), "a checkpoint is not there");
    }
    if (!last) return void this.claims.set(key, next.epoch);
    assert(last.state !== "done" || next.state === "done", "done is done");
    assert(next.epoch === last.epoch || next.epoch === last.epoch + 1, "epochs grow one by one");
    if (next.epoch > last.epoch) {
      assert.deepEqual(
        [last.state, next.state],
        ["queued", "running"],
        "a claim is of a queued job",
      );
      this.claims.set(key, (this.claims.get(key) ?? 0) + 1);
      assert.equal(this.claims.get(key), next.epoch, "an epoch a claim");
    } else if (last.state === "running" && next.state === "running") {
      assert.equal(next.holder?.worker, last.holder?.worker, "no new holder without a claim");
    }
    const steps = [last, next].map(({ checkpoints }) => checkpoints[0]?.step ?? 0);
    assert(steps[1] >= steps[0], "what was kept is not lost");
  }

  #seeResult({ key, value }: Change): void {
    assert(value, `the result of ${key} was removed`);
    assert(!this.results.has(key), `a second result of ${key} was committed`);
    this.results.set(key, resultRecord.parse(decode(value)));
  }
}
