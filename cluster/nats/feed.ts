/**
 * A reader of a stream that goes on through interruptions: the stream's messages that fit a filter, from
 * a starting point on, and then every later one.
 *
 * NATS's client has readers that resume behind the last number that they have seen. If the server comes
 * back with an older store, or an empty one, its numbers start lower, and such a reader says nothing until
 * they have grown past it. Here every interruption begins a new life: its starting point is chosen anew,
 * by somebody who can compare what the store holds with what was there before.
 */
import { AckPolicy, DeliverPolicy, ReplayPolicy } from "@nats-io/jetstream";
import { createInbox, type Msg, nanos, nuid } from "@nats-io/transport-node";
import { BackboneError } from "../backbone.ts";
import type { Subscription } from "../bus.ts";
import type { Log } from "../log.ts";
import type { Connection } from "./connection.ts";
import { backboneError } from "./errors.ts";

/** A message of the stream. */
export interface FeedMessage {
  readonly subject: string;
  /** Its number in the stream. */
  readonly position: number;
  /** When the server stored it, as a text that no other message with that number has. */
  readonly stamp: string;
  readonly headers: Msg["headers"];
  readonly payload: Uint8Array;
}

/** What one life reads, and who is told. */
export interface FeedPlan {
  readonly stream: string;
  readonly filter: string;
  /** Where to begin: at a position, or with the last message of each subject. */
  readonly from: number | "last-of-each";
  /** Payloads are left out. */
  readonly headersOnly?: boolean;
  /** Throw to end this life, and begin another one. */
  message(message: FeedMessage): void;
  /** All that was there when the life began has been handed over. May be called again. Throw as above. */
  caughtUp(): void;
}

/** The server says so often that it is there, ms; three times silent and the life is over. */
const heartbeat = 2_000;

/** After so long without a reader the server forgets a life's consumer, ms. */
const forgetAfter = 5_000;

/**
 * Read until the subscription is ended.
 *
 * @param what for errors: "to watch the table jobs"
 * @param plan called for every life
 * @returns when the first life has caught up
 * @throws {BackboneError} when that fails; later lives are tried for ever
 */
export async function keepFeed(
  connection: Connection,
  what: string,
  plan: () => FeedPlan,
  log?: Log,
): Promise<Subscription> {
  const ending = new AbortController();
  const { signal } = ending;
  const first = await openLife(connection, what, plan(), signal);
  (async () => {
    for (let life: Life | undefined = first; life;) {
      await life.over();
      life.end();
      life = await openAgain(connection, what, plan, signal, log);
    }
  })();
  return { unsubscribe: () => ending.abort() };
}

async function openAgain(
  connection: Connection,
  what: string,
  plan: () => FeedPlan,
  signal: AbortSignal,
  log?: Log,
): Promise<Life | undefined> {
  let complaint = "";
  while (!signal.aborted && connection.link.state !== "closed") {
    if (connection.link.state === "away") {
      await connection.changed(60_000, signal);
      continue;
    }
    try {
      return await openLife(connection, what, plan(), signal);
    } catch (error) {
      const { message } = backboneError(what, error);
      if (message !== complaint) log?.warn(message);
      complaint = message;
      await connection.changed(200, signal);
    }
  }
  return undefined;
}

/** Begin a life, and wait until it has caught up. */
async function openLife(
  connection: Connection,
  what: string,
  plan: FeedPlan,
  signal: AbortSignal,
): Promise<Life> {
  let life: Life | undefined;
  try {
    return await connection.call(what, async () => {
      life = new Life(connection, plan, signal);
      await life.begin();
      return life;
    });
  } catch (error) {
    life?.end();
    throw error;
  }
}

/** All that a reader does between two interruptions. */
class Life {
  readonly #inbox: string;
  readonly #subscription: { unsubscribe(): void };
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  readonly #ofConnection: number;
  /** Messages so far, by the server's count. */
  #delivered = 0;
  /** The stream's last number when the life began: what comes from there on is no longer of the past. */
  #last = Infinity;
  #ended = false;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  /** @param signal ends it: from then on nothing is handed over */
  constructor(
    private readonly connection: Connection,
    private readonly plan: FeedPlan,
    private readonly signal: AbortSignal,
  ) {
    this.#ofConnection = connection.life;
    this.#inbox = createInbox(connection.inboxPrefix);
    this.#subscription = connection.nats.subscribe(this.#inbox, {
      callback: (error, message) => {
        // What is thrown into NATS's client ends its reading for good.
        try {
          if (error) throw error;
          this.#receive(message);
        } catch (reason) {
          this.#break(reason);
        }
      },
    });
    // Nobody may be waiting for it when it breaks.
    this.#caughtUp.promise.catch(() => {});
  }

  async begin(): Promise<void> {
    const { stream, filter, from, headersOnly } = this.plan;
    this.#watch();
    const { consumers, streams } = this.connection.manager;
    const adding = consumers.add(stream, {
      name: `feed-${nuid.next()}`,
      deliver_subject: this.#inbox,
      filter_subject: filter,
      replay_policy: ReplayPolicy.Instant,
      ack_policy: AckPolicy.None,
      ...(from === "last-of-each"
        ? { deliver_policy: DeliverPolicy.LastPerSubject }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }),
      flow_control: true,
      idle_heartbeat: nanos(heartbeat),
      inactive_threshold: nanos(forgetAfter),
      max_deliver: 1,
      mem_storage: true,
      num_replicas: 1,
      ...(headersOnly && { headers_only: true }),
    });
    // Where subjects are written again and again the server may never count down to nothing pending: it
    // has counted messages that have been replaced since.
    const [{ num_pending, delivered }, { state }] = await Promise.all([
      adding,
      streams.info(stream),
    ]);
    this.#last = state.last_seq;
    // What has been delivered meanwhile may still be on its way.
    if (num_pending === 0 && delivered.consumer_seq === 0) this.#catchUp();
    await this.#caughtUp.promise;
  }

  /** Resolves when the life is over. */
  async over(): Promise<void> {
    const wake = () => this.#over.resolve();
    this.signal.addEventListener("abort", wake);
    const link = this.connection.link.onChange(wake);
    if (this.signal.aborted || this.connection.life !== this.#ofConnection) wake();
    await this.#over.promise;
    link.unsubscribe();
    this.signal.removeEventListener("abort", wake);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#watchdog);
    this.#subscription.unsubscribe();
  }

  #break(reason: unknown): void {
    clearTimeout(this.#watchdog);
    this.#caughtUp.reject(reason);
    this.#over.resolve();
  }

  #catchUp(): void {
    this.plan.caughtUp();
    this.#caughtUp.resolve();
  }

  /** A life that hears nothing for too long has lost its consumer. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    if (this.#ended) return;
    this.#watchdog = setTimeout(
      () => this.#break(new BackboneError("unavailable", "the server has forgotten the reader")),
      3 * heartbeat,
    );
  }

  #receive(message: Msg): void {
    if (this.#ended || this.signal.aborted) return;
    this.#watch();
    const status = message.headers?.code ?? 0;
    if (status !== 0) return this.#receiveStatus(message, status);
    const [delivered, position, stamp, pending] = deliveryOf(message);
    if (delivered !== ++this.#delivered) {
      return this.#break(new BackboneError("unavailable", "messages of the stream got lost"));
    }
    this.plan.message({
      subject: message.subject,
      position,
      stamp,
      headers: message.headers,
      payload: message.data,
    });
    if (pending === 0 || position >= this.#last) this.#catchUp();
  }

  #receiveStatus(message: Msg, status: number): void {
    if (status !== 100) {
      return this.#break(
        new BackboneError("unavailable", `the server has ended the reader (status ${status})`),
      );
    }
    // Flow control: the server waits for an answer before it sends more.
    if (message.reply) message.respond();
    const stalled = message.headers?.get("Nats-Consumer-Stalled");
    if (stalled) this.connection.nats.publish(stalled);
    const delivered = message.headers?.get("Nats-Last-Consumer");
    if (!delivered) return;
    // A heartbeat comes when there is nothing else to send.
    if (Number(delivered) === this.#delivered) this.#catchUp();
    else this.#break(new BackboneError("unavailable", "messages of the stream got lost"));
  }
}

/**
 * What a delivery says of itself in its reply subject, "$JS.ACK.stream.consumer.deliveries.position.
 * delivered.time.pending", in newer servers with a domain and an account before the stream.
 */
function deliveryOf({ reply = "" }: Msg): [number, number, string, number] {
  const tokens = reply.split(".");
  const first = tokens.length === 9 ? 5 : 7;
  return [
    Number(tokens[first + 1]),
    Number(tokens[first]),
    tokens[first + 2],
    Number(tokens[first + 3]),
  ];
}
