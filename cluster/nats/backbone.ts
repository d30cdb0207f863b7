/**
 * The backbone over NATS with JetStream. `plan.ts` says what it declares there; the folder's other files
 * are its parts.
 */
import { BackboneError } from "../backbone.ts";
import type { Backbone, Blobs, Link, Logs, Table, TableName, WorkQueue } from "../backbone.ts";
import type { Bus, Subscription } from "../bus.ts";
import type { Counters } from "../counters.ts";
import { type DeadLetter, deadLetter, jsonOf } from "../dead_letters.ts";
import type { Log } from "../log.ts";
import { NatsBlobs } from "./blobs.ts";
import { natsBus } from "./bus.ts";
import { Connection } from "./connection.ts";
import type { Access } from "./credentials.ts";
import type { StoreLoss } from "./declaration.ts";
import { keepFeed } from "./feed.ts";
import { NatsLogs } from "./logs.ts";
import type { Role } from "./permissions.ts";
import { type Plan, planOf } from "./plan.ts";
import { NatsQueue } from "./queue.ts";
import { type StoredPart, storedParts } from "./storage.ts";
import { natsTable } from "./tables.ts";

/** How a process joins the laboratory. */
export interface NatsOptions extends Access {
  /** What the server's own lists call this process, e.g. "worker desk-1". */
  readonly name: string;
  /** What it is; it needs no more than that role's permissions. Default "owner". */
  readonly role?: Role;
  /** What is declared on the server; all processes must agree. Default `planOf()`. */
  readonly plan?: Plan;
  /** How long the first connection is tried, ms. Default 10 s. */
  readonly patience?: number;
  /** Told what a subscriber or watcher threw, and of what; by default it is logged. */
  readonly onError?: (error: unknown, source: string) => void;
  readonly log?: Log;
  readonly counters?: Pick<Counters, "add">;
}

/** See the file's head. */
export class NatsBackbone implements Backbone {
  readonly bus: Bus;
  readonly logs: Logs;
  readonly queue: WorkQueue;
  readonly blobs: Blobs;
  readonly link: Link;
  readonly #tables = new Map<TableName, Table>();

  private constructor(
    private readonly connection: Connection,
    private readonly plan: Plan,
    private readonly options: NatsOptions,
  ) {
    this.link = connection.link;
    this.bus = natsBus(connection, plan, this.#onError, options.counters);
    this.logs = new NatsLogs(connection, plan, this.#onError, options.log);
    this.queue = new NatsQueue(connection, plan.queue);
    this.blobs = new NatsBlobs(connection, plan.blobs);
  }

  /**
   * Connect, and declare on the server what is missing there.
   *
   * @throws {BackboneError} "unavailable" when there is no server in time; "refused" when it does not let
   * us in, when it is on another machine and neither credentials nor TLS are given, and when something
   * is missing that `role` may not declare
   */
  static async connect(options: NatsOptions): Promise<NatsBackbone> {
    const { role = "owner", plan = planOf(), patience = 10_000 } = options;
    const connection = await Connection.open({ ...options, role, plan, patience });
    return new NatsBackbone(connection, plan, options);
  }

  /** The server's version, e.g. "2.9.10"; empty while it is away. */
  get serverVersion(): string {
    return this.connection.nats.info?.version ?? "";
  }

  table(name: TableName): Table {
    let table = this.#tables.get(name);
    if (!table) {
      table = natsTable(this.connection, this.plan, name, this.#onError, this.options.log);
      this.#tables.set(name, table);
    }
    return table;
  }

  /** Call `handler` when the server has come back with less than it had acknowledged. */
  onLoss(handler: (loss: StoreLoss) => void): Subscription {
    return this.connection.declaration.onLoss(handler);
  }

  /** How full the server's store is with what the laboratory keeps. */
  async storage(): Promise<StoredPart[]> {
    const { manager } = this.connection;
    const infos = await this.connection.call(
      "to see how full the server's store is",
      () => Promise.all(this.plan.streams.map(({ name }) => manager.streams.info(name))),
    );
    return storedParts(this.plan, infos);
  }

  /** The messages that nobody could read, as far as they are kept, oldest first. */
  async deadLetters(): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    const decode = jsonOf(deadLetter);
    const feed = await keepFeed(this.connection, "to read the dead letters", () => ({
      stream: this.plan.deadLetters.stream,
      filter: ">",
      from: 1,
      message: ({ payload }) => {
        try {
          letters.push(decode(payload));
        } catch (error) {
          this.#onError(error, "dead letters");
        }
      },
      caughtUp() {},
    }));
    feed.unsubscribe();
    return letters;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  readonly #onError = (error: unknown, source: string): void => {
    if (this.options.onError) return this.options.onError(error, source);
    const message = error instanceof Error ? error.message : String(error);
    const kind = error instanceof BackboneError ? `${error.kind}: ` : "";
    this.options.log?.error(`${kind}${message}`, { source });
  };
}
