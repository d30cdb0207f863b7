/**
 * A job's record under compare-and-set: what happens to the job is written only if nobody has changed
 * the record since it was read; otherwise it is read and decided anew.
 *
 * Two things make that delicate. A write without an answer may have been carried out: the transitions
 * change nothing when they are told twice, and a claim recognises itself. And what is read may lag
 * behind: nothing that is older than what was seen here already is believed at once.
 */
import { BackboneError } from "../backbone.ts";
import type { JobState } from "./records.ts";
import type { RecordTable, Versioned } from "./record_table.ts";
import {
  type FailureLimits,
  holds,
  type JobEvent,
  type RefusedTransition,
  transition,
} from "./transitions.ts";

/** What has come of an event. */
export type Applied =
  | { readonly applied: true; readonly state: JobState }
  | {
    readonly applied: false;
    readonly reason: RefusedTransition | "unknown";
    readonly state?: JobState;
  };

/** How often something older is not believed: in the end, the server has lost its newest data. */
const staleReads = 6;

/** One job's record, as far as it is known here. Calls must not overlap. */
export class JobRecord {
  #entry: Versioned<JobState> | undefined;
  /** No revision before this one is the newest. */
  #oldest = 0;
  #staleReads = 0;
  /** The epoch of a claim that may have been carried out. */
  #doubtfulClaim: number | undefined;

  constructor(
    private readonly table: RecordTable<JobState>,
    readonly id: string,
    private readonly limits: FailureLimits,
  ) {}

  /**
   * Have `event` happen. It may be asked for again when it failed as "unavailable".
   * @throws what the backbone throws
   */
  async apply(event: JobEvent): Promise<Applied> {
    for (;;) {
      const entry = this.#entry ?? await this.#read();
      const applied = await this.#tryOnce(event, entry);
      if (applied) return applied;
      this.#entry = undefined;
      // Somebody was faster, so there is something newer.
      this.#oldest = (entry?.revision ?? 0) + 1;
    }
  }

  /** Write what follows from `event`; undefined when the record has changed meanwhile. */
  async #tryOnce(
    event: JobEvent,
    entry: Versioned<JobState> | undefined,
  ): Promise<Applied | undefined> {
    if (!entry) return { applied: false, reason: "unknown" };
    const { value: state, revision } = entry;
    if (this.#isOwnClaim(event, state)) return { applied: true, state };
    const outcome = transition(state, event, this.limits);
    if ("refused" in outcome) return { applied: false, reason: outcome.refused, state };
    const { next } = outcome;
    if (next === state) return { applied: true, state };
    const written = await this.#write(event, next, revision);
    if (written === undefined) return undefined;
    this.#remember({ value: next, revision: written });
    return { applied: true, state: next };
  }

  async #write(event: JobEvent, next: JobState, revision: number): Promise<number | undefined> {
    try {
      return await this.table.update(this.id, next, revision);
    } catch (error) {
      if (error instanceof BackboneError && error.kind === "unavailable") {
        // Whether it was carried out, only reading tells.
        this.#entry = undefined;
        if (event.type === "claim") this.#doubtfulClaim = next.epoch;
      }
      throw error;
    }
  }

  async #read(): Promise<Versioned<JobState> | undefined> {
    const entry = await this.table.get(this.id);
    const revision = entry?.revision ?? 0;
    if (revision < this.#oldest && ++this.#staleReads <= staleReads) {
      throw new BackboneError(
        "unavailable",
        `job ${this.id} was read as of revision ${revision}, which is older than ${this.#oldest}`,
      );
    }
    this.#remember(entry);
    return entry;
  }

  #remember(entry: Versioned<JobState> | undefined): void {
    this.#entry = entry;
    this.#oldest = entry?.revision ?? 0;
    this.#staleReads = 0;
  }

  #isOwnClaim(event: JobEvent, state: JobState): boolean {
    return event.type === "claim" && this.#doubtfulClaim !== undefined &&
      holds({ worker: event.worker, epoch: this.#doubtfulClaim }, state);
  }
}
