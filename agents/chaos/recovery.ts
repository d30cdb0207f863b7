/**
 * How long it takes after something went wrong until there is progress again, as somebody sees it who
 * watches the ledger: the first new step of another attempt at the job, or its end.
 */
import type { JobState } from "../../cluster/jobs/records.ts";

/** What is waited for. */
interface Pending {
  readonly cause: string;
  /** ms */
  readonly since: number;
  /** The attempt that was interrupted, and how far it had got. */
  readonly epoch: number;
  readonly step: number;
  /** Whether it may itself go on. */
  readonly mayGoOn: boolean;
  /** Where the next attempt went on; unknown until it is seen. */
  from?: { readonly epoch: number; readonly step: number };
}

/** Times, ms, by cause. */
export type RecoveryTimes = ReadonlyMap<string, readonly number[]>;

/** See the file's head. All times are the observer's own, ms. */
export class RecoveryMeter {
  readonly #states = new Map<string, JobState>();
  readonly #pending = new Map<string, Pending>();
  readonly #times = new Map<string, number[]>();
  /** Since when, and why, nothing at all can get on; and whether that has been noticed here. */
  #outage:
    | { readonly cause: string; readonly since: number; readonly noticed: boolean }
    | undefined;

  get times(): RecoveryTimes {
    return this.#times;
  }

  /**
   * The worker cannot go on with the job that it has, if it has one.
   * @param mayGoOn whether it may later, when nobody has taken the job from it
   */
  interrupt(worker: string, cause: string, now: number, mayGoOn = false): void {
    for (const [job, { holder, epoch }] of this.#states) {
      if (holder?.worker !== worker) continue;
      this.#pending.set(job, { cause, since: now, epoch, step: holder.step, mayGoOn });
    }
  }

  /** Nobody can go on. */
  interruptAll(cause: string, now: number): void {
    this.#outage = { cause, since: now, noticed: false };
  }

  /** The line has gone dead: what is seen from now on has happened afterwards. */
  noticeOutage(): void {
    if (this.#outage) this.#outage = { ...this.#outage, noticed: true };
  }

  /** A change of a job was seen. */
  see(job: string, state: JobState, now: number): void {
    const before = this.#states.get(job);
    this.#states.set(job, state);
    if (this.#outage?.noticed && hasMoved(state, before)) {
      this.#note(this.#outage.cause, now - this.#outage.since);
      this.#outage = undefined;
    }
    const pending = this.#pending.get(job);
    if (!pending || !hasProgressed(state, pending)) return;
    this.#pending.delete(job);
    if (state.state === "done" || state.state === "running") {
      this.#note(pending.cause, now - pending.since);
    }
  }

  #note(cause: string, time: number): void {
    this.#times.set(cause, [...this.#times.get(cause) ?? [], time]);
  }
}

/** Whether the job has got further. */
function hasMoved(now: JobState, before: JobState | undefined): boolean {
  if (now.state === "done") return before?.state !== "done";
  return now.epoch === before?.epoch && (now.holder?.step ?? 0) > (before.holder?.step ?? 0);
}

/** Whether there is nothing to wait for any more. */
function hasProgressed({ state, epoch, holder }: JobState, pending: Pending): boolean {
  if (state !== "running" && state !== "queued") return true;
  if (!holder) return false;
  if (epoch === pending.epoch) return pending.mayGoOn && holder.step > pending.step;
  if (pending.from?.epoch !== epoch) pending.from = { epoch, step: holder.step };
  return holder.step > pending.from.step;
}

/** The value below which a share of the others is. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
