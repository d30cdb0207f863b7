/**
 * Actors, as a job sees them: whoever does pieces of work for it, in this process or elsewhere. A piece is a
 * function of the work, of the weights and of its number alone, so it does not matter who does it, when, or how
 * often. Who the actors are, and how work and pieces get to them and back, is the business of those that run
 * the job.
 */
import type { SavedTensor } from "./method.ts";

/** What pieces are of, as JSON: which kinds there are, and what belongs to each, `rl/actor_works.ts` says. */
export interface Work {
  readonly kind: string;
}

/** What a piece has brought: numbers by name, with the bits that they were made with. */
export type PieceTensors = Readonly<Record<string, SavedTensor>>;

/**
 * The most bytes of a piece, its names and shapes included: what fits into one message on NATS, whose limit is
 * 1 MiB unless the server says otherwise.
 */
export const largestPiece = 1_000_000;

/** Those who do pieces of work for a job. One batch, or one stream, at a time. */
export interface Actors {
  /**
   * All pieces of the numbers 0 … pieces − 1, in order, with the same weights; this thread does some of them
   * rather than wait.
   * @param weights a safetensors file; it must not change any more
   * @throws {z.ZodError} when there is no such work
   * @throws {RangeError} when a piece is larger than `largestPiece`
   */
  collect(
    work: Work,
    weights: Uint8Array,
    pieces: number,
  ): Promise<readonly PieceTensors[]>;
  /**
   * Pieces without end, of the numbers 0, 1, …, with the newest weights that whoever does them has.
   * @param weights the first ones
   * @throws {RangeError} when an option is out of its range
   */
  stream(work: Work, options: PieceStreamOptions, weights: Uint8Array): PieceStream;
}

/** How a stream is set up. */
export interface PieceStreamOptions {
  /** The largest lag of a piece that is not stale, in versions of the weights, from 0. */
  readonly largestLag: number;
  /** What becomes of stale pieces. */
  readonly stale: "drop" | "mark";
  /** Pieces that may be asked for or waiting to be taken, all together, at least 1. */
  readonly room: number;
}

/** A piece as it is handed over. */
export interface StreamedTensors {
  readonly number: number;
  readonly tensors: PieceTensors;
  /** Versions that its weights are behind the newest ones. */
  readonly lag: number;
  readonly stale: boolean;
}

/** What a stream has counted: every piece that came is in one of the first three, or waits. */
export interface PieceStreamCounters {
  /** Pieces handed over that were not stale. */
  readonly fresh: number;
  /** Stale pieces handed over, marked. */
  readonly marked: number;
  /** Stale pieces dropped. */
  readonly dropped: number;
  /** How many pieces were handed over with each lag; holes where none was. */
  readonly lags: readonly number[];
  /** The most pieces that have waited to be taken at once. */
  readonly mostWaiting: number;
}

/** Pieces as they come. Leaving its scope ends it. */
export interface PieceStream extends Disposable {
  readonly counters: PieceStreamCounters;
  /** The next piece; done by this thread where there is no actor. */
  next(): Promise<StreamedTensors>;
  /** Give the actors new weights: a safetensors file that must not change any more. */
  publish(weights: Uint8Array): void;
}
