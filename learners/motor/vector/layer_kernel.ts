/**
 * The activity terms of a layer, and the way of its cotangents through callosum and cells, in single
 * precision, as WebAssembly: for all streams and losses in one pass over the layer's units.
 */
import { Code, four, i32 } from "../../../sim/webassembly/code.ts";
import { bits, f32x4 } from "../../../sim/webassembly/vector.ts";
import type { CellName } from "../../../controllers/cells.ts";
import { cellPullBacks, type PullCells } from "./cell_kernels.ts";
import type { Crossing } from "./exchange.ts";
import {
  type Address,
  eachColumn,
  eachRow,
  LaneSum,
  type Vector,
} from "../../nn/vector/instructions.ts";
import { type LossPlaces, plus, scaleOf } from "./loss_kernels.ts";

/** Where a layer's cotangents lie, for all losses and streams. */
export interface LayerPlaces {
  readonly streams: number;
  /** Units of a stream. */
  readonly width: number;
  /** Bytes from one stream to the next one, and from one loss to the next one. */
  readonly streamBytes: number;
  readonly lossBytes: number;
  /** Address of the cotangents of what a stream's next layer received. */
  readonly entering: number;
  readonly cells: CellName;
  /** Address where the cotangents of the layer's arguments are written, and bytes to the next loss's. */
  readonly delta: number;
  readonly deltaBytes: number;
}

/** What has come over the callosum to a vector of a loss's cotangents, if anything has. */
type Crossed = (loss: number) => Vector | undefined;

const nothing: Crossed = () => undefined;

/**
 * The activity terms of a layer at one step; the cotangents of what the next layer received become those
 * of this layer's arguments, over the callosum (by `crossing`) and through its cells.
 *
 * Parameters: addresses of the layer's activities now, one step before and one step after; at the ends of
 * the trial, where there is no such step, those of now. Then what its cells ask for (`cell_kernels.ts`).
 */
export function layerKernel(places: LossPlaces, layer: LayerPlaces, crossing: Crossing): Code {
  const { parameters } = cellPullBacks[layer.cells];
  const code = new Code(Array.from({ length: 3 + parameters }, () => "i32" as const));
  const units = new UnitWriter(code, places, layer);
  for (let stream = 0; stream < layer.streams; stream++) {
    switch (crossing) {
      case "none":
        units.rows(stream, 0, layer.width, () => nothing);
        break;
      case "identity":
        units.rows(stream, 0, layer.width, (unit) => (loss) => units.sent(stream, loss, unit, 0));
        break;
      case "maxpool-pad":
        writePairs(code, units, places, layer, stream);
    }
  }
  units.finish();
  return code;
}

/** Pairs of units, of which the larger one was sent to the other stream; then a last odd unit. */
function writePairs(
  code: Code,
  units: UnitWriter,
  { losses, rowBytes }: LossPlaces,
  { width, streamBytes }: LayerPlaces,
  stream: number,
): void {
  const pairs = Math.floor(width / 2);
  const firstTarget = width - pairs;
  eachRow(code, pairs, rowBytes, (pair) =>
    eachColumn(code, rowBytes, (column) => {
      const start = i32.add(i32.constant(stream * streamBytes), column);
      const first = code.keep(i32.add(i32.add(pair, pair), start));
      const second = code.keep(i32.add(first, i32.constant(rowBytes)));
      const target = code.keep(i32.add(pair, column));
      const secondIsLarger = code.keep(f32x4.less(units.activity(first), units.activity(second)));
      const sent = losses.map((_, loss) =>
        code.keep(units.sent(stream, loss, target, firstTarget * rowBytes))
      );
      units.write(stream, first, column, (loss) => bits.andNot(sent[loss], secondIsLarger));
      units.write(stream, second, column, (loss) => bits.and(sent[loss], secondIsLarger));
    }));
  units.rows(stream, 2 * pairs, width, () => nothing);
}

/** Writes what is done with each vector of units. */
class UnitWriter {
  readonly #now: Address;
  readonly #before: Address;
  readonly #after: Address;
  readonly #squares: LaneSum;
  readonly #changes: LaneSum;
  readonly #pull: PullCells;
  /** For each loss that looks at activities. */
  readonly #scales: readonly ({ readonly own: Vector; readonly change: Vector } | undefined)[];

  constructor(readonly code: Code, readonly places: LossPlaces, readonly layer: LayerPlaces) {
    [this.#now, this.#before, this.#after] = [0, 1, 2].map((i) => code.parameter(i, "i32"));
    [this.#squares, this.#changes] = [new LaneSum(code), new LaneSum(code)];
    const ofCells = Array.from(
      { length: cellPullBacks[layer.cells].parameters },
      (_, index) => code.parameter(3 + index, "i32"),
    );
    const { streamBytes, lossBytes, delta, deltaBytes } = layer;
    this.#pull = cellPullBacks[layer.cells].write(
      code,
      { streamBytes, delta, deltaBytes, stateBytes: lossBytes },
      ofCells,
    );
    this.#scales = places.losses.map(({ activity }, loss) =>
      activity === 0 ? undefined : {
        own: scaleOf(code, places, loss, "activity"),
        change: scaleOf(code, places, loss, "activityChange"),
      }
    );
  }

  /** The activities now, `place` bytes into the layer. */
  activity(place: Address): Vector {
    return four.load(i32.add(this.#now, place));
  }

  /** The cotangent of what the other stream received, `unit` + `offset` bytes into its rows. */
  sent(stream: number, loss: number, unit: Address, offset: number): Vector {
    const { entering, streamBytes, lossBytes } = this.layer;
    return four.load(unit, entering + (1 - stream) * streamBytes + loss * lossBytes + offset);
  }

  /** Rows `first` … `end` − 1 of a stream; `crossed` gets the place of a vector in the stream's rows. */
  rows(stream: number, first: number, end: number, crossed: (unit: Address) => Crossed): void {
    const { code, places: { rowBytes }, layer: { streamBytes } } = this;
    eachRow(code, end - first, rowBytes, (row) =>
      eachColumn(code, rowBytes, (column) => {
        const unit = code.keep(i32.add(i32.add(row, column), i32.constant(first * rowBytes)));
        const place = code.keep(i32.add(unit, i32.constant(stream * streamBytes)));
        this.write(stream, place, column, crossed(unit));
      }));
  }

  /** A vector of units of a stream, `place` bytes into the layer; its trials stand `column` bytes into a row. */
  write(stream: number, place: Address, column: Address, crossed: Crossed): void {
    const { code, places: { mask }, layer: { entering, lossBytes } } = this;
    const value = code.keep(this.activity(place));
    const fromBefore = code.keep(f32x4.sub(value, four.load(i32.add(this.#before, place))));
    const toAfter = f32x4.sub(value, four.load(i32.add(this.#after, place)));
    const counts = code.keep(four.load(column, mask));
    const counted = code.keep(f32x4.mul(value, counts));
    this.#squares.add(f32x4.mul(value, counted));
    this.#changes.add(f32x4.mul(f32x4.mul(fromBefore, fromBefore), counts));
    const bend = code.keep(f32x4.mul(f32x4.add(fromBefore, toAfter), counts));
    const pull = this.#pull(stream, place, value);
    this.#scales.forEach((scale, loss) => {
      const seed = scale &&
        f32x4.add(f32x4.mul(scale.own, counted), f32x4.mul(scale.change, bend));
      const own = four.load(place, entering + loss * lossBytes);
      const all = plus(plus(own, crossed(loss)), seed)!;
      pull(loss, all);
    });
  }

  /** Add up the terms. */
  finish(): void {
    const { activity, activityChange } = this.places.sums;
    this.#squares.addTo(i32.constant(activity));
    this.#changes.addTo(i32.constant(activityChange));
  }
}
