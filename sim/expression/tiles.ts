/**
 * A batch in single precision: arrays in tiles, on which vector kernels work, and the same arrays in
 * double precision, as they are shown; both in one WebAssembly memory.
 *
 * A tile holds all arrays of up to 64 elements, [array][row][element], so that what belongs together
 * lies together in the cache. (Rows as long as the batch are slower by a third and more where their
 * length is a power of two: they fall on the same lines of the cache.) In double precision an array is
 * [row][element] over all elements. A tile that is filled in part is computed as a whole; what is behind
 * its last element is never seen.
 */
import { Code, four, i32, type Lanes, type Value } from "../webassembly/code.ts";
import { instantiate, moduleOf } from "../webassembly/module.ts";
import { type Batch, type BatchAction, requireArray, requireElements } from "./batch.ts";
import { writeVectorKernel } from "./vector_kernel.ts";

/** Elements in a tile, unless there are fewer in all. */
const usualTile = 64;

const singleBytes = 4;
const doubleBytes = 8;
const pageBytes = 65536;

/** Where an array lies. */
interface Layout {
  readonly rows: number;
  /** Bytes from the start of a tile. */
  readonly inTile: number;
  /** Address of the array as it is shown. */
  readonly shown: number;
}

/** Arrays of a number of elements. */
export class Tiles implements Batch {
  readonly #layouts = new Map<string, Layout>();
  readonly #views: ReadonlyMap<string, Float64Array>;
  readonly #memory: WebAssembly.Memory;
  readonly #pages: number;
  /** Elements in a tile. */
  readonly #tile: number;
  readonly #tileBytes: number;

  /** Arrays of zeros; see `createBatch`. */
  constructor(readonly elements: number, rows: Readonly<Record<string, number>>) {
    requireElements(elements);
    this.#tile = Math.min(usualTile, four.width * Math.ceil(elements / four.width));
    const allRows = Object.values(rows).reduce((sum, count) => sum + count, 0);
    this.#tileBytes = allRows * this.#tile * singleBytes;
    let inTile = 0;
    let shown = Math.ceil(elements / this.#tile) * this.#tileBytes;
    for (const [name, count] of Object.entries(rows)) {
      this.#layouts.set(name, { rows: count, inTile, shown });
      inTile += count * this.#tile * singleBytes;
      shown += count * elements * doubleBytes;
    }
    this.#pages = Math.ceil(shown / pageBytes);
    this.#memory = new WebAssembly.Memory({ initial: this.#pages, maximum: this.#pages });
    this.#views = new Map(
      [...this.#layouts].map(([name, { rows, shown }]) =>
        [name, new Float64Array(this.#memory.buffer, shown, rows * elements)] as const
      ),
    );
  }

  array(name: string): Float64Array {
    return requireArray(this.#views, name);
  }

  /** All actions are done with one tile before the next, while it is in the cache. */
  compile(actions: readonly BatchAction[]): () => void {
    const code = new Code([]);
    const step = i32.constant(this.#tile);
    code.loop(i32.constant(0), i32.constant(this.elements), step, (first) => {
      const tileBytesOfElement = this.#tileBytes / this.#tile;
      const start = code.keep(i32.mul(first, i32.constant(tileBytesOfElement)));
      const rest = i32.sub(i32.constant(this.elements), first);
      const tile = { first, start, count: code.keep(i32.smaller(rest, step)) };
      for (const action of actions) this.#write(code, tile, action);
    });
    return instantiate(moduleOf({ run: code }, this.#pages), this.#memory).run;
  }

  #write(code: Code, tile: OpenTile, action: BatchAction): void {
    if ("kernel" in action) {
      const { kernel, arrays = {} } = action;
      const place = (name: string) =>
        i32.add(tile.start, i32.constant(requireArray(this.#layouts, arrays[name] ?? name).inTile));
      writeVectorKernel(code, kernel.inputs, kernel.outputs, place, this.#tile);
      return;
    }
    const names = "take" in action ? action.take : action.publish;
    const convert = "take" in action ? round : widen;
    for (const name of names) this.#convert(code, tile, requireArray(this.#layouts, name), convert);
  }

  /** Every number of an array's part in a tile, from one precision to the other. */
  #convert(code: Code, tile: OpenTile, layout: Layout, convert: Conversion): void {
    const rowBytes = this.#tile * singleBytes;
    const singles = code.keep(i32.add(tile.start, i32.constant(layout.inTile)));
    const firstBytes = i32.mul(tile.first, i32.constant(doubleBytes));
    const doubles = code.variable(i32.add(firstBytes, i32.constant(layout.shown)));
    code.steps(singles, i32.constant(layout.rows), i32.constant(rowBytes), (row) => {
      code.forEach(tile.count, (lanes, offset) => {
        const double = i32.add(doubles.value, i32.shiftLeft(offset, i32.constant(1)));
        convert(code, lanes, i32.add(row, offset), double);
      });
      doubles.set(i32.add(doubles.value, i32.constant(this.elements * doubleBytes)));
    });
  }
}

/** The tile that a function is at. */
interface OpenTile {
  /** The number of its first element. */
  readonly first: Value<"i32">;
  /** Its address. */
  readonly start: Value<"i32">;
  /** How many elements it holds. */
  readonly count: Value<"i32">;
}

type Conversion = <K extends "f32" | "v128">(
  code: Code,
  lanes: Lanes<K>,
  single: Value<"i32">,
  double: Value<"i32">,
) => void;

const round: Conversion = (code, lanes, single, double) =>
  code.store(single, lanes.narrow(lanes.loadWide(double)));

const widen: Conversion = (code, lanes, single, double) =>
  code.storeWide(double, lanes.widen(code.keep(lanes.load(single))));
