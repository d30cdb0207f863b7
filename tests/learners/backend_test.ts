/** Choosing a tensor backend, and what is said when one cannot be used. */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { existsSync } from "node:fs";
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

/** Without leave to load addons, so that it does not matter whether they are installed. */
const withoutAddons = { read: true, ffi: false };

// Before anything asks WebGPU for an adapter, after which no addon can be loaded.
const addons = [
  { name: "tensorflow", package: "@tensorflow/tfjs-node" },
  { name: "tensorflow-gpu", package: "@tensorflow/tfjs-node-gpu" },
] as const;

for (const addon of addons) {
  const { name } = addon;
  const installed = existsSync(new URL(`../../node_modules/${addon.package}`, import.meta.url));
  const command = new RegExp(
    `deno install --allow-scripts=npm:${addon.package} --entrypoint npm:${addon.package}@4\\.22\\.0`,
  );

  Deno.test({
    name: `${name} without leave to load it names the flags and the command that installs it`,
    permissions: withoutAddons,
    fn: async () => {
      await rejects(readyBackend(name), (error: Error) => {
        ok(error instanceof BackendError);
        match(error.message, /add --allow-ffi --allow-env/);
        match(error.message, command);
        return true;
      });
    },
  });

  Deno.test({
    name: `${name} that is not installed names the command that installs it`,
    ignore: installed || !mayLoadAddons(),
    fn: async () => {
      await rejects(readyBackend(name), (error: Error) => {
        ok(error instanceof BackendError);
        match(error.message, /not installed/);
        match(error.message, command);
        return true;
      });
    },
  });

  Deno.test({
    name: `${name} that is installed becomes current, or says what it misses`,
    ignore: !installed || !mayLoadAddons(),
    fn: async () => {
      const tf = await import("@tensorflow/tfjs");
      try {
        const ready = await readyBackend(name);
        strictEqual(ready.name, name);
        strictEqual(tf.getBackend(), "tensorflow");
        match(ready.detail, /^TensorFlow \d+\.\d+/);
      } catch (error) {
        ok(error instanceof BackendError);
        match(error.message, /does not load|finds no GPU|start anew/);
      }
    },
  });
}

/** Whether addons may be loaded here: where --allow-ffi is not given, their tests are skipped. */
function mayLoadAddons(): boolean {
  return Deno.permissions.querySync({ name: "ffi" }).state === "granted";
}

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

Deno.test({
  name: "auto passes over a missing GPU and says why",
  permissions: withoutAddons,
  fn: async () => {
    await withGpu(withoutAdapter, async () => {
      const { name, passedOver } = await readyBackend("auto");
      strictEqual(name, "wasm");
      const names = passedOver.map(({ name }) => name);
      deepStrictEqual(names, ["tensorflow-gpu", "webgpu", "tensorflow"]);
      match(passedOver[1].reason, /webgpu finds no adapter/);
    });
  },
});

Deno.test({
  name: "auto passes over a GPU in software",
  permissions: withoutAddons,
  fn: async () => {
    const software = {
      requestAdapter: () => Promise.resolve({ info: { isFallbackAdapter: true } }),
    };
    await withGpu(software, async () => {
      const { name, passedOver } = await readyBackend("auto");
      strictEqual(name, "wasm");
      match(passedOver[1].reason, /only an adapter in software/);
    });
  },
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
    message: /"cuda".*tensorflow-gpu, webgpu, tensorflow, wasm, cpu, auto/,
  });
});
