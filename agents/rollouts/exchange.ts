/**
 * The trainer's side of distributed roll-outs: finds actors, hands out pieces of work, takes in what they
 * bring, and asks again for what is lost. `collector.ts` and `stream.ts` say which pieces are wanted.
 *
 * Flow control: an actor sends a piece only when it has been asked for it, and is asked for at most
 * `credit` pieces at a time. Nothing is asked for that there is no room for, so a trainer that does not
 * take pieces slows its actors down, and nothing is queued without bound.
 *
 * The bus may lose, repeat, delay and reorder. A piece is taken once, by its number. It is asked for again
 * - when its actor brings one that it was asked for later: actors do pieces in order, so it was lost;
 * - when nothing is heard of it for a while, twice as long after each time;
 * - when its actor says that it leaves, or is silent for too long.
 */
import type { Bus, Subscription } from "../../cluster/bus.ts";
import { DeadLetters } from "../../cluster/dead_letters.ts";
import { Breathing } from "../breathe.ts";
import { ListeningClock } from "./listening_clock.ts";
import {
  decodeFromActor,
  encodeRolloutMessage,
  type FromActor,
  ownBuild,
  requireIdentifier,
  rolloutSubjects,
  type ToActor,
} from "./messages.ts";
import { type Order, OrderBook } from "./order_book.ts";
import { Performer } from "./performer.ts";
import { decodePiece, encodePiece, type Piece } from "./piece.ts";
import { splitWeights, type VersionedWeights } from "./weights_parts.ts";

/** How an exchange is set up. */
export interface ExchangeOptions {
  /** Stands in its subjects; no two exchanges that there ever are may have the same. */
  readonly id: string;
  /** How many actors are wanted; 0 for none: all is done here. */
  readonly actors: number;
  /** Pieces that an actor may have been asked for and not brought yet; default 2. */
  readonly credit?: number;
  /** Silence after which a piece is asked for again the first time, ms; default 5000. */
  readonly patience?: number;
  /** Where messages go that cannot be read; unless given, its own. */
  readonly letters?: DeadLetters;
}

/** What an exchange has counted. */
export interface ExchangeCounters {
  /** Pieces that actors were asked for, each time that they were. */
  asked: number;
  /** Times that a piece had to be asked for again. */
  askedAgain: number;
  /** Pieces that actors have brought and that were wanted. */
  received: number;
  /** Pieces that came after they had come already, or after their order had ended. */
  repeated: number;
  /** Pieces that were done here. */
  doneHere: number;
  /** Pieces that an actor could not do. */
  failed: number;
  actorsJoined: number;
  /** Actors that were silent for too long. */
  actorsLost: number;
  /** Bytes of the pieces that were received. */
  bytes: number;
}

interface KnownActor {
  /** When it was last heard of, on the listening clock. */
  heard: number;
  /** Whether a piece of its has been waited for in vain since then. */
  silent: boolean;
}

interface PublishedWeights {
  readonly bytes: Uint8Array;
  /** When they were last sent, on this process's own clock, ms. */
  sent: number;
}

const usualCredit = 2;
const usualPatience = 5000;
const announceEvery = 500;
/** Longest time without looking at messages while pieces are done here, ms. */
const breatheEvery = 20;
const ticksOfPatience = 10;
const longestTick = 250;
/** An actor that is silent for so many patiences is given up. */
const lostAfter = 4;
/** Weights that actors may still ask for. */
const keptWeights = 2;
/** Time in which the same weights are not sent again, ms: all actors hear the answer to one of them. */
const weightsPause = 100;

/** The id of a new exchange of `owner`: another one after a restart, whose actors may still be about. */
export function exchangeId(owner: string): string {
  return `${owner}-${crypto.randomUUID().slice(0, 8)}`;
}

/** Hands out pieces of work to actors. */
export class Exchange implements Disposable {
  readonly counters: ExchangeCounters = {
    asked: 0,
    askedAgain: 0,
    received: 0,
    repeated: 0,
    doneHere: 0,
    failed: 0,
    actorsJoined: 0,
    actorsLost: 0,
    bytes: 0,
  };
  readonly #bus: Bus;
  readonly #id: string;
  readonly #wanted: number;
  readonly #credit: number;
  readonly #patience: number;
  readonly #performer = new Performer();
  readonly #breathing = new Breathing(breatheEvery);
  readonly #actors = new Map<string, KnownActor>();
  /** Actors that could not do a piece: they are not taken again. */
  readonly #unfit = new Set<string>();
  readonly #weights = new Map<number, PublishedWeights>();
  readonly #clock: ListeningClock;
  readonly #subscriptions: readonly Subscription[] = [];
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #book: OrderBook | undefined;
  #orders = 0;
  #version = 0;
  #announced = 0;
  /** Resolves when a piece has come, or an actor has come, gone or failed. */
  #news = Promise.withResolvers<void>();
  #closed = false;

  /** @throws {RangeError} when an option is out of its range */
  constructor(bus: Bus, options: ExchangeOptions) {
    const { id, actors, credit = usualCredit, patience = usualPatience } = options;
    const { letters = new DeadLetters({ bus, from: id }) } = options;
    requireIdentifier("the id", id);
    requireCount("actors", actors, 0);
    requireCount("credit", credit, 1);
    if (!(patience > 0)) throw new RangeError(`a patience of ${patience} ms; it must be positive`);
    this.#bus = bus;
    this.#id = id;
    this.#wanted = actors;
    this.#credit = credit;
    this.#patience = patience;
    this.#clock = new ListeningClock(Math.min(patience / ticksOfPatience, longestTick));
    if (actors === 0) return;
    const messages = rolloutSubjects.actors(id);
    const pieces = rolloutSubjects.pieces(id);
    const decode = (payload: Uint8Array) => ({ ...decodePiece(payload), bytes: payload.length });
    this.#subscriptions = [
      bus.subscribe(
        messages,
        letters.reader(messages, decodeFromActor, (said) => this.#hear(said)),
      ),
      bus.subscribe(pieces, letters.reader(pieces, decode, (piece) => this.#receive(piece))),
    ];
    this.#announce();
    this.#timer = setInterval(() => this.#tick(), this.#clock.interval);
  }

  /** How many actors there are now. */
  get actors(): number {
    return this.#actors.size;
  }

  /** The version of the newest weights; 0 before the first. */
  get version(): number {
    return this.#version;
  }

  /** Pieces that actors have been asked for and not brought yet. */
  get outstanding(): number {
    return this.#book?.outstanding ?? 0;
  }

  /**
   * Give the actors new weights.
   * @param bytes a safetensors file; it must not change any more
   * @returns their version, one more than the last; that of the same array of bytes stays
   */
  publishWeights(bytes: Uint8Array): number {
    for (const [version, known] of this.#weights) if (known.bytes === bytes) return version;
    this.#weights.set(++this.#version, { bytes, sent: -Infinity });
    while (this.#weights.size > keptWeights) {
      this.#weights.delete(this.#weights.keys().next().value!);
    }
    this.#sendWeights(this.#version);
    return this.#version;
  }

  /**
   * Begin to hand out the pieces of `order`. One order at a time.
   * @throws {Error} while there is another one, or after the end
   */
  begin(order: Order): void {
    if (this.#closed) throw new Error("the exchange has been closed");
    if (this.#book) throw new Error("the exchange has an order already; end it first");
    this.#book = new OrderBook(++this.#orders, order);
    this.deal();
  }

  /** No more pieces of the order are wanted; those on their way are dropped. */
  end(): void {
    this.#book = undefined;
  }

  /** Ask for as many pieces as are wanted and actors have credit for. */
  deal(): void {
    const book = this.#book;
    if (!book) return;
    const dealt = new Map<string, number[]>();
    for (;;) {
      const actor = this.#leastBusy(book);
      const piece = actor === undefined ? undefined : book.next();
      if (actor === undefined || piece === undefined) break;
      book.ask(piece, actor, this.#clock.time);
      this.counters.asked++;
      dealt.set(actor, [...dealt.get(actor) ?? [], piece]);
    }
    const { number: order, order: { work } } = book;
    for (const [actor, pieces] of dealt) {
      this.#tell(actor, { type: "assignment", order, work, pieces, weights: book.order.weights() });
    }
  }

  /**
   * Wait until something has changed, or do a piece here.
   * @param help whether a piece is done here although an actor could do it
   * @throws what is wrong with the piece
   * @throws {Error} once the exchange has been closed
   */
  async proceed(help: boolean): Promise<void> {
    if (this.#closed) throw new Error("the exchange was closed before all pieces had come");
    const news = this.#news.promise;
    const performed = (help || this.#needsHelp) && this.#performHere();
    await (performed ? this.#breathing.whenDue() : news);
  }

  /** Let all actors go. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.end();
    clearInterval(this.#timer);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    for (const name of this.#actors.keys()) this.#tell(name, { type: "released" });
    this.#actors.clear();
    this.#changed();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether a piece has to be done here, as there is no actor that can do it. */
  get #needsHelp(): boolean {
    const answering = [...this.#actors.values()].some(({ silent }) => !silent);
    return !answering || this.#book?.hasRefused === true;
  }

  /**
   * Do one piece here: one that no actor could do, one that is waiting, or, where no actor answers, one
   * that was asked for.
   * @returns whether there was one
   * @throws what is wrong with the piece
   */
  #performHere(): boolean {
    const book = this.#book;
    const piece = book?.nextHere(this.#needsHelp);
    if (!book || piece === undefined) return false;
    const wanted = book.order.weights();
    const weights = wanted && this.#weightsOf(wanted.newest);
    const contents = this.#performer.perform(book.order.work, piece, weights);
    // By way of its bytes: a piece is the same wherever it was done.
    const done = encodePiece({
      ...contents,
      actor: this.#id,
      order: book.number,
      piece,
      weights: weights?.version ?? 0,
    });
    this.counters.doneHere++;
    this.#take(book, decodePiece(done));
    return true;
  }

  #tell(actor: string, message: ToActor): void {
    this.#bus.publish(rolloutSubjects.actor(this.#id, actor), encodeRolloutMessage(message));
  }

  #changed(): void {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers();
    resolve();
  }

  #announce(): void {
    this.#announced = this.#clock.time;
    const wanted = this.#wanted - this.#actors.size;
    const build = ownBuild();
    const message = encodeRolloutMessage({ type: "announcement", id: this.#id, wanted, build });
    this.#bus.publish(rolloutSubjects.announcements, message);
  }

  #tick(): void {
    this.#clock.tick();
    const now = this.#clock.time;
    if (now - this.#announced >= Math.min(announceEvery, this.#patience)) this.#announce();
    for (const name of this.#book?.overdue(now, this.#patience) ?? []) {
      this.#actors.get(name)!.silent = true;
      this.#takeBack(name);
    }
    for (const [name, { heard }] of this.#actors) {
      if (now - heard < lostAfter * this.#patience) continue;
      this.counters.actorsLost++;
      this.#forget(name);
    }
    this.deal();
  }

  #hear(message: FromActor): void {
    const { actor } = message;
    this.#heardOf(actor);
    switch (message.type) {
      case "offer":
        return this.#engage(actor);
      case "present":
        return this.#actors.has(actor) ? undefined : this.#tell(actor, { type: "released" });
      case "lacking":
        return this.#sendWeights(
          this.#weights.has(message.version) ? message.version : this.#version,
        );
      case "leaving":
        return this.#forget(actor);
      case "failed":
        return this.#hearOfFailure(message);
    }
  }

  #engage(actor: string): void {
    if (!this.#actors.has(actor)) {
      const taken = this.#actors.size < this.#wanted && !this.#unfit.has(actor);
      if (!taken) return this.#tell(actor, { type: "released" });
      this.#actors.set(actor, { heard: this.#clock.time, silent: false });
      this.counters.actorsJoined++;
      this.#changed();
    }
    this.#tell(actor, { type: "accepted" });
    // Whoever comes new has no weights yet.
    this.#sendWeights(this.#version);
    this.deal();
  }

  /** What an actor could not do is done here: either it works, or it shows what is wrong with it. */
  #hearOfFailure({ actor, order, piece }: Extract<FromActor, { type: "failed" }>): void {
    this.counters.failed++;
    this.#unfit.add(actor);
    if (this.#book?.number === order) this.#book.refuse(piece);
    this.#forget(actor);
  }

  #heardOf(name: string): void {
    const actor = this.#actors.get(name);
    if (!actor) return;
    actor.heard = this.#clock.time;
    if (!actor.silent) return;
    actor.silent = false;
    this.deal();
  }

  #receive({ bytes, ...piece }: Piece & { readonly bytes: number }): void {
    this.#heardOf(piece.actor);
    const book = this.#book;
    if (book?.number === piece.order) {
      this.counters.askedAgain += book.brought(piece.piece, piece.actor, this.#clock.time);
    }
    if (!book?.wants(piece)) {
      this.counters.repeated++;
      return;
    }
    this.counters.received++;
    this.counters.bytes += bytes;
    this.#take(book, piece);
  }

  #take(book: OrderBook, piece: Piece): void {
    book.take(piece);
    this.deal();
    this.#changed();
  }

  #takeBack(actor: string): void {
    this.counters.askedAgain += this.#book?.takeBack(actor) ?? 0;
    this.#changed();
  }

  #forget(actor: string): void {
    if (!this.#actors.delete(actor)) return;
    this.#takeBack(actor);
    this.#tell(actor, { type: "released" });
    this.deal();
  }

  /** The actor with the most credit left. */
  #leastBusy(book: OrderBook): string | undefined {
    let least: { readonly name: string; readonly owed: number } | undefined;
    for (const [name, { silent }] of this.#actors) {
      const owed = book.owedBy(name);
      if (!silent && owed < (least?.owed ?? this.#credit)) least = { name, owed };
    }
    return least?.name;
  }

  #sendWeights(version: number): void {
    const known = this.#weights.get(version);
    if (!known || this.#wanted === 0 || performance.now() - known.sent < weightsPause) return;
    known.sent = performance.now();
    for (const part of splitWeights({ version, bytes: known.bytes })) {
      this.#bus.publish(rolloutSubjects.weights(this.#id), part);
    }
  }

  #weightsOf(version: number): VersionedWeights | undefined {
    const known = this.#weights.get(version);
    return known && { version, bytes: known.bytes };
  }
}

function requireCount(what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${what} is ${value}; it must be an integer of at least ${least}`);
}
