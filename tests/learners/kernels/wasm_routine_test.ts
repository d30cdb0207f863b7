/** Routines that are compiled to WebAssembly, against the same loops in JavaScript. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { i32, numberAt, type Relation } from "../../../sim/webassembly/code.ts";
import { routine } from "../../../learners/nn/kernels/wasm_routine.ts";
import { randomStream } from "../../../sim/random.ts";

const single = Math.fround;

/** Arrays in WASM memory, as far as 8-byte boundaries apart. */
async function withArrays(
  arrays: readonly ArrayLike<number>[],
  work: (backend: BackendWasm, addresses: number[]) => void,
): Promise<Float32Array[]> {
  await readyBackend("wasm", { openBlas: false });
  const backend = tf.backend() as BackendWasm;
  const tensors = arrays.map((array) => tf.tensor1d(Float32Array.from(array)));
  const addresses = tensors.map((tensor) => {
    tensor.dataSync();
    return backend.getMemoryOffset(tensor.dataId);
  });
  work(backend, addresses);
  const results = tensors.map((tensor) => Float32Array.from(tensor.dataSync()));
  tf.dispose(tensors);
  return results;
}

function normal(count: number, name: string): Float32Array {
  const stream = randomStream(5, name);
  return Float32Array.from({ length: count }, () => stream.normal());
}

const arithmetic = routine(
  { x: "i32", y: "i32", result: "i32", count: "i32", factor: "f32" },
  (code, { x, y, result, count, factor }) =>
    code.forEach(count, (lanes, offset) => {
      const [a, b] = [x, y].map((start) => code.keep(lanes.load(i32.add(start, offset))));
      const product = lanes.mul(lanes.all(factor), lanes.sub(a, b));
      const quotient = lanes.div(lanes.sqrt(lanes.mul(a, a)), lanes.add(b, lanes.all(factor)));
      const bounded = lanes.max(lanes.min(product, b), quotient);
      code.store(i32.add(result, offset), lanes.add(bounded, lanes.whereAboveZero(a, b)));
    }),
);

Deno.test("four numbers at a time and one at a time give the bits of JavaScript", async () => {
  const factor = single(0.3);
  for (const count of [0, 1, 3, 4, 5, 8, 31]) {
    const [x, y] = [normal(count + 1, "x"), normal(count + 1, "y")];
    const untouched = 12345;
    const [, , result] = await withArrays(
      [x, y, new Float32Array(count + 1).fill(untouched)],
      (backend, [x, y, result]) => arithmetic(backend, { x, y, result, count, factor }),
    );
    const expected = Float32Array.from({ length: count + 1 }, (_, i) => {
      if (i === count) return untouched;
      const product = single(factor * single(x[i] - y[i]));
      const root = single(Math.sqrt(single(x[i] * x[i])));
      const bounded = Math.max(Math.min(product, y[i]), single(root / single(y[i] + factor)));
      return single(bounded + (x[i] > 0 ? y[i] : 0));
    });
    deepStrictEqual(result, expected, `${count}`);
  }
});

const wideDotByColumn = routine(
  { x: "i32", y: "i32", sums: "i32", result: "i32", rows: "i32", width: "i32" },
  (code, { x, y, sums, result, rows, width }) => {
    const wideOf = (column: Parameters<typeof i32.add>[0]) =>
      i32.add(sums, i32.shiftLeft(column, i32.constant(1)));
    code.forEachInRows(rows, width, (lanes, column, place) => {
      const { load, widen, addWide, mulWide, loadWide } = lanes;
      const [a, b] = [x, y].map((start) => widen(code.keep(load(i32.add(start, place)))));
      code.storeWide(wideOf(column), addWide(loadWide(wideOf(column)), mulWide(a, b)));
    });
    code.forEach(width, ({ loadWide, narrow }, column) => {
      code.store(i32.add(result, column), narrow(loadWide(wideOf(column))));
    });
  },
);

Deno.test("sums over rows in double precision are those of JavaScript", async () => {
  for (const [rows, width] of [[1, 1], [5, 3], [7, 4], [40, 22]]) {
    const [x, y] = [normal(rows * width, "x"), normal(rows * width, "y")];
    const results = await withArrays(
      [x, y, new Float32Array(2 * width), new Float32Array(width)],
      (backend, [x, y, sums, result]) =>
        wideDotByColumn(backend, { x, y, sums, result, rows, width }),
    );
    const expected = Float32Array.from({ length: width }, (_, column) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) {
        sum += x[row * width + column] * y[row * width + column];
      }
      return sum;
    });
    deepStrictEqual(results[3], expected, `${rows}×${width}`);
  }
});

const relations: Record<Relation, (a: number, b: number) => boolean> = {
  less: (a, b) => a < b,
  greater: (a, b) => a > b,
  lessEqual: (a, b) => a <= b,
  greaterEqual: (a, b) => a >= b,
};

for (const [relation, holds] of Object.entries(relations)) {
  const compare = routine(
    { x: "i32", y: "i32", result: "i32", count: "i32" },
    (code, { x, y, result, count }) => {
      const one = code.keep(numberAt(y));
      code.forEach(count, (lanes, offset) => {
        const place = i32.add(result, i32.shiftRight(offset, i32.constant(2)));
        const value = lanes.load(i32.add(x, offset));
        code.storeTruths(place, lanes.compare(relation as Relation, value, lanes.all(one)));
      });
    },
  );

  Deno.test(`numbers are told which are ${relation}, none of them if NaN`, async () => {
    const x = [1, -1, 0.5, NaN, Infinity, -Infinity, 0.5, 0, -0, 2, NaN];
    for (const y of [0.5, 0, NaN, Infinity]) {
      const [, , result] = await withArrays(
        [x, [y], new Float32Array(3)],
        (backend, [x, y, result]) => compare(backend, { x, y, result, count: 11 }),
      );
      const truths = new Uint8Array(result.buffer);
      deepStrictEqual([...truths], [...x.map((a) => Number(holds(a, y))), 0]);
    }
  });
}

const copyBehind = routine(
  { from: "i32", into: "i32", blocks: "i32", step: "i32", block: "i32" },
  (code, { from, into, blocks, step, block }) => {
    const target = code.variable(into);
    code.steps(from, blocks, step, (source) => {
      code.copy(target.value, source, block);
      target.set(i32.add(target.value, i32.shiftLeft(block, i32.constant(2))));
    });
  },
);

Deno.test("blocks that lie apart are copied one behind the other", async () => {
  const from = normal(60, "from");
  for (const [blocks, step, block] of [[3, 20, 7], [5, 12, 12], [4, 1, 2], [0, 3, 3], [2, 9, 0]]) {
    const [, into] = await withArrays(
      [from, new Float32Array(60)],
      (backend, [from, into]) => copyBehind(backend, { from, into, blocks, step: 4 * step, block }),
    );
    const expected = new Float32Array(60);
    for (let i = 0; i < blocks; i++) {
      expected.set(from.subarray(i * step, i * step + block), i * block);
    }
    deepStrictEqual(into, expected, `${blocks} of ${block}`);
  }
});

const constants = routine({ into: "i32" }, (code, { into }) => {
  // Of one to five bytes in the binary format.
  const values = [0, -1, 63, 64, -64, -65, 8191, 8192, -8193, 2 ** 20, -(2 ** 27) - 1, 2 ** 31 - 1];
  for (const [i, value] of values.entries()) {
    code.repeat(i32.constant(i + 1), () => {}); // more locals than one byte counts, in the end
    const place = i32.add(into, i32.constant(4 * i));
    code.storeTruths(place, i32.constant(value));
    code.storeTruths(
      i32.add(place, i32.constant(1)),
      i32.shiftRight(i32.constant(value), i32.constant(24)),
    );
  }
});

Deno.test("constants of any size arrive", async () => {
  const [into] = await withArrays(
    [new Float32Array(12)],
    (backend, [into]) => constants(backend, { into }),
  );
  const bytes = new Uint8Array(into.buffer);
  const values = [0, -1, 63, 64, -64, -65, 8191, 8192, -8193, 2 ** 20, -(2 ** 27) - 1, 2 ** 31 - 1];
  values.forEach((value, i) => {
    strictEqual(bytes[4 * i], value & 0xff, `${value}`);
    strictEqual(bytes[4 * i + 1], value >>> 24, `${value}`);
  });
});
