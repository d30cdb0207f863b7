/** The logs over NATS: one stream, a subject for each log, appended by the position of its last entry. */
import { BackboneError, type LogEntry, type Logs } from "../backbone.ts";
import type { Subscription } from "../bus.ts";
import type { Log } from "../log.ts";
import type { Connection } from "./connection.ts";
import { copyOf } from "./copy.ts";
import { isLostRace } from "./errors.ts";
import { type FeedPlan, keepFeed } from "./feed.ts";
import type { Plan } from "./plan.ts";
import { decodeSubject, remembering } from "./subject_names.ts";

/** What NATS adds to an entry, bytes at most: the header with the expected position. */
const headerBytes = 200;

/** The logs of the plan. */
export class NatsLogs implements Logs {
  readonly #stream: string;
  readonly #root: string;
  readonly #subject: (name: string) => string;

  constructor(
    private readonly connection: Connection,
    plan: Plan,
    private readonly onError: (error: unknown, source: string) => void,
    private readonly log?: Log,
  ) {
    this.#stream = plan.logs.stream;
    this.#root = plan.logs.root;
    this.#subject = remembering(plan.logs.subject);
  }

  async append(name: string, payload: Uint8Array, after: number): Promise<number | undefined> {
    const largest = this.connection.largestMessage - headerBytes;
    if (payload.length > largest) {
      throw new BackboneError(
        "too-large",
        `an entry of ${payload.length} bytes is too large for the log ${name}; at most ${largest} ` +
          "fit: make several of it",
      );
    }
    const subject = this.#subject(name);
    const own = copyOf(payload);
    const position = await this.connection.call(`to append to the log ${name}`, async () => {
      try {
        const expect = { lastSubjectSequence: after };
        return (await this.connection.jetStream.publish(subject, own, { expect })).seq;
      } catch (error) {
        if (isLostRace(error)) return undefined;
        throw error;
      }
    });
    if (position !== undefined) this.connection.declaration.saw(this.#stream, position);
    return position;
  }

  async last(name: string): Promise<number> {
    const last_by_subj = this.#subject(name);
    const message = await this.connection.call(
      `to read the log ${name}`,
      () => this.connection.manager.streams.getMessage(this.#stream, { last_by_subj }),
    );
    return message?.seq ?? 0;
  }

  async read(name: string, after = 0): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    const last = await this.last(name);
    if (last <= after) return entries;
    const feed = await keepFeed(this.connection, `to read the log ${name}`, () => ({
      stream: this.#stream,
      filter: this.#subject(name),
      from: after + 1,
      message: ({ position, payload }) => entries.push({ position, payload: copyOf(payload) }),
      caughtUp() {},
    }));
    feed.unsubscribe();
    // Of several servers it may be one that has just come back.
    if ((entries.at(-1)?.position ?? 0) < last) {
      throw new BackboneError("unavailable", `to read the log ${name}: the server lags behind`);
    }
    return entries;
  }

  async names(): Promise<string[]> {
    const { state } = await this.connection.call(
      "to list the logs",
      () => this.connection.manager.streams.info(this.#stream, { subjects_filter: ">" }),
    );
    return Object.keys(state.subjects ?? {})
      .map((subject) => decodeSubject(subject.slice(this.#root.length)))
      .filter((name) => name !== undefined);
  }

  async remove(name: string, until?: number): Promise<void> {
    // The server's bound is the first entry that stays.
    const bound = until === undefined ? {} : { seq: until + 1 };
    await this.connection.call(
      `to remove the log ${name}`,
      () =>
        this.connection.manager.streams.purge(this.#stream, {
          filter: this.#subject(name),
          ...bound,
        }),
    );
  }

  /**
   * A life of the feed begins at the last entry that was handed over. If that is another one now, the
   * server has come back with an older store: then all is read again, and what is new is handed over.
   */
  async follow(
    name: string,
    handler: (entry: LogEntry) => void,
    after = 0,
  ): Promise<Subscription> {
    const subject = this.#subject(name);
    const follower = new Follower(after, (entry) => {
      try {
        handler(entry);
      } catch (error) {
        this.onError(error, `log ${name}`);
      }
    });
    return await keepFeed(this.connection, `to follow the log ${name}`, () => ({
      stream: this.#stream,
      filter: subject,
      ...follower.life((position) => this.connection.declaration.saw(this.#stream, position)),
    }), this.log);
  }
}

/** What has been handed over of a log. */
class Follower {
  /** The stamp of each entry, by its position. */
  readonly #seen = new Map<number, string>();
  #last = 0;
  /** Whether the next life has to begin at the beginning. */
  #doubtful = false;

  constructor(
    private readonly after: number,
    private readonly report: (entry: LogEntry) => void,
  ) {}

  life(saw: (position: number) => void): Pick<FeedPlan, "from" | "message" | "caughtUp"> {
    const resumed = this.#last > 0 && !this.#doubtful;
    this.#doubtful = false;
    let confirmed = !resumed;
    return {
      from: resumed ? this.#last : this.after + 1,
      message: ({ position, stamp, payload }) => {
        saw(position);
        const known = this.#seen.get(position) === stamp;
        if (!confirmed) {
          confirmed = known;
          if (!known) throw this.#doubt();
        }
        if (known) return;
        this.#seen.set(position, stamp);
        this.#last = position;
        this.report({ position, payload: copyOf(payload) });
      },
      caughtUp: () => {
        if (!confirmed) throw this.#doubt();
      },
    };
  }

  #doubt(): BackboneError {
    this.#doubtful = true;
    return new BackboneError("unavailable", "the log is another one than before; it is read anew");
  }
}
