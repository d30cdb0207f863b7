/**
 * The blobs over NATS: a stream with a subject for each chunk of each digest.
 *
 * Not NATS's object store: that one names chunks by upload, so a second upload of the same content takes
 * the first one's chunks away from under its readers; a reader of chunks that are not there waits for
 * ever; and chunks go one by one. Here the digest names the chunks: whoever writes them again writes the
 * same bytes, and every read is a request with an answer in a bounded time.
 */
import { headers } from "@nats-io/transport-node";
import { BackboneError, type BlobEntry, type Blobs, type Revision } from "../backbone.ts";
import { digestOf } from "../digest.ts";
import type { Connection } from "./connection.ts";
import { copyOf } from "./copy.ts";
import { type FeedMessage, keepFeed } from "./feed.ts";
import { chunkBytes, type Plan } from "./plan.ts";

/** Header of the first chunk: how many chunks there are. */
const countHeader = "Blob-Chunks";

/** Header of a message whose payload was left out: how long that is. */
const sizeHeader = "Nats-Msg-Size";

/** Chunks that are on their way at once. */
const window = 4;

/** How often a blob is written that somebody takes away meanwhile. */
const tries = 3;

/** The blobs of the plan. */
export class NatsBlobs implements Blobs {
  constructor(
    private readonly connection: Connection,
    private readonly plan: Plan["blobs"],
  ) {}

  async put(bytes: Uint8Array): Promise<string> {
    // The caller may change its buffer meanwhile.
    const own = copyOf(bytes);
    const digest = digestOf(own);
    // Also what is there already, so that its revision tells that somebody wants it.
    for (let i = 0; i < tries; i++) {
      await this.#upload(digest, own);
      if (await this.#holds(digest)) return digest;
    }
    throw damaged(digest, "it was not what had been written when it was read back");
  }

  async get(digest: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return await this.#read(digest);
  }

  async list(): Promise<BlobEntry[]> {
    const chunks = new Map<string, FeedMessage>();
    const feed = await keepFeed(this.connection, "to list the blobs", () => ({
      stream: this.plan.stream,
      filter: `${this.plan.root}>`,
      from: "last-of-each",
      headersOnly: true,
      message: (chunk) => chunks.set(chunk.subject, chunk),
      caughtUp() {},
    }));
    feed.unsubscribe();
    return blobsOf(chunks.values(), this.plan.root);
  }

  async remove(digest: string, revision?: Revision): Promise<void> {
    // The server's bound is the first chunk that stays.
    const bound = revision === undefined ? {} : { seq: revision + 1 };
    // The first chunk goes first: without it there is no blob, and what else there is of it is never read.
    for (const chunk of [0, "*"] as const) {
      await this.connection.call(
        `to remove the blob ${digest}`,
        () =>
          this.connection.manager.streams.purge(this.plan.stream, {
            filter: this.plan.subject(digest, chunk),
            ...bound,
          }),
      );
    }
  }

  async #holds(digest: string): Promise<boolean> {
    try {
      return await this.#read(digest) !== undefined;
    } catch (error) {
      // Then it has to be written again.
      if (error instanceof BackboneError && error.kind === "damaged") return false;
      throw error;
    }
  }

  /** The first chunk comes last: without it there is no blob. */
  async #upload(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const count = Math.max(1, Math.ceil(bytes.length / chunkBytes));
    await inWindow(count - 1, (i) => this.#write(digest, bytes, i + 1, count));
    await this.#write(digest, bytes, 0, count);
  }

  async #write(digest: string, bytes: Uint8Array, chunk: number, count: number): Promise<void> {
    const part = bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
    const head = headers();
    head.set(countHeader, String(count));
    const { seq } = await this.connection.call(
      `to keep the blob ${digest}`,
      () =>
        this.connection.jetStream.publish(this.plan.subject(digest, chunk), part, {
          headers: head,
        }),
    );
    this.connection.declaration.saw(this.plan.stream, seq);
  }

  async #read(digest: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const first = await this.#chunk(digest, 0);
    if (!first) return undefined;
    const count = Number(first.header.get(countHeader));
    const parts = [first.data];
    let missing = 0;
    await inWindow(count - 1, async (i) => {
      const chunk = await this.#chunk(digest, i + 1);
      if (chunk) parts[i + 1] = chunk.data;
      else missing = i + 1;
    });
    if (missing > 0) {
      // It may have been removed while it was read.
      if (!await this.#chunk(digest, 0)) return undefined;
      throw damaged(digest, `chunk ${missing} of ${count} is missing`);
    }
    const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
    const actual = digestOf(bytes);
    if (actual !== digest) throw damaged(digest, `the ${bytes.length} bytes there have ${actual}`);
    return bytes;
  }

  /** A chunk as the nearest server has it, or else as the leader has it, which lags less. */
  async #chunk(digest: string, chunk: number) {
    const { manager } = this.connection;
    const query = { last_by_subj: this.plan.subject(digest, chunk) };
    return await this.connection.call(
      `to read the blob ${digest}`,
      async () =>
        await manager.direct.getMessage(this.plan.stream, query) ??
          await manager.streams.getMessage(this.plan.stream, query),
    );
  }
}

/** The blobs that these chunks make up. A blob's revision is that of its newest chunk. */
function blobsOf(chunks: Iterable<FeedMessage>, root: string): BlobEntry[] {
  const blobs = new Map<string, BlobEntry>();
  for (const { subject, position, headers } of chunks) {
    const [digest] = subject.slice(root.length).split(".");
    const known = blobs.get(digest);
    blobs.set(digest, {
      digest,
      size: (known?.size ?? 0) + Number(headers?.get(sizeHeader) ?? 0),
      revision: Math.max(known?.revision ?? 0, position),
    });
  }
  return [...blobs.values()];
}

/** Call `action` for 0 … count − 1, a few at a time. */
async function inWindow(count: number, action: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await action(next++);
  };
  await Promise.all(Array.from({ length: Math.min(window, count) }, worker));
}

function damaged(digest: string, problem: string): BackboneError {
  return new BackboneError("damaged", `the blob ${digest} is damaged: ${problem}`);
}
