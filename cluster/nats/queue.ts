/**
 * The queue over NATS: a work-queue stream, a subject and a durable pull consumer for each lane.
 *
 * Pulls are sent here and not by the client's consumers, since one wait is for the first of many lanes:
 * the hint that comes second must go back at once, also when it is already on its way, or it would lie
 * for as long as a hint may be silent. And `done` must be sent again when its answer is lost, which the
 * client's messages refuse.
 */
import { createInbox, errors, type Msg, nanos } from "@nats-io/transport-node";
import { BackboneError, type Hint, type WorkQueue } from "../backbone.ts";
import type { Connection } from "./connection.ts";
import { copyOf } from "./copy.ts";
import { backboneError, isMissing } from "./errors.ts";
import type { Plan } from "./plan.ts";

/** The longest that one pull stays open on the server, ms; then it is renewed, in case it was lost. */
const longestPull = 10_000;

/** How long to wait after a failed round before the next one, ms. */
const betweenRounds = 200;

/** Longest delay of a hint that is given back, ms: a day. */
const longestDelay = 86_400_000;

/** The queue of the plan. */
export class NatsQueue implements WorkQueue {
  /** Lanes whose consumer is known to be there, in the connection's life. */
  readonly #lanes = new Map<string, number>();

  constructor(
    private readonly connection: Connection,
    private readonly plan: Plan["queue"],
  ) {}

  async push(lane: string, payload: Uint8Array): Promise<void> {
    if (payload.length > this.connection.largestMessage) {
      throw new BackboneError(
        "too-large",
        `a hint of ${payload.length} bytes is too large; at most ${this.connection.largestMessage} fit`,
      );
    }
    const own = copyOf(payload);
    const { seq, duplicate } = await this.connection.call(
      `to push a hint into the lane ${lane}`,
      () => this.connection.jetStream.publish(this.plan.subject(lane), own),
    );
    if (duplicate) {
      // Hints have no message ids; a server that says so has not kept it.
      throw new BackboneError("unavailable", `the server took a hint of ${lane} for a repetition`);
    }
    this.connection.declaration.saw(this.plan.stream, seq);
  }

  async pull(
    lanes: readonly string[],
    { signal, patience }: { readonly signal: AbortSignal; readonly patience: number },
  ): Promise<Hint | undefined> {
    const deadline = performance.now() + patience;
    while (!signal.aborted) {
      const left = deadline - performance.now();
      const { state } = this.connection.link;
      if (state === "closed") throw new BackboneError("refused", "the backbone is closed");
      if (left <= 0) return undefined;
      if (state === "away" || lanes.length === 0) {
        await this.connection.changed(left, signal);
        continue;
      }
      try {
        const message = await this.#round(lanes, left, signal);
        if (message) return this.#hint(message);
      } catch (error) {
        const problem = backboneError("to pull a hint", error);
        if (!(problem instanceof BackboneError) || problem.kind !== "unavailable") throw problem;
        await this.connection.changed(Math.min(betweenRounds, left), signal);
      }
    }
    return undefined;
  }

  async waiting(lane: string): Promise<number> {
    return await this.connection.call(`to count the hints of the lane ${lane}`, async () => {
      const { manager } = this.connection;
      try {
        const { durable_name } = this.plan.consumer(lane);
        return (await manager.consumers.info(this.plan.stream, durable_name)).num_pending;
      } catch (error) {
        if (!isMissing(error)) throw error;
        // Nobody has pulled from it yet: all its hints are waiting.
        const subject = this.plan.subject(lane);
        const info = await manager.streams.info(this.plan.stream, { subjects_filter: subject });
        return info.state.subjects?.[subject] ?? 0;
      }
    });
  }

  /** Ask each lane in its turn; when none has a hint, wait for the first that gets one. */
  async #round(
    lanes: readonly string[],
    patience: number,
    signal: AbortSignal,
  ): Promise<Msg | undefined> {
    for (const lane of lanes) await this.#ensureConsumer(lane);
    for (const lane of lanes) {
      const message = await this.#ask(lane);
      if (message && signal.aborted) giveBack(message, 0);
      else if (message) return message;
      if (signal.aborted) return undefined;
    }
    return await this.#await(lanes, Math.min(patience, longestPull), signal);
  }

  async #ensureConsumer(lane: string): Promise<void> {
    const { life } = this.connection;
    if (this.#lanes.get(lane) === life) return;
    await this.connection.call(
      `to prepare the lane ${lane}`,
      () => this.connection.manager.consumers.add(this.plan.stream, this.plan.consumer(lane)),
    );
    this.#lanes.set(lane, life);
  }

  #nextSubject(lane: string): string {
    const { durable_name } = this.plan.consumer(lane);
    return `$JS.API.CONSUMER.MSG.NEXT.${this.plan.stream}.${durable_name}`;
  }

  /** The lane's next hint, if it has one now. */
  async #ask(lane: string): Promise<Msg | undefined> {
    const request = JSON.stringify({ batch: 1, no_wait: true });
    try {
      const message = await this.connection.call(
        `to pull from the lane ${lane}`,
        // A hint comes under its own subject, by which the client's shared inbox knows no request.
        () =>
          this.connection.nats.request(this.#nextSubject(lane), request, {
            timeout: askTime,
            noMux: true,
          }),
      );
      return isStatus(message) ? undefined : message;
    } catch (error) {
      if (isMissing(error)) this.#lanes.delete(lane);
      throw error;
    }
  }

  /** The first hint of any lane; the others go back. */
  async #await(
    lanes: readonly string[],
    patience: number,
    signal: AbortSignal,
  ): Promise<Msg | undefined> {
    const { nats } = this.connection;
    const inbox = createInbox(this.connection.inboxPrefix);
    const ending = new AbortController();
    let open = lanes.length;
    let first: Msg | undefined;
    let failure: Error | undefined;
    const subscription = nats.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (error) {
          failure = error;
          ending.abort();
        } else if (isStatus(message)) {
          if (message.headers?.code === 503) {
            this.#lanes.delete(lanes[Number(message.subject.slice(inbox.length + 1))]);
            failure = new errors.NoRespondersError(message.subject);
          }
          if (--open === 0) ending.abort();
        } else if (first || signal.aborted) {
          giveBack(message, 0);
        } else {
          first = message;
          ending.abort();
        }
      },
    });
    const request = JSON.stringify({ batch: 1, expires: nanos(Math.ceil(patience)) });
    lanes.forEach((lane, i) =>
      nats.publish(this.#nextSubject(lane), request, { reply: `${inbox}.${i}` })
    );
    // The server ends the pulls a little earlier, unless it has lost them.
    await this.connection.changed(patience + 500, AbortSignal.any([signal, ending.signal]));
    // Until the server has heard that nobody listens any more, hints may still be on their way.
    if (!nats.isClosed() && !subscription.isClosed()) {
      subscription.drain().catch(() => {
        // The connection is gone, and the pulls with it.
      });
    }
    if (!first && failure) throw failure;
    if (first && signal.aborted) {
      giveBack(first, 0);
      return undefined;
    }
    return first;
  }

  #hint(message: Msg): Hint {
    return {
      payload: copyOf(message.data),
      deliveries: deliveriesOf(message),
      working: () => this.#tell(message, "+WPI"),
      giveBack: (delay = 0) => {
        if (this.connection.link.state === "connected") giveBack(message, delay);
      },
      done: async () => {
        await this.connection.call(
          "to acknowledge a hint",
          () => this.connection.nats.request(message.reply!, "+ACK", { timeout: askTime }),
        );
      },
    };
  }

  #tell(message: Msg, what: string): void {
    if (this.connection.link.state === "connected") message.respond(what);
  }
}

/** How long the server may take for what it has at hand, ms. */
const askTime = 5_000;

/** Whether it is no hint but the server's word that there is none. */
function isStatus(message: Msg): boolean {
  return (message.headers?.code ?? 0) !== 0;
}

/** Back into the queue, for somebody else after `delay` ms. */
function giveBack(message: Msg, delay: number): void {
  const wait = Math.min(Math.max(Math.ceil(delay), 0), longestDelay);
  message.respond(wait === 0 ? "-NAK" : `-NAK ${JSON.stringify({ delay: nanos(wait) })}`);
}

/** The fifth part of "$JS.ACK.stream.consumer.deliveries.…", the seventh where a domain is in front. */
function deliveriesOf({ reply = "" }: Msg): number {
  const tokens = reply.split(".");
  return Number(tokens[tokens.length === 9 ? 4 : 6]);
}
