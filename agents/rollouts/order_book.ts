/**
 * Which pieces of an order have been asked for, of whom, and which have to be asked for again. Numbers
 * only: it knows nothing of the bus, and time is whatever its caller says.
 */
import type { WeightsWanted } from "./messages.ts";
import type { Piece } from "./piece.ts";
import type { RolloutWork } from "./work.ts";

/** Pieces that are wanted. */
export interface Order {
  readonly work: RolloutWork;
  /** Which weights will do now; undefined for a controller without weights. */
  weights(): WeightsWanted | undefined;
  /** The next piece that nobody has been asked for yet; undefined when no more are wanted now. */
  draw(): number | undefined;
  /** It has come, for the first time. */
  take(piece: Piece): void;
}

/** A piece that an actor has been asked for. */
interface AskedPiece {
  readonly actor: string;
  /** Since when it could have been at work on it, ms. */
  since: number;
}

/** Beyond so many doublings patience does not grow. */
const mostDoublings = 4;

/** The books of one order. */
export class OrderBook {
  readonly #asked = new Map<number, AskedPiece>();
  /** What each actor has been asked for, in that order. */
  readonly #owed = new Map<string, Set<number>>();
  readonly #again = new Set<number>();
  readonly #refused = new Set<number>();
  /** How often a piece has been waited for in vain. */
  readonly #waited = new Map<number, number>();

  constructor(readonly number: number, readonly order: Order) {}

  /** Pieces that actors have been asked for and not brought yet. */
  get outstanding(): number {
    return this.#asked.size;
  }

  /** Whether there is a piece that an actor could not do. */
  get hasRefused(): boolean {
    return this.#refused.size > 0;
  }

  /** How many pieces the actor has been asked for and not brought yet. */
  owedBy(actor: string): number {
    return this.#owed.get(actor)?.size ?? 0;
  }

  /** A piece to ask for: one that has to be asked for again before a new one. */
  next(): number | undefined {
    return first(this.#again) ?? this.order.draw();
  }

  /**
   * A piece to do here: one that was refused, before one that is to be asked for.
   * @param asked whether a piece will do as well that somebody has been asked for
   */
  nextHere(asked: boolean): number | undefined {
    const piece = first(this.#refused) ?? this.next() ??
      (asked ? first(this.#asked.keys()) : undefined);
    // If it should not get done here either, it is not forgotten.
    if (piece !== undefined && !this.isOpen(piece)) this.#again.add(piece);
    return piece;
  }

  /** The actor has been asked for the piece. */
  ask(piece: number, actor: string, now: number): void {
    this.#again.delete(piece);
    this.#asked.set(piece, { actor, since: now });
    const owed = this.#owed.get(actor) ?? new Set();
    this.#owed.set(actor, owed.add(piece));
  }

  /** Whether a piece of this number is still wanted. */
  isOpen(piece: number): boolean {
    return this.#asked.has(piece) || this.#again.has(piece) || this.#refused.has(piece);
  }

  /** Whether this is a piece that is wanted, done with weights that will do. */
  wants({ order, piece, weights }: Piece): boolean {
    const wanted = this.order.weights();
    const fits = !wanted?.exactly || weights === wanted.newest;
    return order === this.number && fits && this.isOpen(piece);
  }

  /** The piece has come. */
  take(piece: Piece): void {
    const { piece: number } = piece;
    this.#release(number);
    for (const numbers of [this.#again, this.#refused, this.#waited]) numbers.delete(number);
    this.order.take(piece);
  }

  /**
   * The actor has brought the piece: what it was asked for before is lost, for actors do pieces in
   * order; and the next one it has only begun now.
   * @returns how many are lost
   */
  brought(piece: number, actor: string, now: number): number {
    const owed = this.#owed.get(actor);
    if (!owed?.has(piece)) return 0;
    const before = [...owed].slice(0, [...owed].indexOf(piece));
    for (const earlier of before) this.#putBack(earlier);
    for (const later of owed) this.#asked.get(later)!.since = now;
    return before.length;
  }

  /**
   * The actors of pieces that have been waited for in vain: for `patience` ms, twice as long after each
   * time.
   */
  overdue(now: number, patience: number): string[] {
    const actors = new Set<string>();
    for (const [piece, { actor, since }] of this.#asked) {
      const times = this.#waited.get(piece) ?? 0;
      if (now - since < patience * 2 ** Math.min(times, mostDoublings)) continue;
      this.#waited.set(piece, times + 1);
      actors.add(actor);
    }
    return [...actors];
  }

  /**
   * The actor is not expected to bring anything any more.
   * @returns how many pieces have to be asked for again
   */
  takeBack(actor: string): number {
    const owed = [...this.#owed.get(actor) ?? []];
    for (const piece of owed) this.#putBack(piece);
    this.#owed.delete(actor);
    return owed.length;
  }

  /** An actor cannot do the piece; no other one is asked for it. */
  refuse(piece: number): void {
    if (!this.isOpen(piece)) return;
    this.#release(piece);
    this.#again.delete(piece);
    this.#refused.add(piece);
  }

  #putBack(piece: number): void {
    this.#release(piece);
    this.#again.add(piece);
  }

  #release(piece: number): void {
    const asked = this.#asked.get(piece);
    if (!asked) return;
    this.#asked.delete(piece);
    this.#owed.get(asked.actor)?.delete(piece);
  }
}

const first = (numbers: Iterable<number>): number | undefined =>
  numbers[Symbol.iterator]().next().value;
