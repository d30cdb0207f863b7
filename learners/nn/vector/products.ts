/**
 * The products of small networks, in single precision, as WebAssembly. Arrays are laid out [row][column] in
 * tiles of a batch's columns, such as the trials of a roll-out; matrices are packed for the one way in which
 * they are read.
 *
 * An access at a known address below the memory's declared size needs no check of its bounds, one at a
 * computed address does. So the four rows of a matrix that are in use are copied to a known place, the
 * panel, and serve all columns of the tile from there.
 */
import { Code, four, i32 } from "../../../sim/webassembly/code.ts";
import { f32x4 } from "../../../sim/webassembly/vector.ts";
import type { ActivationName } from "../activations.ts";
import { vectorActivations } from "./activations.ts";
import {
  type Address,
  broadcast,
  eachColumn,
  evenLanes,
  lowerHalves,
  numberBytes,
  oddLanes,
  origin,
  upperHalves,
  vectorBytes,
} from "./instructions.ts";

/** Rows that a product computes at once, and vectors of each: what fits into the registers. */
export const blockRows = 4;
const blockVectors = 2;

/** Trials of a tile are a multiple of this. */
export const tileMultiple = blockVectors * four.width;

/** The longest panel; longer products are done in parts. */
export const longestPanel = 32;

/** Bytes of the panel: biases, then a row for each inner row. */
export const panelBytes = (1 + longestPanel) * vectorBytes;

/** One form of product y = activation(start + W x). */
export interface ProductForm {
  /** Rows of x, at most `longestPanel`. */
  readonly inner: number;
  /** What the product is added to: biases, or what y holds already. */
  readonly start: "bias" | "sum";
  readonly activation: ActivationName;
  /** Bytes of a row of x and y. */
  readonly rowBytes: number;
  /** How many pairs of x and y the same matrix is applied to, and how far apart they lie. */
  readonly copies: number;
  readonly xBytes: number;
  readonly yBytes: number;
  /** Address of the panel. */
  readonly panel: number;
}

/** The parameters of a product: addresses of x and y, of the packed matrix, and its blocks of rows. */
export const productParameters = ["i32", "i32", "i32", "i32"] as const;

/**
 * A product. The matrix lies packed in blocks of four rows: their biases, then a vector for each column.
 */
export function product(form: ProductForm): Code {
  const { inner, rowBytes, copies, xBytes, yBytes, panel } = form;
  const code = new Code(productParameters);
  const [x, y, matrix, blocks] = [0, 1, 2, 3].map((index) => code.parameter(index, "i32"));
  const packedBytes = (1 + inner) * vectorBytes;
  code.repeat(blocks, (block) => {
    const packed = code.keep(i32.add(matrix, i32.mul(block, i32.constant(packedBytes))));
    for (let at = 0; at < packedBytes; at += vectorBytes) {
      code.store(origin, four.load(packed, at), panel + at);
    }
    const blockBytes = i32.constant(blockRows * rowBytes);
    const rows = code.keep(i32.add(y, i32.mul(block, blockBytes)));
    if (copies === 1) return productColumns(code, form, x, rows);
    code.repeat(i32.constant(copies), (copy) => {
      const from = code.keep(i32.add(x, i32.mul(copy, i32.constant(xBytes))));
      const into = code.keep(i32.add(rows, i32.mul(copy, i32.constant(yBytes))));
      productColumns(code, form, from, into);
    });
  });
  return code;
}

/** The panel's four rows for all columns of a tile. */
function productColumns(code: Code, form: ProductForm, x: Address, y: Address): void {
  const { inner, start, activation, rowBytes, panel } = form;
  const rows = Array.from({ length: blockRows }, (_, row) => row);
  const vectors = Array.from({ length: blockVectors }, (_, index) => index);
  const weight = (column: number, row: number) =>
    broadcast(origin, panel + column * vectorBytes + row * numberBytes);
  eachColumn(code, rowBytes, (at) => {
    const from = code.keep(i32.add(x, at));
    const into = code.keep(i32.add(y, at));
    const place = (row: number, index: number) => row * rowBytes + index * vectorBytes;
    const sums = rows.map((row) =>
      vectors.map((index) =>
        code.variable(start === "bias" ? weight(0, row) : four.load(into, place(row, index)))
      )
    );
    for (let column = 0; column < inner; column++) {
      const values = vectors.map((index) => code.keep(four.load(from, place(column, index))));
      for (const row of rows) {
        const scale = code.keep(weight(1 + column, row));
        sums[row].forEach((sum, index) =>
          sum.set(f32x4.add(sum.value, f32x4.mul(scale, values[index])))
        );
      }
    }
    for (const row of rows) {
      sums[row].forEach(({ value }, index) =>
        code.store(into, vectorActivations[activation].value(code, value), place(row, index))
      );
    }
  }, blockVectors * vectorBytes);
}

/** Rows of x and of y whose products are formed at once: what fits into the registers. */
export const outerRows = { x: 4, y: 2 } as const;

/** The parameters of an outer product: addresses of x, y and the sums; blocks of rows of x and of y. */
export const outerProductParameters = ["i32", "i32", "i32", "i32", "i32"] as const;

/**
 * An outer product: sums[i][j] += Σ over columns of x[i] · y[j], in four lanes that are added up later, since
 * each takes every fourth column. What a call adds is summed first: roundings stay those of short sums.
 * A tile's few vectors are written out one after the other, which saves the checks of a loop.
 */
export function outerProduct(rowBytes: number): Code {
  const code = new Code(outerProductParameters);
  const [x, y, sums, xBlocks, yBlocks] = [0, 1, 2, 3, 4].map((index) =>
    code.parameter(index, "i32")
  );
  const places = Array.from(
    { length: outerRows.x },
    (_, i) => Array.from({ length: outerRows.y }, (_, j) => [i, j] as const),
  ).flat();
  const rowOfSums = code.keep(i32.mul(yBlocks, i32.constant(outerRows.y * vectorBytes)));
  code.repeat(xBlocks, (xBlock) => {
    const xRows = code.keep(i32.add(x, i32.mul(xBlock, i32.constant(outerRows.x * rowBytes))));
    const first = i32.mul(i32.mul(xBlock, i32.constant(outerRows.x)), rowOfSums);
    const sumRow = code.variable(i32.add(sums, first));
    const sumRows = Array.from({ length: outerRows.x }, () => {
      const row = code.keep(sumRow.value);
      sumRow.set(i32.add(row, rowOfSums));
      return row;
    });
    code.repeat(yBlocks, (yBlock) => {
      const yRows = code.keep(i32.add(y, i32.mul(yBlock, i32.constant(outerRows.y * rowBytes))));
      const block = code.keep(i32.mul(yBlock, i32.constant(outerRows.y * vectorBytes)));
      const added = places.map(() => code.variable(code.constant(0)));
      for (let at = 0; at < rowBytes; at += vectorBytes) {
        const [xs, ys] = ([[xRows, outerRows.x], [yRows, outerRows.y]] as const).map((
          [rows, count],
        ) =>
          Array.from(
            { length: count },
            (_, row) => code.keep(four.load(rows, row * rowBytes + at)),
          )
        );
        places.forEach(([i, j], place) =>
          added[place].set(f32x4.add(added[place].value, f32x4.mul(xs[i], ys[j])))
        );
      }
      places.forEach(([i, j], place) => {
        const address = code.keep(i32.add(sumRows[i], block));
        const offset = j * vectorBytes;
        code.store(address, f32x4.add(four.load(address, offset), added[place].value), offset);
      });
    });
  });
  return code;
}

/** The parameters of sums over rows: addresses of the rows and the sums; how many rows. */
export const rowSumsParameters = ["i32", "i32", "i32"] as const;

/** sums[i] += Σ over columns of x[i], in four lanes as `outerProduct`. */
export function rowSums(rowBytes: number): Code {
  const code = new Code(rowSumsParameters);
  const [x, sums, rows] = [0, 1, 2].map((index) => code.parameter(index, "i32"));
  code.repeat(rows, (row) => {
    const from = code.keep(i32.add(x, i32.mul(row, i32.constant(rowBytes))));
    const into = code.keep(i32.add(sums, i32.mul(row, i32.constant(vectorBytes))));
    const sum = code.variable(code.constant(0));
    eachColumn(code, rowBytes, (at) => {
      sum.set(f32x4.add(sum.value, four.load(i32.add(from, at))));
    });
    code.store(into, f32x4.add(four.load(into), sum.value));
  });
  return code;
}

/** The parameters of the folding of lanes: address of the sums, how many blocks of four they are. */
export const foldParameters = ["i32", "i32"] as const;

/**
 * Adds the four lanes of each sum, in place: sums that lay 16 bytes apart lie 4 bytes apart then. Four are
 * done at a time, as the transpose of their lanes.
 */
export function foldLanes(): Code {
  const code = new Code(foldParameters);
  const [sums, blocks] = [0, 1].map((index) => code.parameter(index, "i32"));
  code.repeat(blocks, (block) => {
    const from = code.keep(i32.add(sums, i32.mul(block, i32.constant(4 * vectorBytes))));
    const into = i32.add(sums, i32.mul(block, i32.constant(vectorBytes)));
    // (a₀ b₀ c₀ d₀) and (a₁ b₁ c₁ d₁) become (a₀ + c₀, b₀ + d₀, a₁ + c₁, b₁ + d₁).
    const [left, right] = [0, 2].map((first) => {
      const [x, y] = [first, first + 1].map((row) => code.keep(four.load(from, row * vectorBytes)));
      return code.keep(f32x4.add(lowerHalves(x, y), upperHalves(x, y)));
    });
    code.store(into, f32x4.add(evenLanes(left, right), oddLanes(left, right)));
  });
  return code;
}
