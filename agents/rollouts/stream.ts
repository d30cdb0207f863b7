/**
 * Asynchronous collection: actors run ahead with the newest weights that they have, and the trainer takes
 * pieces as it needs them. A piece's lag is the number of versions that its weights are behind the
 * trainer's when it is handed over; pieces whose lag is too large are dropped, or handed over marked, for
 * a learner that corrects for it (V-trace: Espeholt et al. 2018, IMPALA).
 */
import type { Exchange } from "./exchange.ts";
import type { WeightsWanted } from "./messages.ts";
import type { Order } from "./order_book.ts";
import type { Piece } from "./piece.ts";
import type { RolloutWork } from "./work.ts";

/** How a stream is set up. */
export interface StreamOptions {
  readonly work: RolloutWork;
  /** The largest lag of a piece that is not stale, in versions of the weights. */
  readonly largestLag: number;
  /** What becomes of stale pieces. */
  readonly stale: "drop" | "mark";
  /** Pieces that may be asked for or waiting to be taken, all together. */
  readonly room: number;
}

/** A piece as it is handed over. */
export interface StreamedPiece {
  readonly piece: Piece;
  /** Versions of the weights that it is behind. */
  readonly lag: number;
  readonly stale: boolean;
}

/** What a stream has counted: every piece that came is in one of the first three, or waits. */
export interface StreamCounters {
  /** Pieces handed over that were not stale. */
  fresh: number;
  /** Stale pieces handed over, marked. */
  marked: number;
  /** Stale pieces dropped. */
  dropped: number;
  /** How many pieces were handed over with each lag. */
  readonly lags: number[];
  /** The most pieces that have waited to be taken at once. */
  mostWaiting: number;
}

/** Pieces without end over an exchange, which it has to itself. */
export class RolloutStream implements Disposable {
  readonly counters: StreamCounters = {
    fresh: 0,
    marked: 0,
    dropped: 0,
    lags: [],
    mostWaiting: 0,
  };
  readonly #waiting: Piece[] = [];
  #drawn = 0;
  /** Pieces that have been drawn and neither taken nor dropped. */
  #open = 0;

  /**
   * @param weights the first ones: a safetensors file that must not change any more
   * @throws {RangeError} when an option is out of its range
   */
  constructor(
    readonly exchange: Exchange,
    readonly options: StreamOptions,
    weights: Uint8Array,
  ) {
    const { largestLag, room } = options;
    if (!(Number.isSafeInteger(largestLag) && largestLag >= 0)) {
      throw new RangeError(`a largest lag of ${largestLag} versions; it must be an integer from 0`);
    }
    if (!(Number.isSafeInteger(room) && room >= 1)) {
      throw new RangeError(`room for ${room} pieces; it must be an integer of at least 1`);
    }
    exchange.publishWeights(weights);
    exchange.begin(this.#order());
  }

  /** Pieces that have come and wait to be taken. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Give the actors new weights; pieces that have become stale by it are dropped, if stale ones are.
   * @param weights a safetensors file that must not change any more
   */
  publish(weights: Uint8Array): void {
    this.exchange.publishWeights(weights);
    this.#dropStale();
    this.exchange.deal();
  }

  /**
   * The next piece; done here where there is no actor.
   * @throws what is wrong with a piece
   */
  async next(): Promise<StreamedPiece> {
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece) return this.#handOver(piece);
      await this.exchange.proceed(false);
    }
  }

  /** Take no more. The exchange stays. */
  close(): void {
    this.exchange.end();
    this.#waiting.length = 0;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #order(): Order {
    return {
      work: this.options.work,
      weights: () => this.#weightsWanted(),
      draw: () => {
        if (this.#open >= this.options.room) return undefined;
        this.#open++;
        return this.#drawn++;
      },
      take: (piece) => {
        this.#waiting.push(piece);
        this.#dropStale();
        this.counters.mostWaiting = Math.max(this.counters.mostWaiting, this.#waiting.length);
      },
    };
  }

  #weightsWanted(): WeightsWanted {
    const { version: newest } = this.exchange;
    const { largestLag, stale } = this.options;
    const least = stale === "drop" ? Math.max(newest - largestLag, 0) : 0;
    return { least, newest, exactly: false };
  }

  #lagOf({ weights }: Piece): number {
    return this.exchange.version - weights;
  }

  #isStale(piece: Piece): boolean {
    return this.#lagOf(piece) > this.options.largestLag;
  }

  #dropStale(): void {
    if (this.options.stale !== "drop") return;
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      if (!this.#isStale(this.#waiting[i])) continue;
      this.#waiting.splice(i, 1);
      this.counters.dropped++;
      this.#open--;
    }
  }

  #handOver(piece: Piece): StreamedPiece {
    const lag = this.#lagOf(piece);
    const stale = this.#isStale(piece);
    this.counters[stale ? "marked" : "fresh"]++;
    this.counters.lags[lag] = (this.counters.lags[lag] ?? 0) + 1;
    this.#open--;
    // There is room again: the credit goes back to an actor.
    this.exchange.deal();
    return { piece, lag, stale };
  }
}
