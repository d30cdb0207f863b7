/**
 * A worker's record in the table of workers: it is there as long as it keeps changing. It is for people
 * and for the page; nothing is decided by it.
 */
import { type Backbone, BackboneError, type Revision } from "../../cluster/backbone.ts";
import { canonicalBytes } from "../../cluster/jobs/identity.ts";
import { type WorkerRecord, workerRecord } from "../../cluster/jobs/records.ts";
import type { Log } from "../../cluster/log.ts";

/** Time between two beats, ms. */
const beatEvery = 1_000;

/** What changes of a worker's record while it runs, and is asked for at every beat. */
export type WorkerNews = Omit<WorkerRecord, "beat">;

/** Keeps the record. */
export class Presence {
  #beat = 0;
  #revision?: Revision;
  #timer?: ReturnType<typeof setInterval>;
  /** A word that is on its way. */
  #telling?: Promise<void>;
  /** Whether there is something new since it was sent. */
  #isOutdated = false;

  constructor(
    private readonly backbone: Backbone,
    private readonly id: string,
    private readonly news: () => WorkerNews,
    private readonly log: Log,
  ) {}

  start(): void {
    this.tell();
    this.#timer = setInterval(() => this.tell(), beatEvery);
  }

  /** Say how the worker is now, once an earlier word has got there. */
  tell(): void {
    this.#isOutdated = true;
    this.#telling ??= this.#tellAll().finally(() => this.#telling = undefined);
  }

  async #tellAll(): Promise<void> {
    while (this.#isOutdated) {
      this.#isOutdated = false;
      try {
        await this.#write();
      } catch (error) {
        // While the server is away nobody could read it either, and after the end nobody has to.
        if (error instanceof BackboneError && error.kind === "unavailable") return;
        if (this.backbone.link.state === "closed") return;
        this.log.warn(`the worker's record could not be written: ${error}`);
      }
    }
  }

  async #write(): Promise<void> {
    const table = this.backbone.table("workers");
    const value = canonicalBytes(workerRecord.parse({ ...this.news(), beat: this.#beat++ }));
    this.#revision = this.#revision === undefined
      ? await table.create(this.id, value)
      : await table.update(this.id, value, this.#revision);
    // An answer that got lost, or a store that was put back: begin from what is there.
    if (this.#revision === undefined) this.#revision = (await table.get(this.id))?.revision;
  }

  /** Leave the table. Resolves when the others know, or cannot be told. */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    if (this.backbone.link.state !== "connected") return;
    await this.#telling;
    if (this.#revision === undefined) return;
    try {
      await this.backbone.table("workers").remove(this.id, this.#revision);
    } catch (error) {
      if (!(error instanceof BackboneError)) throw error;
      this.log.warn(`the worker's record could not be removed: ${error.message}`);
    }
  }
}
