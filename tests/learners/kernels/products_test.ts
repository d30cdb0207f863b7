/** Products of batches of matrices on the WASM backend, against the CPU kernel. */
import { ok } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { randomStream } from "../../../sim/random.ts";
import { assertSameAsOnCpu, normal, pullBack } from "./against_cpu.ts";

/** Leading extents of a and of b. */
const batches = [[[3], [3]], [[2, 2], [2, 2]], [[3], [1]], [[1], [3]], [[2, 1], [1, 2]]] as const;

Deno.test("products of batches and their gradients equal the CPU kernel's, small and large", async () => {
  const stream = randomStream(5, "products");
  let large = 0;
  for (let i = 0; i < 20; i++) {
    const [batchA, batchB] = batches[i % batches.length];
    const most = i % 2 === 0 ? 12 : 60;
    const [rows, inner, columns] = Array.from({ length: 3 }, () => 1 + stream.integer(most));
    const [transposeA, transposeB] = [stream.integer(2) === 1, stream.integer(2) === 1];
    if (rows * inner * columns >= 2 ** 14) large++;
    await assertSameAsOnCpu(() => {
      const a = normal([...batchA, ...(transposeA ? [inner, rows] : [rows, inner])], "a");
      const b = normal([...batchB, ...(transposeB ? [columns, inner] : [inner, columns])], "b");
      const product = (...factors: tf.Tensor[]) =>
        tf.matMul(factors[0], factors[1], transposeA, transposeB);
      return [product(a, b), ...pullBack(product, [a, b])];
    }, `[${batchA}] and [${batchB}], ${rows}×${inner}×${columns}, ${transposeA}, ${transposeB}`);
  }
  ok(large > 4);
});
