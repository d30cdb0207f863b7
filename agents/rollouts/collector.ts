/**
 * Synchronous collection: all pieces of a piece of work, done with the same weights by whoever is there.
 * The numbers do not depend on how many actors there are, on the order in which pieces arrive, or on
 * actors that die on the way.
 */
import type { Exchange } from "./exchange.ts";
import type { Order } from "./order_book.ts";
import type { Piece, PieceContents } from "./piece.ts";
import type { RolloutWork } from "./work.ts";

/** A batch to collect. */
export interface CollectRequest {
  readonly work: RolloutWork;
  /** How many pieces: those of the numbers 0 … pieces − 1. */
  readonly pieces: number;
  /** A safetensors file; it must not change any more. Absent for a controller without weights. */
  readonly weights?: Uint8Array;
  /**
   * Whether this thread does pieces as well, as it would only wait otherwise. If not, it does those that
   * no actor can do.
   */
  readonly help: boolean;
}

/** Collects batches over an exchange, one after the other. */
export class Collector {
  #last: Promise<unknown> = Promise.resolve();

  constructor(readonly exchange: Exchange) {}

  /**
   * All pieces, by number.
   * @throws what is wrong with a piece, wherever it was noticed
   */
  collect(request: CollectRequest): Promise<PieceContents[]> {
    const mine = this.#last.then(() => collectNow(this.exchange, request));
    this.#last = mine.catch(() => {});
    return mine;
  }
}

async function collectNow(
  exchange: Exchange,
  { work, pieces, weights, help }: CollectRequest,
): Promise<PieceContents[]> {
  const version = weights && exchange.publishWeights(weights);
  const batch = new Batch(work, pieces, version);
  exchange.begin(batch);
  try {
    while (!batch.complete) await exchange.proceed(help);
    return batch.contents;
  } finally {
    exchange.end();
  }
}

/** Pieces of a known number, all with the same weights. */
class Batch implements Order {
  readonly contents: PieceContents[] = [];
  #drawn = 0;
  #taken = 0;

  constructor(readonly work: RolloutWork, readonly pieces: number, readonly version?: number) {}

  get complete(): boolean {
    return this.#taken === this.pieces;
  }

  weights() {
    const { version } = this;
    return version === undefined ? undefined : { least: version, newest: version, exactly: true };
  }

  draw(): number | undefined {
    return this.#drawn < this.pieces ? this.#drawn++ : undefined;
  }

  take({ piece, tensors, labels }: Piece): void {
    this.contents[piece] = { tensors, labels };
    this.#taken++;
  }
}
