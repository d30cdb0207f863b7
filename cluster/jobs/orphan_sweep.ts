/**
 * Removes what nobody refers to any more: blobs of attempts that died before the ledger knew of them, logs
 * of jobs that are not in the ledger. A blob is there before its record is, so that nothing is removed
 * that has not been nobody's, and unchanged, for a while; and what is put or written after it was looked at
 * stays.
 */
import type { BlobEntry } from "../backbone.ts";
import { jobOfLog } from "./identity.ts";
import type { LedgerParts } from "./ledger_parts.ts";
import { blobsOf, type ReferringRecords, referringRecords } from "./references.ts";
import { Standing } from "./standing.ts";

/** What was removed. */
export interface Swept {
  readonly blobs: number;
  /** Of the blobs. */
  readonly bytes: number;
  readonly logs: number;
}

/** How it is swept. */
export interface SweepOptions {
  /** How long something must have been nobody's, ms. */
  readonly age: number;
  /** Whether logs are swept as well, which only the owner may. */
  readonly logs: boolean;
}

/** See the file's head. */
export class OrphanSweep {
  readonly #blobs = new Standing();
  readonly #logs = new Standing();

  constructor(private readonly parts: LedgerParts, private readonly options: SweepOptions) {}

  /**
   * Take a look, and remove what was nobody's at all looks for long enough.
   * @throws what the backbone throws, but for its being away
   */
  async look(): Promise<Swept> {
    const { backbone: { blobs, logs } } = this.parts;
    // In this order: what is put and referred to meanwhile is not among what was there before.
    const kept = await this.#persist("the list of blobs", () => blobs.list());
    const names = this.options.logs
      ? await this.#persist("the list of logs", () => logs.names())
      : [];
    const records = await referringRecords(this.parts);
    if (!records.complete) return { blobs: 0, bytes: 0, logs: 0 };
    const swept = await this.#sweepBlobs(kept, records);
    return { ...swept, logs: await this.#sweepLogs(names, records) };
  }

  async #sweepBlobs(kept: readonly BlobEntry[], records: ReferringRecords) {
    const { backbone: { blobs }, timers } = this.parts;
    const referred = blobsOf(records);
    const orphans = new Map(
      kept.filter(({ digest }) => !referred.has(digest)).map((blob) => [blob.digest, blob]),
    );
    const present = [...orphans.values()].map(({ digest, revision }) =>
      [digest, revision] as const
    );
    const due = this.#blobs.look(present, timers.now(), this.options.age);
    let bytes = 0;
    for (const digest of due) {
      const { size, revision } = orphans.get(digest)!;
      await this.#persist(`the blob ${digest}`, () => blobs.remove(digest, revision));
      bytes += size;
    }
    return { blobs: due.length, bytes };
  }

  async #sweepLogs(
    names: readonly string[],
    { jobs, results }: ReferringRecords,
  ): Promise<number> {
    const { backbone, timers } = this.parts;
    const specs = new Set(
      await this.#persist("the list of specs", () => backbone.table("specs").keys()),
    );
    const orphans = names.filter((name) => {
      const job = jobOfLog(name);
      return job !== undefined && !jobs.has(job) && !results.has(job) && !specs.has(job);
    });
    const ends = new Map<string, number>();
    for (const name of orphans) {
      ends.set(name, await this.#persist(`the log ${name}`, () => backbone.logs.last(name)));
    }
    const due = this.#logs.look(ends, timers.now(), this.options.age);
    for (const name of due) {
      await this.#persist(`the log ${name}`, () => backbone.logs.remove(name, ends.get(name)));
    }
    return due.length;
  }

  #persist<T>(what: string, operation: () => Promise<T>): Promise<T> {
    return this.parts.persist(what, operation);
  }
}
