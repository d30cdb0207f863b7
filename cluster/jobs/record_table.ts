/** A table of the backbone whose values are records of one kind, as JSON. */
import type { z } from "zod";
import { BackboneError, type Change, type Table } from "../backbone.ts";
import type { Subscription } from "../bus.ts";
import { explainMismatch } from "../run_store_error.ts";
import { canonicalBytes } from "./identity.ts";

/** A record and the revision that it has. */
export interface Versioned<Record> {
  readonly value: Record;
  readonly revision: number;
}

/** A change of a record; without a value, its removal. */
export interface RecordChange<Record> {
  readonly key: string;
  readonly value?: Record;
  readonly revision: number;
}

/** Reads asked for at a time. */
const readsAtOnce = 32;

/** Records under keys. Fails as the backbone does; nothing is tried again. */
export class RecordTable<Record> {
  constructor(
    private readonly table: Table,
    private readonly name: string,
    private readonly schema: z.ZodType<Record>,
  ) {}

  /** @throws {BackboneError} "damaged" when what is there is no such record */
  async get(key: string): Promise<Versioned<Record> | undefined> {
    const entry = await this.table.get(key);
    return entry && { value: this.#decode(key, entry.value), revision: entry.revision };
  }

  create(key: string, value: Record): Promise<number | undefined> {
    return this.table.create(key, canonicalBytes(value));
  }

  update(key: string, value: Record, revision: number): Promise<number | undefined> {
    return this.table.update(key, canonicalBytes(value), revision);
  }

  remove(key: string, revision: number): Promise<boolean> {
    return this.table.remove(key, revision);
  }

  /** The records under these keys, those that there are. */
  async some(keys: Iterable<string>): Promise<Map<string, Record>> {
    const records = new Map<string, Record>();
    const wanted = [...keys];
    for (let start = 0; start < wanted.length; start += readsAtOnce) {
      const slice = wanted.slice(start, start + readsAtOnce);
      const found = await Promise.all(slice.map((key) => this.get(key)));
      slice.forEach((key, index) => {
        const record = found[index];
        if (record) records.set(key, record.value);
      });
    }
    return records;
  }

  /**
   * Every record.
   * @param onDamage told of those that are none, which are left out
   */
  async all(onDamage: (error: BackboneError) => void): Promise<Map<string, Record>> {
    const records = new Map<string, Record>();
    const subscription = await this.watch(({ key, value }) => {
      if (value === undefined) records.delete(key);
      else records.set(key, value);
    }, onDamage);
    subscription.unsubscribe();
    return records;
  }

  /** Every record and every change. */
  watch(
    handler: (change: RecordChange<Record>) => void,
    onDamage: (error: BackboneError) => void,
  ): Promise<Subscription> {
    return this.table.watch((change) => {
      const decoded = this.#decodeChange(change, onDamage);
      if (decoded) handler(decoded);
    });
  }

  #decodeChange(
    { key, value, revision }: Change,
    onDamage: (error: BackboneError) => void,
  ): RecordChange<Record> | undefined {
    if (!value) return { key, revision };
    try {
      return { key, value: this.#decode(key, value), revision };
    } catch (error) {
      if (!(error instanceof BackboneError)) throw error;
      onDamage(error);
      return undefined;
    }
  }

  #decode(key: string, bytes: Uint8Array): Record {
    return decodeRecord(`${this.name} ${key}`, this.schema, bytes);
  }
}

/**
 * The record in `bytes`.
 * @param what it is, for the error's message
 * @throws {BackboneError} "damaged" when it is none
 */
export function decodeRecord<Record>(
  what: string,
  schema: z.ZodType<Record>,
  bytes: Uint8Array,
): Record {
  const damaged = (reason: string, cause: unknown) =>
    new BackboneError("damaged", `${what}: not a record of this version: ${reason}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const checked = schema.safeParse(value);
  if (!checked.success) throw damaged(explainMismatch(checked.error), checked.error);
  return checked.data;
}
