/**
 * Where everything lies in the one memory of a network or a roll-out: first what stays in its place, whose
 * addresses the kernels know; behind it the history, a record for each time step, or for each tile of a
 * batch.
 *
 * Arrays are rows of a tile's columns, [row][column], in single precision.
 */

/** Bytes of a page of WebAssembly's memories. */
const pageBytes = 65_536;

/** Bytes that processors load at once. */
const lineBytes = 64;

const roundUp = (count: number, multiple: number) => Math.ceil(count / multiple) * multiple;

/** Rows of an array whose products are taken: whole blocks of four. */
export const paddedRows = (count: number) => roundUp(count, 4);

/** Hands out places, one behind the other. */
export class Places {
  #end = 0;

  /** The first of `bytes` bytes that are nobody else's. */
  take(bytes: number): number {
    const start = this.#end;
    this.#end = roundUp(start + bytes, lineBytes);
    return start;
  }

  /** Bytes handed out. */
  get end(): number {
    return this.#end;
  }
}

/** A memory that begins with so many bytes that stay in place, and grows with what lies behind them. */
export class TileMemory {
  readonly memory: WebAssembly.Memory;
  /** Pages that kernels may count on. */
  readonly pages: number;
  /** Where the history begins. */
  readonly history: number;

  constructor(fixedBytes: number) {
    this.pages = Math.ceil(fixedBytes / pageBytes);
    this.history = fixedBytes;
    this.memory = new WebAssembly.Memory({ initial: this.pages });
  }

  /** Make room for a history of so many bytes. */
  reserve(historyBytes: number): void {
    const missing = this.history + historyBytes - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / pageBytes));
  }

  /** All numbers of single precision; until the memory grows. */
  get numbers(): Float32Array {
    return new Float32Array(this.memory.buffer);
  }

  /** All numbers of double precision; until the memory grows. */
  get wideNumbers(): Float64Array {
    return new Float64Array(this.memory.buffer);
  }
}
