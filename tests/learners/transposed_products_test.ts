/** Transposed products on the WASM backend, against TensorFlow.js's plain CPU kernel. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { readyBackend } from "../../learners/nn/backend.ts";
import { type RandomStream, randomStream } from "../../sim/random.ts";

/** What the original kernel is asked for: set up before anything is built upon it. */
const asked: { transposed: boolean; single: boolean }[] = [];
const original = tf.getKernel(tf.BatchMatMul, "wasm")!;
tf.unregisterKernel(tf.BatchMatMul, "wasm");
tf.registerKernel({
  ...original,
  kernelFunc(request) {
    const { transposeA, transposeB } = request.attrs!;
    const single = [request.inputs.a!, request.inputs.b!].every(({ shape }) =>
      shape.slice(0, -2).every((extent) => extent === 1)
    );
    asked.push({ transposed: Boolean(transposeA || transposeB), single });
    return original.kernelFunc(request);
  },
});

interface Product {
  /** Leading extents of a and of b. */
  readonly batches: readonly [readonly number[], readonly number[]];
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const leading = [[[], []], [[1], [1]], [[3], [3]], [[3], [1]], [[2, 2], [2, 2]]] as const;

function randomProduct(stream: RandomStream): Product {
  const extent = () => 1 + stream.integer(stream.integer(2) === 0 ? 3 : 40);
  return {
    batches: leading[stream.integer(leading.length)],
    rows: extent(),
    inner: extent(),
    columns: extent(),
    transposeA: stream.integer(2) === 1,
    transposeB: stream.integer(2) === 1,
  };
}

/** The product of matrices drawn from the stream of `name`, on the current backend. */
function compute(product: Product, name: string): { shape: number[]; values: Float32Array } {
  const { batches, rows, inner, columns, transposeA, transposeB } = product;
  const stream = randomStream(7, name);
  const matrix = (batch: readonly number[], height: number, width: number, turned: boolean) => {
    const shape = [...batch, ...(turned ? [width, height] : [height, width])];
    const size = shape.reduce((all, extent) => all * extent, 1);
    return tf.tensor(Float32Array.from({ length: size }, () => stream.normal()), shape);
  };
  return tf.tidy(() => {
    const a = matrix(batches[0], rows, inner, transposeA);
    const b = matrix(batches[1], inner, columns, transposeB);
    const result = tf.matMul(a, b, transposeA, transposeB);
    return { shape: result.shape, values: result.dataSync<"float32">() };
  });
}

const stream = randomStream(7, "shapes");
const products = Array.from({ length: 60 }, () => randomProduct(stream));

Deno.test("products of random shapes equal those of the plain CPU kernel", async () => {
  await readyBackend("cpu");
  const expected = products.map((product, i) => compute(product, `matrices/${i}`));
  await readyBackend("wasm", { openBlas: false });
  products.forEach((product, i) => {
    const { shape, values } = compute(product, `matrices/${i}`);
    deepStrictEqual(shape, expected[i].shape);
    values.forEach((value, at) => {
      const difference = Math.abs(value - expected[i].values[at]);
      ok(
        difference < 1e-5 * (1 + product.inner),
        `${JSON.stringify(product)}: off by ${difference}`,
      );
    });
  });
});

Deno.test("the original kernel is asked for plain products of single matrices only", async () => {
  await readyBackend("wasm", { openBlas: false });
  asked.length = 0;
  products.forEach((product, i) => compute(product, `matrices/${i}`));
  const single = asked.filter((request) => request.single);
  ok(single.length > 10);
  ok(single.every(({ transposed }) => !transposed));
});

Deno.test("the transposed copies are freed", async () => {
  await readyBackend("wasm", { openBlas: false });
  const before = tf.backend().numDataIds();
  products.forEach((product, i) => compute(product, `matrices/${i}`));
  strictEqual(tf.backend().numDataIds(), before);
});
