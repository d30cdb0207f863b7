/**
 * The contract of an executor: it does one kind of job. What it needs of the world it asks of its owner,
 * so that it knows nothing of the cluster, and what it results in depends on nothing but its work.
 */
import type { z } from "zod";
import type { Bus } from "../../cluster/bus.ts";

export { onAbort, unlessAborted } from "../abort.ts";

/** Does the jobs of one kind. Its work is a plain object of JSON. */
export interface Executor<Work extends Record<string, unknown> = Record<string, unknown>> {
  /** As in the specs of its jobs. */
  readonly kind: string;
  /** What its work looks like; a work that does not fit fails. */
  readonly work: z.ZodType<Work>;
  /**
   * Do the work, or what is left of it.
   * @throws what went wrong with the work, or the reason of `abandon`
   */
  run(work: Work, context: ExecutionContext): Promise<ExecutionEnd>;
}

/** What an execution may use of the world. */
export interface ExecutionContext {
  /** The job's id; it names the subjects on which those who watch listen. */
  readonly job: string;
  /** Where it is shown; messages may be lost. */
  readonly bus: Bus;
  /** The tensor backend that its needs name. */
  readonly backend: string;
  /** What it goes on from. */
  readonly checkpoint?: KeptWork;
  /** Aborted when it is to stop, as soon as it has kept where it stands. */
  readonly stop: AbortSignal;
  /** Aborted when nobody wants its result; it ends then, whatever it is in the middle of. */
  readonly abandon: AbortSignal;
  /** It is still at it, although it has got to no new step. */
  alive(): void;
  /**
   * It has got to a step.
   * @param event what is worth keeping of it. It belongs to the step: a job that goes on from an earlier
   * one says it again. It must not depend on the clock or the machine.
   */
  progress(step: number, steps: number, event?: JobEventData): void;
  /**
   * Keep what the work can go on from. All events up to `step` must have been told before.
   * Resolves when it is kept.
   */
  keep(kept: KeptStep): Promise<void>;
  /** @throws {DataError} when there is no such file in the data folder */
  file(name: string): Promise<Uint8Array>;
}

/** An event's content: JSON. */
export type JobEventData = Readonly<Record<string, unknown>>;

/** What a job can go on from. */
export interface KeptWork {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How far it had got. */
  readonly step: number;
}

/** What an execution has kept, what that has cost, and on what. */
export interface KeptStep extends KeptWork {
  readonly cost: ExecutionCost;
  /** What computes; on one backend the same device gives the same bits. */
  readonly device: string;
}

/** How an execution ended. */
export type ExecutionEnd =
  | {
    readonly kind: "finished";
    /** Canonical JSON that depends on the work and the backend only. */
    readonly result: Uint8Array<ArrayBuffer>;
    /** As with a kept step. */
    readonly device: string;
    readonly cost: ExecutionCost;
  }
  | { readonly kind: "stopped" };

/** What an execution has cost since it began or went on. */
export interface ExecutionCost {
  /** Wall clock. */
  readonly seconds: number;
  /** The most memory that tensors held at any event. */
  readonly tensorBytes: number;
}

/** Seconds between two checkpoints at the least: losing at most so much work is worth keeping one. */
export const checkpointSeconds = 2;
