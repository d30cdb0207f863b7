/**
 * One job of the library: a method's variant trained under one seed, from its beginning or from a
 * snapshot, to its end or to a stop. What the job needs of the world it asks of its owner.
 *
 * A snapshot that the method offers is encoded at once, but handed to the owner only now and then, when
 * the job is stopped, and when it ends: how often a method offers them costs little then, and the last
 * checkpoint of a finished job is the same whatever happened on the way. It is handed over after an
 * event, so that the owner's log never lacks what the snapshot already knows.
 */
import { setImmediate } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs";
import type {
  JobContext,
  JobProgress,
  JobResult,
  Method,
  Snapshot,
} from "../../learners/method.ts";
import type { Actors } from "../../learners/actors.ts";
import { randomStream } from "../../sim/random.ts";
import { encodeSnapshot } from "./snapshot.ts";

/** What a job is. Its configuration has been parsed by the method's schema. */
export interface JobDescription {
  /** The method's id. */
  readonly method: string;
  readonly variant: string;
  readonly seed: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** The tensor backend, made ready before. */
  readonly backend: string;
}

/** What a job has cost since it began or went on. */
export interface JobCost {
  /** Wall clock. */
  readonly seconds: number;
  /** The most memory that tensors held at any event. */
  readonly tensorBytes: number;
}

/** A snapshot as it is kept. */
export interface Checkpoint {
  /** A file of `snapshot.ts`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly step: number;
  readonly cost: JobCost;
}

/** What a job asks of whoever runs it. */
export interface JobOwner {
  progress(progress: JobProgress, cost: JobCost): void;
  /** @throws {DataError} when there is no such file */
  file(name: string): Promise<Uint8Array>;
  /** Resolves when the checkpoint is kept for certain. */
  checkpoint(checkpoint: Checkpoint): Promise<void>;
}

/** How a job ended. */
export type JobEnd =
  | { readonly kind: "finished"; readonly result: JobResult; readonly cost: JobCost }
  | { readonly kind: "stopped"; readonly cost: JobCost };

/** How a job is run. */
export interface JobSettings {
  /** What it goes on from. */
  readonly restored?: Snapshot;
  /** Seconds between checkpoints at the least; 0 keeps every snapshot. */
  readonly checkpointSeconds: number;
  /** Stops the job at its next event, or at once where it has offered a snapshot just now. */
  readonly signal: AbortSignal;
  /** Who may help with it. */
  readonly actors?: Actors;
}

/** The result is none that variants could be compared by. */
export class ResultError extends Error {
  override readonly name = "ResultError";
}

/**
 * Do the job.
 * @throws {ResultError} when a metric is no number
 * @throws what the method, or the owner, throws
 */
export async function runMethodJob(
  method: Method,
  description: JobDescription,
  owner: JobOwner,
  settings: JobSettings,
): Promise<JobEnd> {
  const { variant, seed, config, backend } = description;
  const { restored, signal, actors } = settings;
  const meter = new Meter();
  const keeper = new SnapshotKeeper(owner, meter, settings);
  const context: JobContext = {
    backend,
    signal,
    actors,
    stream: (name) => randomStream(seed, `${method.id}/${name}`),
    file: (name) => owner.file(name),
    restore: () => restored,
    checkpoint: (snapshot) => Promise.try(() => keeper.offer(snapshot)),
  };
  const breath = new Breath();
  const training = method.train({ variant, seed, config }, context);
  for (let isLast = false;;) {
    const { done, value } = await training.next();
    meter.read();
    if (done) {
      await keeper.settle();
      return { kind: "finished", result: checkedResult(value), cost: meter.cost };
    }
    owner.progress(value, meter.cost);
    if (keeper.due) await keeper.settle();
    await breath.take();
    if (isLast || (signal.aborted && keeper.newest === value.step)) {
      await training.return({ metrics: {} });
      await keeper.settle();
      return { kind: "stopped", cost: meter.cost };
    }
    // A method that offers snapshots rarely gets to its next event, and may offer one on the way.
    isLast = signal.aborted;
  }
}

/** Measures a job. */
class Meter {
  readonly #began = performance.now();
  #tensorBytes = 0;

  read(): void {
    this.#tensorBytes = Math.max(this.#tensorBytes, tf.memory().numBytes);
  }

  get cost(): JobCost {
    return { seconds: (performance.now() - this.#began) / 1000, tensorBytes: this.#tensorBytes };
  }
}

/** Hands snapshots to the owner, the newest of them and not too often. */
class SnapshotKeeper {
  readonly #pause: number;
  /** The step of the newest snapshot. */
  newest?: number;
  #keptAt = performance.now();
  #waiting?: Omit<Checkpoint, "cost">;

  constructor(
    private readonly owner: JobOwner,
    private readonly meter: Meter,
    { checkpointSeconds }: JobSettings,
  ) {
    this.#pause = 1000 * checkpointSeconds;
  }

  /** Encodes it now: the method may change its arrays as soon as this has returned. */
  offer(snapshot: Snapshot): void {
    this.meter.read();
    this.newest = snapshot.step;
    this.#waiting = { bytes: encodeSnapshot(snapshot), step: snapshot.step };
  }

  get due(): boolean {
    return performance.now() - this.#keptAt >= this.#pause;
  }

  /** Hand over what waits. */
  async settle(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    await this.owner.checkpoint({ ...waiting, cost: this.meter.cost });
    this.#keptAt = performance.now();
  }
}

/** Longest time without a look at the messages, ms. */
const longestBreath = 20;

/**
 * Lets messages in: a training that computes on this thread awaits nothing that would, and a stop could
 * not reach it.
 */
class Breath {
  #last = performance.now();

  async take(): Promise<void> {
    if (performance.now() - this.#last < longestBreath) return;
    await setImmediate();
    this.#last = performance.now();
  }
}

function checkedResult(result: JobResult): JobResult {
  for (const [name, value] of Object.entries(result.metrics)) {
    if (Number.isFinite(value)) continue;
    throw new ResultError(
      `metric "${name}" of the result is ${value}, expected a finite number; ` +
        "the training has diverged, try a lower learning rate",
    );
  }
  return result;
}
