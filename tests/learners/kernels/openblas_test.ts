/** Products by OpenBLAS on the WASM backend's memory. Skipped where it is not to be had. */
import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { findOpenBlas, type OpenBlas } from "../../../learners/nn/kernels/openblas.ts";
import { randomStream } from "../../../sim/random.ts";
import { assertSameAsOnCpu, normal } from "./against_cpu.ts";

const { blas, absence } = findOpenBlas();

/** A test that needs OpenBLAS. */
function withBlas(name: string, fn: (blas: OpenBlas) => Promise<void> | void): void {
  if (blas) Deno.test(name, async () => await fn(blas));
  else Deno.test({ name: `${name}: not run; OpenBLAS ${absence.problem}`, ignore: true, fn() {} });
}

Deno.test({
  name: "without leave to load it nobody is asked, and the advice names the flag",
  permissions: { read: true, ffi: false },
  fn: async () => {
    const { blas, absence } = findOpenBlas();
    strictEqual(blas, undefined);
    match(absence!.remedy, /--allow-ffi/);
    const { detail, advice } = await readyBackend("wasm");
    ok(!detail.includes("OpenBLAS"));
    match(advice!, /OpenBLAS, which may not be loaded: add --allow-ffi/);
  },
});

withBlas("the backend says that OpenBLAS computes, in which version and how", async () => {
  const { detail, advice } = await readyBackend("wasm");
  match(detail, /products by OpenBLAS \d+\.\d+\S* for \w+, threads: \d+$/);
  strictEqual(advice, undefined);
  const plain = await readyBackend("wasm", { openBlas: false });
  ok(!plain.detail.includes("OpenBLAS"));
  strictEqual(plain.advice, undefined);
});

withBlas("one thread computes unless the environment says otherwise", (blas) => {
  const asked = Deno.env.get("OPENBLAS_NUM_THREADS");
  try {
    Deno.env.delete("OPENBLAS_NUM_THREADS");
    findOpenBlas();
    strictEqual(blas.threads, 1);
    for (const [words, threads] of [["2", 2], ["0", 1], ["many", 1]] as const) {
      Deno.env.set("OPENBLAS_NUM_THREADS", words);
      findOpenBlas();
      strictEqual(blas.threads, threads, words);
    }
  } finally {
    if (asked === undefined) Deno.env.delete("OPENBLAS_NUM_THREADS");
    else Deno.env.set("OPENBLAS_NUM_THREADS", asked);
    findOpenBlas();
  }
});

withBlas("what OpenBLAS replaces is as it was once it is not wanted", async () => {
  const kernels = () => tf.getKernelsForBackend("wasm").map(({ kernelFunc }) => kernelFunc);
  await readyBackend("wasm", { openBlas: false });
  const before = new Set(kernels());
  await readyBackend("wasm");
  notStrictEqual(kernels().filter((kernel) => !before.has(kernel)).length, 0);
  await readyBackend("wasm", { openBlas: false });
  deepStrictEqual(new Set(kernels()), before);
});

const batches = [[[], []], [[3], [3]], [[3], []], [[], [3]], [[2, 1], [1, 3]]] as const;

withBlas("products of all forms equal those of the CPU kernel", async () => {
  const stream = randomStream(5, "openblas");
  for (let i = 0; i < 40; i++) {
    const [batchA, batchB] = batches[i % batches.length];
    const most = [3, 20, 90][i % 3];
    const [rows, inner, columns] = Array.from({ length: 3 }, () => 1 + stream.integer(most));
    const [transposeA, transposeB] = [stream.integer(2) === 1, stream.integer(2) === 1];
    await assertSameAsOnCpu(() => {
      const a = normal([...batchA, ...(transposeA ? [inner, rows] : [rows, inner])], "a");
      const b = normal([...batchB, ...(transposeB ? [columns, inner] : [inner, columns])], "b");
      return [tf.matMul(a, b, transposeA, transposeB)];
    }, `[${batchA}] and [${batchB}], ${rows}×${inner}×${columns}, ${transposeA}, ${transposeB}`);
  }
});

const activations = ["linear", "relu", "relu6", "prelu", "leakyrelu", "sigmoid", "elu"] as const;

withBlas("products with bias and activation equal those of the CPU kernel", async () => {
  for (const activation of activations) {
    for (const bias of [false, true]) {
      await assertSameAsOnCpu(() => [
        tf.fused.matMul({
          a: normal([33, 20], "a"),
          b: normal([20, 17], "b"),
          bias: bias ? normal([17], "bias") : undefined,
          activation,
          leakyreluAlpha: 0.3,
          preluActivationWeights: activation === "prelu" ? normal([17], "alpha") : undefined,
        }),
      ], `${activation}, ${bias ? "with" : "without"} bias`);
    }
  }
});

withBlas("matrices that do not fit are refused as by the backend itself", async () => {
  const messages: string[] = [];
  for (const openBlas of [false, true]) {
    await readyBackend("wasm", { openBlas });
    tf.tidy(() => {
      try {
        tf.matMul(tf.zeros([2, 3]), tf.zeros([4, 2]));
      } catch (error) {
        messages.push(String(error));
      }
    });
  }
  match(messages[0], /inner shapes \(3\) and \(4\)/);
  strictEqual(messages[1], messages[0]);
});

withBlas("a product has the same bits every time, wherever its matrices lie", (blas) => {
  const stream = randomStream(5, "bits");
  const numbers = (count: number) => Float32Array.from({ length: count }, () => stream.normal());
  for (const [rows, inner, columns] of [[7, 5, 3], [64, 64, 64], [129, 300, 65], [1, 700, 33]]) {
    const [a, b] = [numbers(rows * inner), numbers(inner * columns)];
    const bits = new Set<string>();
    for (let shift = 0; shift < 5; shift++) {
      const moved = (values: Float32Array) => {
        const place = new Float32Array(values.length + shift).subarray(shift);
        place.set(values);
        return place;
      };
      const c = new Float32Array(rows * columns + shift).subarray(shift);
      blas.multiply(
        { numbers: moved(a), stride: inner },
        false,
        { numbers: moved(b), stride: columns },
        false,
        { numbers: c, stride: columns },
        rows,
        inner,
        columns,
        0,
      );
      bits.add(new Uint32Array(c.slice().buffer).join());
    }
    strictEqual(bits.size, 1, `${rows}×${inner}×${columns}`);
  }
});

withBlas(
  "products have the same bits in every worker, however many compute at a time",
  async () => {
    const program = new URL("./openblas_worker.ts", import.meta.url);
    const bits = async (count: number) =>
      await Promise.all(Array.from({ length: count }, async () => {
        const worker = new Worker(program, { type: "module" });
        const { promise, resolve, reject } = Promise.withResolvers<string>();
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        return await promise.finally(() => worker.terminate());
      }));
    const all = [...await bits(1), ...await bits(4)];
    strictEqual(new Set(all).size, 1);
  },
);
