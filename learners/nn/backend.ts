/**
 * The tensor engine's backend: which of TensorFlow.js's backends computes, made ready and checked.
 *
 * Nothing of TensorFlow.js is loaded before `readyBackend` is called, so programs that do without
 * tensors do not pay for them. Modules that compute with tensors import "@tensorflow/tfjs" themselves
 * and are to be imported dynamically, after this.
 *
 * Permissions: `--allow-read` for `wasm` (its binary lies in the package's folder); none for `cpu` and
 * `webgpu`.
 */
import { fileURLToPath } from "node:url";

/** Backends that compute. */
export const computingBackends = ["cpu", "wasm", "webgpu"] as const;

export type ComputingBackend = (typeof computingBackends)[number];

/** What can be asked for: a backend, or the first usable one of webgpu, wasm and cpu. */
export const backendNames = [...computingBackends, "auto"] as const;

export type BackendName = (typeof backendNames)[number];

/** A backend that passed its check. */
export interface ReadyBackend {
  readonly name: ComputingBackend;
  /** What it runs on, for people. */
  readonly detail: string;
}

/** Why a backend cannot be used, and what to do about it. */
export class BackendError extends Error {
  override readonly name = "BackendError";
}

type TensorFlow = typeof import("@tensorflow/tfjs");

/** Imports a backend, gets it running, and says what it runs on. */
type Preparation = (tf: TensorFlow) => Promise<string>;

const preparations: Readonly<Record<ComputingBackend, Preparation>> = {
  cpu: async (tf) => {
    await activate(tf, "cpu");
    return "plain JavaScript, one core";
  },
  wasm: prepareWasm,
  webgpu: prepareWebgpu,
};

/**
 * Make a backend TensorFlow.js's current one and check a product on it.
 *
 * `auto` takes the first that works of `webgpu` on a real GPU, `wasm` and `cpu`; a software adapter of
 * WebGPU is passed over since WASM is faster than it.
 *
 * @throws {RangeError} when there is no backend of that name
 * @throws {BackendError} when the backend cannot be used here
 */
export async function readyBackend(name: BackendName): Promise<ReadyBackend> {
  if (name === "auto") return await firstUsable();
  if (!Object.hasOwn(preparations, name)) {
    throw new RangeError(`no tensor backend "${name}"; there are ${backendNames.join(", ")}`);
  }
  const tf = await import("@tensorflow/tfjs");
  const detail = await preparations[name](tf);
  await checkProduct(tf, name);
  return { name, detail };
}

async function firstUsable(): Promise<ReadyBackend> {
  const passedOver: string[] = [];
  for (const name of ["webgpu", "wasm", "cpu"] as const) {
    try {
      if (name === "webgpu" && (await gpuAdapter()).info.isFallbackAdapter) {
        throw new BackendError("backend webgpu has only an adapter in software");
      }
      const { detail } = await readyBackend(name);
      return { name, detail: [detail, ...passedOver].join("; ") };
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      passedOver.push(error.message);
    }
  }
  throw new BackendError(`no tensor backend works here: ${passedOver.join("; ")}`);
}

/** The WASM binary that runs where SIMD is available, which is everywhere that Deno runs. */
const wasmBinary = "tfjs-backend-wasm-simd.wasm";

async function prepareWasm(tf: TensorFlow): Promise<string> {
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  if (!("wasm" in tf.engine().registry)) {
    const folder = new URL("./", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
    await checkReadable(new URL(wasmBinary, folder));
    wasm.setWasmPaths(fileURLToPath(folder));
  }
  const { registerTransposedProducts } = await import("./kernels/transposed_products.ts");
  registerTransposedProducts();
  await activate(tf, "wasm");
  return `WebAssembly with SIMD, threads: ${wasm.getThreadsCount()}`;
}

/** TensorFlow.js reports a binary that it cannot read as "failed to load"; this says why. */
async function checkReadable(binary: URL): Promise<void> {
  try {
    (await Deno.open(binary)).close();
  } catch (error) {
    const remedy = error instanceof Deno.errors.NotCapable
      ? "it may not be read; add --allow-read"
      : "it cannot be read; install the packages again (deno install)";
    throw new BackendError(`backend wasm needs ${fileURLToPath(binary)}, but ${remedy}`, {
      cause: error,
    });
  }
}

async function prepareWebgpu(tf: TensorFlow): Promise<string> {
  const { info } = await gpuAdapter();
  await import("@tensorflow/tfjs-backend-webgpu");
  await activate(tf, "webgpu");
  return info.isFallbackAdapter ? `${info.description}, in software` : info.description;
}

/** @throws {BackendError} when there is no WebGPU adapter */
async function gpuAdapter(): Promise<GPUAdapter> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (adapter) return adapter;
  throw new BackendError(
    "backend webgpu finds no adapter; it needs a driver for Vulkan, Metal or DirectX 12 " +
      "(Debian's mesa-vulkan-drivers is one in software)",
  );
}

async function activate(tf: TensorFlow, name: ComputingBackend): Promise<void> {
  // Out of production mode TensorFlow.js writes why a start failed; in it, it keeps its advice to
  // install tfjs-node to itself.
  tf.env().set("PROD", false);
  const started = await tf.setBackend(name);
  tf.enableProdMode();
  if (started) return;
  throw new BackendError(
    `backend ${name} did not start; TensorFlow.js wrote the reason above. Use another of ` +
      computingBackends.join(", "),
  );
}

/** Multiply two small matrices, one of them transposed, and compare with the known product. */
async function checkProduct(tf: TensorFlow, name: ComputingBackend): Promise<void> {
  const product = tf.tidy(() => {
    const a = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const b = tf.tensor2d([1, -1, 0, 2, 0.5, 4], [3, 2]);
    return tf.matMul(a, b, true, false); // [2, 2]
  });
  const expected = [3.5, 25, 5, 30];
  const computed = await product.data();
  product.dispose();
  if (expected.every((value, i) => Math.abs(computed[i] - value) < 1e-4)) return;
  throw new BackendError(
    `backend ${name} computes wrongly: a product is ${computed} instead of ${expected}. Use another ` +
      `of ${computingBackends.join(", ")}`,
  );
}
