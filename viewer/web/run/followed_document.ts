/// <reference lib="dom" />
/** A document that is asked for again as long as somebody looks at it and it may change. */
import type { z } from "zod";
import { fetchDocument, type Reply, type Sent } from "../documents.ts";

/** Between two looks when something is known to have changed, s. */
const soon = 2;
/** Between two looks otherwise, s: what other processes do in their folders is told by nobody. */
const late = 20;

/** What to do with what has come. */
export interface FollowedOptions<Document> {
  readonly onReply: (reply: Reply<Document>) => void;
  /** Whether it may still be another one. */
  readonly mayChange: (document: Document) => boolean;
}

/** See the file's head. */
export class FollowedDocument<Schema extends z.ZodType> {
  #address = "";
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = Infinity;
  #isAsking = false;

  constructor(private readonly options: FollowedOptions<Sent<Schema>>) {}

  /** Follow another one, from now on; none when the address is empty. */
  follow(address: string): void {
    this.stop();
    this.#address = address;
    if (address) this.#plan(0);
  }

  /** Something of it has changed, as somebody else has told. */
  stir(): void {
    if (this.#address) this.#plan(soon);
  }

  /** Follow it no longer. */
  stop(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    clearTimeout(this.#timer);
    this.#address = "";
    this.#due = Infinity;
    this.#isAsking = false;
  }

  /** Ask in so many seconds at the latest. */
  #plan(seconds: number): void {
    const due = performance.now() + 1000 * seconds;
    if (due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    if (this.#isAsking) return;
    this.#timer = setTimeout(() => this.#ask(this.#abort.signal), 1000 * seconds);
  }

  async #ask(signal: AbortSignal): Promise<void> {
    this.#due = Infinity;
    this.#isAsking = true;
    const reply = await fetchDocument<Schema>(this.#address, signal).catch((error) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (!reply || signal.aborted) return;
    this.#isAsking = false;
    this.options.onReply(reply);
    const isOver = reply.kind === "absent" ||
      reply.kind === "document" && !this.options.mayChange(reply.document);
    // What was told meanwhile may not be in it yet.
    const wasStirred = this.#due < Infinity;
    this.#due = Infinity;
    if (wasStirred) this.#plan(soon);
    else if (!isOver) this.#plan(late);
  }
}
