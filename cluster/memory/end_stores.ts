/** Tables, logs and blobs, as one end of a memory reaches them. */
import type {
  BlobEntry,
  Blobs,
  Change,
  Entry,
  LogEntry,
  Logs,
  Revision,
  Table,
  TableName,
} from "../backbone.ts";
import type { Subscription } from "../bus.ts";
import type { End } from "./end.ts";
import { requireFits, requireKey } from "../table_rules.ts";
import { MemoryLog } from "./log.ts";
import type { MemoryTable } from "./table.ts";

/** A table, as the end reaches it. */
export class EndTable implements Table {
  constructor(
    private readonly end: End,
    private readonly name: TableName,
    private readonly table: MemoryTable,
  ) {}

  get(key: string): Promise<Entry | undefined> {
    return this.#run("get", key, () => this.table.get(key));
  }

  create(key: string, value: Uint8Array): Promise<Revision | undefined> {
    return this.#write("create", key, value, () => this.table.create(key, value));
  }

  update(key: string, value: Uint8Array, revision: Revision): Promise<Revision | undefined> {
    return this.#write("update", key, value, () => this.table.update(key, value, revision));
  }

  remove(key: string, revision: Revision): Promise<boolean> {
    return this.#run("remove", key, () => this.table.remove(key, revision));
  }

  keys(): Promise<string[]> {
    return this.end.run(`${this.name}.keys`, () => this.table.keys());
  }

  watch(handler: (change: Change) => void): Promise<Subscription> {
    return this.end.follow<Change>(
      `${this.name}.watch`,
      handler,
      (push) => this.table.follow(push),
      (later, earlier) => later.key === earlier.key,
    );
  }

  #write<T>(action: string, key: string, value: Uint8Array, carryOut: () => T): Promise<T> {
    return this.#run(action, key, () => {
      requireFits(`${this.name} ${key}`, value);
      return carryOut();
    });
  }

  #run<T>(action: string, key: string, carryOut: () => T): Promise<T> {
    return this.end.run(`${this.name}.${action}`, () => {
      requireKey(this.name, key);
      return carryOut();
    });
  }
}

/** The logs, as the end reaches them. */
export class EndLogs implements Logs {
  constructor(private readonly end: End) {}

  append(name: string, payload: Uint8Array, after: number): Promise<number | undefined> {
    return this.end.run("logs.append", () => {
      requireFits(`log ${name}`, payload);
      return this.#log(name).append(payload, after);
    });
  }

  last(name: string): Promise<number> {
    return this.end.run("logs.last", () => this.#log(name).last());
  }

  read(name: string, after = 0): Promise<LogEntry[]> {
    return this.end.run("logs.read", () => this.#log(name).read(after));
  }

  names(): Promise<string[]> {
    return this.end.run(
      "logs.names",
      () => [...this.end.shared.logs].flatMap(([name, log]) => log.last() > 0 ? [name] : []),
    );
  }

  remove(name: string, until?: number): Promise<void> {
    return this.end.run("logs.remove", () => this.#log(name).remove(until));
  }

  follow(
    name: string,
    handler: (entry: LogEntry) => void,
    after = 0,
  ): Promise<Subscription> {
    return this.end.follow<LogEntry>(
      "logs.follow",
      handler,
      (push) => this.#log(name).follow(push, after),
    );
  }

  #log(name: string): MemoryLog {
    const log = this.end.shared.logs.get(name) ?? new MemoryLog();
    this.end.shared.logs.set(name, log);
    return log;
  }
}

/** The blobs, as the end reaches them. */
export class EndBlobs implements Blobs {
  constructor(private readonly end: End) {}

  put(bytes: Uint8Array): Promise<string> {
    return this.end.run("blobs.put", () => this.end.shared.blobs.put(bytes));
  }

  get(digest: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.end.run("blobs.get", () => this.end.shared.blobs.get(digest));
  }

  list(): Promise<BlobEntry[]> {
    return this.end.run("blobs.list", () => this.end.shared.blobs.list());
  }

  remove(digest: string, revision?: Revision): Promise<void> {
    return this.end.run("blobs.remove", () => this.end.shared.blobs.remove(digest, revision));
  }
}
