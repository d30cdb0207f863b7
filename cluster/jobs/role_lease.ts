/**
 * A role that only one process has at a time, such as the reconciler's. Whoever has it keeps changing its
 * record; when it has not changed for a while, by the candidate's own time, another takes over. For a
 * moment two may believe that they have it: what they do must be harmless to do twice.
 */
import type { Backbone } from "../backbone.ts";
import type { Timers } from "../timers.ts";
import { RecordTable } from "./record_table.ts";
import { type LeaseRecord, leaseRecord } from "./records.ts";

/** One candidate's part. */
export class RoleLease {
  readonly #table: RecordTable<LeaseRecord>;
  /** Somebody else's record, and since when it is like that. */
  #seen: { readonly revision: number; readonly since: number } | undefined;

  /**
   * @param name of the candidate, which no other has
   * @param lease after how long without a change the role is free, ms
   */
  constructor(
    backbone: Backbone,
    private readonly role: string,
    private readonly name: string,
    private readonly lease: number,
    private readonly timers: Timers,
  ) {
    this.#table = new RecordTable(backbone.table("leases"), "lease", leaseRecord);
  }

  /**
   * Take the role if it is free, or keep it; to be called several times within a lease.
   * @returns whether this candidate has it
   * @throws what the backbone throws
   */
  async hold(): Promise<boolean> {
    const entry = await this.#table.get(this.role);
    if (!entry) {
      return await this.#table.create(this.role, { holder: this.name, beat: 0 }) !== undefined;
    }
    const { value: { holder, beat }, revision } = entry;
    if (holder !== this.name && !this.#isOver(revision)) return false;
    const next = { holder: this.name, beat: beat + 1 };
    return await this.#table.update(this.role, next, revision) !== undefined;
  }

  /** Give the role up, if it is ours. */
  async release(): Promise<void> {
    const entry = await this.#table.get(this.role);
    if (entry?.value.holder === this.name) await this.#table.remove(this.role, entry.revision);
  }

  #isOver(revision: number): boolean {
    const now = this.timers.now();
    if (this.#seen?.revision !== revision) this.#seen = { revision, since: now };
    return now - this.#seen.since >= this.lease;
  }
}
