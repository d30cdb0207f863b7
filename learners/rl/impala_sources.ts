/**
 * Where the learner of IMPALA has its pieces from: its own hands, with weights of as many versions ago as it is
 * told, or actors that run ahead with the newest weights that they have.
 */
import type { Actors, PieceStream, PieceStreamOptions } from "../actors.ts";
import {
  encodeWeights,
  freshPieceOf,
  FreshRollOuts,
  type ImpalaWork,
  piecePlanOf,
  weightCount,
} from "./impala_pieces.ts";
import type { RollOutPiece, RollOutPlan } from "./roll_out.ts";
import {
  requireCount,
  restoreVectors,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** A piece, and how old the weights are that it was acted with. */
export interface ActedPiece {
  readonly piece: RollOutPiece;
  /** Versions of the weights that it is behind. */
  readonly lag: number;
}

/** Gives pieces; leaving its scope ends it. */
export interface PieceSource extends Disposable {
  /** Pieces that were too old, and dropped, so far. */
  readonly dropped: number;
  /**
   * Say what the weights are from now on, before each piece is taken.
   * @param version counts up by 1
   * @param weights see `impala_pieces.ts`; must not change any more
   */
  publish(version: number, weights: Float64Array): void;
  /** The next piece. */
  next(): Promise<ActedPiece>;
  /** What it needs to go on, copied. */
  save(): TrainingState;
  /** @throws {RangeError} when the state is not one of such a source */
  restore(state: TrainingState): void;
}

/**
 * Pieces done here, one for each version of the weights, the one of version v with those of v − lag: numbers
 * that do not depend on who is how fast.
 */
export class LaggedPieces implements PieceSource {
  readonly dropped = 0;
  readonly #rollOuts: FreshRollOuts;
  /** The weights of version v are in slot v mod (lag + 1). */
  readonly #past: Float64Array;
  readonly #size: number;
  #version = 0;

  /** @throws {RangeError} when the lag is no count */
  constructor(plan: RollOutPlan, readonly lag: number) {
    if (!(Number.isSafeInteger(lag) && lag >= 0)) {
      throw new RangeError(`a lag of ${lag} versions; it should be an integer from 0`);
    }
    this.#rollOuts = new FreshRollOuts(plan);
    this.#size = weightCount(plan.policy);
    this.#past = new Float64Array((lag + 1) * this.#size);
  }

  publish(version: number, weights: Float64Array): void {
    this.#version = version;
    this.#slot(version).set(weights);
  }

  next(): Promise<ActedPiece> {
    const acting = Math.max(this.#version - this.lag, 0);
    const piece = this.#rollOuts.perform(this.#version, this.#slot(acting));
    return Promise.resolve({ piece, lag: this.#version - acting });
  }

  save(): TrainingState {
    return { tensors: savedVectors({ pastWeights: this.#past }), counts: {} };
  }

  restore(state: TrainingState): void {
    restoreVectors(state, { pastWeights: this.#past });
  }

  [Symbol.dispose](): void {}

  #slot(version: number): Float64Array {
    const start = version % (this.lag + 1) * this.#size;
    return this.#past.subarray(start, start + this.#size);
  }
}

/** How many pieces may be on their way, and how old they may be. */
export type StreamLimits = Pick<PieceStreamOptions, "largestLag" | "room">;

/** Pieces done by actors, as they come; those that are too old are dropped. */
export class StreamedPieces implements PieceSource {
  readonly #plan: RollOutPlan;
  #stream?: PieceStream;
  /** The number of the first piece that nobody has asked for before this stream. */
  #firstPiece = 0;
  /** One more than the largest number that has been taken. */
  #nextPiece = 0;
  /** Before this stream. */
  #droppedBefore = 0;

  constructor(
    readonly actors: Pick<Actors, "stream">,
    readonly work: Omit<ImpalaWork, "firstPiece">,
    readonly limits: StreamLimits,
  ) {
    this.#plan = piecePlanOf(work);
  }

  get dropped(): number {
    return this.#droppedBefore + (this.#stream?.counters.dropped ?? 0);
  }

  publish(_version: number, weights: Float64Array): void {
    const bytes = encodeWeights(weights);
    if (this.#stream) {
      this.#stream.publish(bytes);
      return;
    }
    this.#firstPiece = this.#nextPiece;
    const work = { ...this.work, firstPiece: this.#firstPiece };
    this.#stream = this.actors.stream(work, { ...this.limits, stale: "drop" }, bytes);
  }

  /** @throws {Error} before the first publication */
  async next(): Promise<ActedPiece> {
    if (!this.#stream) {
      throw new Error("a piece was asked for before there were weights to act with");
    }
    const { number, tensors, lag } = await this.#stream.next();
    this.#nextPiece = Math.max(this.#nextPiece, this.#firstPiece + number + 1);
    return { piece: freshPieceOf(tensors, this.#plan), lag };
  }

  save(): TrainingState {
    return { tensors: {}, counts: { nextPiece: this.#nextPiece, droppedPieces: this.dropped } };
  }

  restore({ counts }: TrainingState): void {
    this[Symbol.dispose]();
    this.#nextPiece = requireCount(counts, "nextPiece");
    this.#droppedBefore = requireCount(counts, "droppedPieces");
  }

  [Symbol.dispose](): void {
    this.#stream?.[Symbol.dispose]();
    this.#stream = undefined;
  }
}
