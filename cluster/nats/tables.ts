/** The tables over NATS: key-value buckets with the last value of each key, written by revision only. */
import { type KV, Kvm } from "@nats-io/kv";
import type { Change, Entry, Revision, Table, TableName } from "../backbone.ts";
import type { Subscription } from "../bus.ts";
import type { Log } from "../log.ts";
import { requireFits, requireKey } from "../table_rules.ts";
import type { Connection } from "./connection.ts";
import { copyOf } from "./copy.ts";
import { isLostRace } from "./errors.ts";
import { type FeedMessage, keepFeed } from "./feed.ts";
import type { Plan } from "./plan.ts";
import { decodeSubject, encodeSubject } from "./subject_names.ts";

/** The table `name`. */
export function natsTable(
  connection: Connection,
  plan: Plan,
  name: TableName,
  onError: (error: unknown, source: string) => void,
  log?: Log,
): Table {
  return new NatsTable(connection, plan, name, onError, log);
}

class NatsTable implements Table {
  readonly #stream: string;
  /** Begins the subject of every key. */
  readonly #root: string;
  readonly #bucket: Promise<KV>;

  constructor(
    private readonly connection: Connection,
    plan: Plan,
    private readonly name: TableName,
    private readonly onError: (error: unknown, source: string) => void,
    private readonly log?: Log,
  ) {
    const { bucket, stream } = plan.tables[name];
    this.#stream = stream;
    this.#root = `$KV.${bucket}.`;
    // Direct reads may come from a server that lags behind; those of the leader lag less.
    this.#bucket = new Kvm(connection.jetStream).open(bucket, { allow_direct: false });
  }

  async get(key: string): Promise<Entry | undefined> {
    const encoded = this.#encode(key);
    const bucket = await this.#bucket;
    const entry = await this.#call(`to read ${this.name}/${key}`, () => bucket.get(encoded));
    if (!entry || entry.operation !== "PUT") return undefined;
    this.connection.declaration.saw(this.#stream, entry.revision);
    return { key, value: copyOf(entry.value), revision: entry.revision };
  }

  async create(key: string, value: Uint8Array): Promise<Revision | undefined> {
    requireFits(`${this.name} ${key}`, value);
    const own = copyOf(value);
    return await this.#write(key, (bucket, encoded) => bucket.create(encoded, own));
  }

  async update(
    key: string,
    value: Uint8Array,
    revision: Revision,
  ): Promise<Revision | undefined> {
    requireFits(`${this.name} ${key}`, value);
    // No key has such a revision; NATS would take 0 for "there is none".
    if (!(revision > 0)) return undefined;
    const own = copyOf(value);
    return await this.#write(key, (bucket, encoded) => bucket.update(encoded, own, revision));
  }

  async remove(key: string, revision: Revision): Promise<boolean> {
    if (!(revision > 0)) return false;
    const removed = await this.#write(key, async (bucket, encoded) => {
      await bucket.delete(encoded, { previousSeq: revision });
      return 0;
    });
    return removed !== undefined;
  }

  async keys(): Promise<string[]> {
    const keys = new Set<string>();
    const feed = await keepFeed(this.connection, `to list the table ${this.name}`, () => ({
      stream: this.#stream,
      filter: `${this.#root}>`,
      from: "last-of-each",
      headersOnly: true,
      message: (message) => {
        const key = this.#keyOf(message);
        if (key === undefined) return;
        if (isRemoval(message)) keys.delete(key);
        else keys.add(key);
      },
      caughtUp() {},
    }));
    feed.unsubscribe();
    return [...keys];
  }

  /**
   * Every life of the feed begins with the last value of each key. What was known before tells which of
   * them are news, and which keys have gone meanwhile.
   */
  watch(handler: (change: Change) => void): Promise<Subscription> {
    const known = new Map<string, { readonly revision: Revision; readonly stamp: string }>();
    const report = (change: Change) => {
      try {
        handler(change);
      } catch (error) {
        this.onError(error, `${this.name}/${change.key}`);
      }
    };
    const forget = (key: string, revision: Revision) => {
      if (known.delete(key)) report({ key, revision });
    };
    /** A key that was not among the last values has gone, unless the server has forgotten to send it. */
    const forgetIfGone = async (key: string, revision: Revision) => {
      const isGone = await this.get(key) === undefined;
      if (isGone && known.get(key)?.revision === revision) forget(key, revision);
    };
    return keepFeed(this.connection, `to watch the table ${this.name}`, () => {
      const unseen = new Map([...known].map(([key, { revision }]) => [key, revision]));
      return {
        stream: this.#stream,
        filter: `${this.#root}>`,
        from: "last-of-each",
        message: (message) => {
          const { position: revision, stamp } = message;
          this.connection.declaration.saw(this.#stream, revision);
          const key = this.#keyOf(message);
          if (key === undefined) return;
          unseen.delete(key);
          if (isRemoval(message)) return forget(key, revision);
          const before = known.get(key);
          // The stamp tells a value apart that an older store has given the same revision.
          if (before?.revision === revision && before.stamp === stamp) return;
          known.set(key, { revision, stamp });
          report({ key, value: copyOf(message.payload), revision });
        },
        caughtUp: () => {
          for (const [key, revision] of unseen) {
            // Interrupted again: the next life comes back to it.
            forgetIfGone(key, revision).catch((error) => this.log?.warn(`${error}`));
          }
          unseen.clear();
        },
      };
    }, this.log);
  }

  async #write(
    key: string,
    write: (bucket: KV, encoded: string) => Promise<Revision>,
  ): Promise<Revision | undefined> {
    const encoded = this.#encode(key);
    const bucket = await this.#bucket;
    const revision = await this.#call(`to write ${this.name}/${key}`, async () => {
      try {
        return await write(bucket, encoded);
      } catch (error) {
        if (isLostRace(error)) return undefined;
        throw error;
      }
    });
    if (revision !== undefined) this.connection.declaration.saw(this.#stream, revision);
    return revision;
  }

  #call<T>(what: string, action: () => Promise<T>): Promise<T> {
    return this.connection.call(what, action);
  }

  #encode(key: string): string {
    requireKey(this.name, key);
    return encodeSubject(key);
  }

  #keyOf({ subject }: FeedMessage): string | undefined {
    return decodeSubject(subject.slice(this.#root.length));
  }
}

function isRemoval({ headers }: FeedMessage): boolean {
  const operation = headers?.get("KV-Operation");
  return operation === "DEL" || operation === "PURGE";
}
