/**
 * The tensor engine's backend: which of TensorFlow.js's backends computes, made ready and checked.
 *
 * Nothing of TensorFlow.js is loaded before `readyBackend` is called, so programs that do without
 * tensors do not pay for them. Modules that compute with tensors import "@tensorflow/tfjs" themselves
 * and are to be imported dynamically, after this.
 *
 * Permissions: `--allow-read` for `wasm` (its binary lies in the package's folder), which also uses those
 * of kernels/openblas.ts where it has them; none for `cpu` and `webgpu`; those of tensorflow_addon.ts for
 * `tensorflow` and `tensorflow-gpu`.
 */
import { fileURLToPath } from "node:url";
import { BackendError } from "./backend_error.ts";
import type { Absence } from "./kernels/openblas.ts";
import type { AddonBackendName } from "./tensorflow_addon.ts";

export { BackendError };

/** Backends that compute; the faster ones first. */
export const computingBackends = [
  "tensorflow-gpu",
  "webgpu",
  "tensorflow",
  "wasm",
  "cpu",
] as const;

export type ComputingBackend = (typeof computingBackends)[number];

/** What can be asked for: a backend, or the first usable one. */
export const backendNames = [...computingBackends, "auto"] as const;

export type BackendName = (typeof backendNames)[number];

/** A backend that passed its check. */
export interface ReadyBackend {
  readonly name: ComputingBackend;
  /** What computes, for people. On one backend the same detail gives the same bits. */
  readonly detail: string;
  /** How it could be faster here, in one line, where it could. */
  readonly advice?: string;
  /** The faster ones that `auto` could not use, each with why and how to get it. */
  readonly passedOver: readonly PassedOver[];
}

/** A backend that cannot be used here. */
export interface PassedOver {
  readonly name: ComputingBackend;
  readonly reason: string;
}

/** What a backend may use. */
export interface BackendOptions {
  /** Whether `wasm` leaves products to OpenBLAS where that can be had; by default it does. */
  readonly openBlas?: boolean;
}

const useAnother = `use another of ${computingBackends.join(", ")}`;

type TensorFlow = typeof import("@tensorflow/tfjs");

/** Imports a backend, gets it running, and says what computes. */
type Preparation = (tf: TensorFlow, options: BackendOptions) => Promise<string | Prepared>;

type Prepared = Pick<ReadyBackend, "detail" | "advice">;

const preparations: Readonly<Record<ComputingBackend, Preparation>> = {
  "tensorflow-gpu": (tf) => prepareAddon(tf, "tensorflow-gpu"),
  "webgpu": prepareWebgpu,
  "tensorflow": (tf) => prepareAddon(tf, "tensorflow"),
  "wasm": prepareWasm,
  "cpu": async (tf) => {
    await activate(tf, "cpu");
    return "plain JavaScript, one core";
  },
};

/**
 * Make a backend TensorFlow.js's current one and check a product on it.
 *
 * `auto` takes the first of `computingBackends` that works; a software adapter of WebGPU is passed over
 * since WASM is faster than it.
 *
 * @throws {RangeError} when there is no backend of that name
 * @throws {BackendError} when the backend cannot be used here
 */
export async function readyBackend(
  name: BackendName,
  options: BackendOptions = {},
): Promise<ReadyBackend> {
  if (name === "auto") return await firstUsable(options);
  if (!Object.hasOwn(preparations, name)) {
    throw new RangeError(`no tensor backend "${name}"; there are ${backendNames.join(", ")}`);
  }
  const tf = await import("@tensorflow/tfjs");
  const { registerGradients } = await import("./kernels/register.ts");
  registerGradients();
  const prepared = await preparations[name](tf, options);
  await checkProduct(tf, name);
  const { detail, advice } = typeof prepared === "string" ? { detail: prepared } : prepared;
  return { name, detail, ...(advice && { advice }), passedOver: [] };
}

async function firstUsable(options: BackendOptions): Promise<ReadyBackend> {
  const passedOver: PassedOver[] = [];
  for (const name of computingBackends) {
    try {
      if (name === "webgpu") await requireRealGpu();
      return { ...await readyBackend(name, options), passedOver };
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      passedOver.push({ name, reason: error.message });
    }
  }
  const reasons = passedOver.map(({ reason }) => reason);
  throw new BackendError("auto", `finds none that works: ${reasons.join("; ")}`);
}

/**
 * Whether WebGPU has been asked for an adapter, which loads the drivers of Vulkan. They bring LLVM, and so
 * does TensorFlow's library; loaded after them, it has been seen to end the process.
 */
let driversLoaded = false;

async function requireRealGpu(): Promise<void> {
  const { loadAddon } = await import("./tensorflow_addon.ts");
  try {
    loadAddon("tensorflow", driversLoaded);
  } catch (error) {
    // It is said when its turn has come.
    if (!(error instanceof BackendError)) throw error;
  }
  if ((await gpuAdapter()).info.isFallbackAdapter) {
    throw new BackendError("webgpu", "has only an adapter in software");
  }
}

async function prepareAddon(tf: TensorFlow, name: AddonBackendName): Promise<string> {
  const addon = await import("./tensorflow_addon.ts");
  // What it registers twice, after a start that failed, is not worth a warning each.
  tf.enableProdMode();
  addon.loadAddon(name, driversLoaded);
  await activate(tf, addon.addonEngineName);
  return addon.describeAddon(tf, name);
}

/** The WASM binary that runs where SIMD is available, which is everywhere that Deno runs. */
const wasmBinary = "tfjs-backend-wasm-simd.wasm";

async function prepareWasm(
  tf: TensorFlow,
  { openBlas = true }: BackendOptions,
): Promise<Prepared> {
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  if (!("wasm" in tf.engine().registry)) {
    const folder = new URL("./", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
    await checkReadable(new URL(wasmBinary, folder));
    wasm.setWasmPaths(fileURLToPath(folder));
  }
  const { registerWasmKernels } = await import("./kernels/register.ts");
  const { findOpenBlas } = await import("./kernels/openblas.ts");
  const { blas, absence } = openBlas ? findOpenBlas() : {};
  registerWasmKernels(blas);
  await activate(tf, "wasm");
  const detail = `WebAssembly with SIMD, threads: ${wasm.getThreadsCount()}`;
  if (blas) return { detail: `${detail}; products by ${blas.description}` };
  return { detail, ...(absence && { advice: adviceOn(absence) }) };
}

function adviceOn({ problem, remedy }: Absence): string {
  return `products would be several times as fast with OpenBLAS, which ${problem}: ${remedy}`;
}

/** TensorFlow.js reports a binary that it cannot read as "failed to load"; this says why. */
async function checkReadable(binary: URL): Promise<void> {
  try {
    (await Deno.open(binary)).close();
  } catch (error) {
    const [problem, remedy] = error instanceof Deno.errors.NotCapable
      ? ["may not be read", "add --allow-read"]
      : ["cannot be read", "install the packages again: deno install"];
    throw new BackendError("wasm", `needs ${fileURLToPath(binary)}, which ${problem}`, remedy, {
      cause: error,
    });
  }
}

async function prepareWebgpu(tf: TensorFlow): Promise<string> {
  const { info } = await gpuAdapter();
  await import("@tensorflow/tfjs-backend-webgpu");
  const { registerWebgpuKernels } = await import("./kernels/register.ts");
  registerWebgpuKernels();
  // Small tensors that have not been on the GPU yet would be computed on the processor, to other last bits
  // than those that have: an interrupted job would not end as an undisturbed one.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  await activate(tf, "webgpu");
  return info.isFallbackAdapter ? `${info.description}, in software` : info.description;
}

/** @throws {BackendError} when there is no WebGPU adapter */
async function gpuAdapter(): Promise<GPUAdapter> {
  driversLoaded ||= navigator.gpu !== undefined;
  silenceWayland();
  const adapter = await navigator.gpu?.requestAdapter();
  if (adapter) return adapter;
  throw new BackendError(
    "webgpu",
    "finds no adapter",
    "it needs a driver for Vulkan, Metal or DirectX 12 (Debian's mesa-vulkan-drivers is one in software)",
  );
}

/**
 * Without a desktop, Wayland's library writes four errors about a missing XDG_RUNTIME_DIR each time that
 * Vulkan's drivers are loaded; any folder satisfies it, since nothing is shown on a screen.
 */
function silenceWayland(): void {
  const variable = "XDG_RUNTIME_DIR";
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return;
  if (!Deno.env.has(variable)) Deno.env.set(variable, "/");
}

async function activate(tf: TensorFlow, name: string): Promise<void> {
  // Out of production mode TensorFlow.js writes why a start failed; in it, it keeps its advice to
  // install tfjs-node to itself.
  tf.env().set("PROD", false);
  const started = await tf.setBackend(name);
  tf.enableProdMode();
  if (started) return;
  const problem = "did not start; TensorFlow.js wrote the reason above";
  throw new BackendError(name, problem, useAnother);
}

/** Multiply two small matrices, one of them transposed, and compare with the known product. */
async function checkProduct(tf: TensorFlow, name: ComputingBackend): Promise<void> {
  const expected = [3.5, 25, 5, 30];
  const computed = await smallProduct(tf).catch((error: unknown) => {
    throw new BackendError(name, `fails to compute a product: ${error}`, useAnother, {
      cause: error,
    });
  });
  if (expected.every((value, i) => Math.abs(computed[i] - value) < 1e-4)) return;
  const problem = `computes wrongly: a product is ${computed} instead of ${expected}`;
  throw new BackendError(name, problem, useAnother);
}

async function smallProduct(tf: TensorFlow): Promise<ArrayLike<number>> {
  const product = tf.tidy(() => {
    const a = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const b = tf.tensor2d([1, -1, 0, 2, 0.5, 4], [3, 2]);
    return tf.matMul(a, b, true, false); // [2, 2]
  });
  const values = await product.data();
  product.dispose();
  return values;
}
