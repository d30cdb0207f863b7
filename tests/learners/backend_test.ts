/** Choosing a tensor backend, and what is said when one cannot be used. */
import { match, ok, rejects, strictEqual } from "node:assert/strict";
import { BackendError, type BackendName, readyBackend } from "../../learners/nn/backend.ts";

/** `navigator.gpu` replaced for the time of `work`. */
async function withGpu(gpu: unknown, work: () => Promise<void>): Promise<void> {
  const original = Object.getOwnPropertyDescriptor(navigator, "gpu");
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  try {
    await work();
  } finally {
    if (original) Object.defineProperty(navigator, "gpu", original);
    else Reflect.deleteProperty(navigator, "gpu");
  }
}

const withoutAdapter = { requestAdapter: () => Promise.resolve(null) };

Deno.test({
  name: "wasm without leave to read its binary names the file and the flag",
  permissions: { read: false },
  fn: async () => {
    await rejects(readyBackend("wasm"), (error: Error) => {
      ok(error instanceof BackendError);
      match(error.message, /tfjs-backend-wasm-simd\.wasm.*--allow-read/);
      return true;
    });
  },
});

Deno.test("cpu and wasm become current and say what they run on", async () => {
  const tf = await import("@tensorflow/tfjs");
  for (const name of ["cpu", "wasm", "cpu", "wasm"] as const) {
    const ready = await readyBackend(name);
    strictEqual(ready.name, name);
    strictEqual(tf.getBackend(), name);
    ok(ready.detail.length > 0);
  }
});

Deno.test("webgpu without an adapter says which drivers it needs", async () => {
  for (const gpu of [withoutAdapter, undefined]) {
    await withGpu(gpu, async () => {
      await rejects(readyBackend("webgpu"), {
        name: "BackendError",
        message: /no adapter.*Vulkan/,
      });
    });
  }
});

Deno.test("auto passes over a missing GPU and says why", async () => {
  await withGpu(withoutAdapter, async () => {
    const { name, detail } = await readyBackend("auto");
    strictEqual(name, "wasm");
    match(detail, /^WebAssembly.*webgpu finds no adapter/);
  });
});

Deno.test("auto passes over a GPU in software", async () => {
  const software = { requestAdapter: () => Promise.resolve({ info: { isFallbackAdapter: true } }) };
  await withGpu(software, async () => {
    const { name, detail } = await readyBackend("auto");
    strictEqual(name, "wasm");
    match(detail, /only an adapter in software/);
  });
});

Deno.test("a backend that computes wrongly is refused", async () => {
  const tf = await import("@tensorflow/tfjs");
  await readyBackend("cpu");
  const product = tf.getKernel(tf.BatchMatMul, "cpu")!;
  tf.unregisterKernel(tf.BatchMatMul, "cpu");
  tf.registerKernel({
    ...product,
    kernelFunc: ({ inputs, backend, attrs }) =>
      product.kernelFunc({
        inputs,
        backend,
        attrs: { ...attrs, transposeA: false, transposeB: true },
      }),
  });
  try {
    await rejects(readyBackend("cpu"), { name: "BackendError", message: /computes wrongly/ });
  } finally {
    tf.unregisterKernel(tf.BatchMatMul, "cpu");
    tf.registerKernel(product);
  }
});

Deno.test("an unknown backend is refused with the names there are", async () => {
  await rejects(readyBackend("cuda" as BackendName), {
    name: "RangeError",
    message: /"cuda".*cpu, wasm, webgpu, auto/,
  });
});
