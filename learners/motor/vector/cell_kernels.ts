/**
 * The cells of hidden layers (`controllers/cells.ts`), in single precision, as WebAssembly: the outputs of
 * those with a state, and how cotangents of outputs become those of the parts' arguments.
 *
 * Outputs and states lie as [stream][unit], parts as [stream][part][unit].
 */
import { type CellName, cells } from "../../../controllers/cells.ts";
import { Code, four, i32 } from "../../../sim/webassembly/code.ts";
import { f32x4 } from "../../../sim/webassembly/vector.ts";
import { vectorActivations } from "../../nn/vector/activations.ts";
import { type Address, eachColumn, eachRow, type Vector } from "../../nn/vector/instructions.ts";

/** The sizes of a layer. */
export interface LayerSize {
  readonly streams: number;
  /** Units of a stream. */
  readonly width: number;
  readonly rowBytes: number;
  /** Bytes from one stream's units to the next one's. */
  readonly streamBytes: number;
}

/** Bytes from the first part of a gated recurrent unit to each, with `streamBytes` from one to the next one. */
const gruParts = (streamBytes: number) => ({
  candidate: 0,
  update: streamBytes,
  reset: 2 * streamBytes,
  recall: 3 * streamBytes,
});

/** From a place among the units of all streams to the same unit's first part. */
function partsPlace(place: Address, stream: number, streamBytes: number): Address {
  return i32.add(place, i32.constant(stream * (cells.gru.parts - 1) * streamBytes));
}

/**
 * The outputs of gated recurrent units. The arguments of their parts become the parts' values.
 *
 * Parameters: addresses of the parts, of the states, and of the outputs.
 */
export function gruKernel({ streams, width, rowBytes, streamBytes }: LayerSize): Code {
  const code = new Code(["i32", "i32", "i32"]);
  const [parts, states, outputs] = [0, 1, 2].map((index) => code.parameter(index, "i32"));
  const part = gruParts(streamBytes);
  const { sigmoid, tanh } = vectorActivations;
  const { add, mul, sub } = f32x4;
  for (let stream = 0; stream < streams; stream++) {
    eachRow(code, width, rowBytes, (row) =>
      eachColumn(code, rowBytes, (column) => {
        const unit = i32.add(row, column);
        const place = code.keep(i32.add(unit, i32.constant(stream * streamBytes)));
        const first = code.keep(i32.add(parts, partsPlace(place, stream, streamBytes)));
        const argument = (offset: number) => code.keep(four.load(first, offset));
        const z = code.keep(sigmoid.value(code, argument(part.update)));
        const r = code.keep(sigmoid.value(code, argument(part.reset)));
        const recalled = mul(r, argument(part.recall));
        const c = code.keep(tanh.value(code, code.keep(add(argument(part.candidate), recalled))));
        code.store(first, c, part.candidate);
        code.store(first, z, part.update);
        code.store(first, r, part.reset);
        const state = four.load(i32.add(states, place));
        const taken = mul(sub(code.constant(1), z), c);
        code.store(i32.add(outputs, place), add(mul(z, state), taken));
      }));
  }
  return code;
}

/** Where cotangents of cells lie, for all losses. */
export interface CellPlaces {
  /** Bytes from one stream's units to the next one's. */
  readonly streamBytes: number;
  /** Address where the cotangents of the parts' arguments are written, and bytes to the next loss's. */
  readonly delta: number;
  readonly deltaBytes: number;
  /** Bytes from one loss's cotangents of the states to the next one's. */
  readonly stateBytes: number;
}

/** Takes in the cotangent of outputs that a loss has. */
type PullVector = (loss: number, cotangent: Vector) => void;

/** Prepares the pull-back of a vector of units of a stream, `place` bytes into the layer. */
export type PullCells = (stream: number, place: Address, output: Vector) => PullVector;

/** How one kind of cell is pulled back. */
interface CellPullBack {
  /** Addresses that are parameters, beyond those of a layer without a state. */
  readonly parameters: number;
  /** @param addresses those parameters */
  write(code: Code, places: CellPlaces, addresses: readonly Address[]): PullCells;
}

const feedForward: CellPullBack = {
  parameters: 0,
  write: (code, { delta, deltaBytes }) => (_stream, place, output) => {
    const slope = code.keep(vectorActivations.tanh.slope(code, output));
    return (loss, cotangent) =>
      code.store(place, f32x4.mul(cotangent, slope), delta + loss * deltaBytes);
  },
};

/**
 * Parameters: addresses of the parts, of the states, and of the first loss's cotangents of the outputs by way
 * of the step after, which become those of the states without what comes through the arguments.
 */
const gru: CellPullBack = {
  parameters: 3,
  write: (code, { streamBytes, delta, deltaBytes, stateBytes }, [parts, states, carried]) => {
    const part = gruParts(streamBytes);
    const { sigmoid, tanh } = vectorActivations;
    const { add, mul, sub } = f32x4;
    return (stream, place) => {
      const first = code.keep(partsPlace(place, stream, streamBytes));
      const value = (offset: number) => code.keep(four.load(i32.add(parts, first), offset));
      const [c, z] = [value(part.candidate), value(part.update)];
      const [r, m] = [value(part.reset), value(part.recall)];
      const state = four.load(i32.add(states, place));
      const taken = sub(code.constant(1), z);
      const towardsCandidate = code.keep(mul(taken, tanh.slope(code, c)));
      const towardsUpdate = code.keep(mul(sub(state, c), sigmoid.slope(code, z)));
      const towardsReset = code.keep(mul(m, sigmoid.slope(code, r)));
      const own = code.keep(i32.add(carried, place));
      return (loss, cotangent) => {
        const all = code.keep(add(cotangent, four.load(own, loss * stateBytes)));
        const ofCandidate = code.keep(mul(all, towardsCandidate));
        const store = (offset: number, of: Vector) =>
          code.store(first, of, delta + loss * deltaBytes + offset);
        store(part.candidate, ofCandidate);
        store(part.update, mul(all, towardsUpdate));
        store(part.reset, mul(ofCandidate, towardsReset));
        store(part.recall, mul(ofCandidate, r));
        code.store(own, mul(all, z), loss * stateBytes);
      };
    };
  },
};

/** How every kind of cell is pulled back. */
export const cellPullBacks: Readonly<Record<CellName, CellPullBack>> = {
  "feed-forward": feedForward,
  gru,
};
