/**
 * TensorFlow's own library as a backend: the packages tfjs-node (all cores of the processor) and
 * tfjs-node-gpu (CUDA), which are native addons that the user may install beside the project's packages.
 *
 * They are looked for in node_modules and loaded as CommonJS from there: importing them by an `npm:`
 * specifier would make Deno download them where they are missing. Permissions are looked up before they
 * are needed, so that nobody is asked for one on the way to another backend.
 *
 * Permissions: `--allow-read`, `--allow-ffi` for the addon, `--allow-env` for node-pre-gyp, which finds it,
 * `--allow-sys=cpus,hostname,networkInterfaces` for what it asks of the machine.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import util from "node:util";
import { BackendError } from "./backend_error.ts";

/** What can be asked of TensorFlow.js's backend once an addon is loaded. */
interface AddonBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

type TensorFlow = typeof import("@tensorflow/tfjs");

const packages = {
  "tensorflow": "@tensorflow/tfjs-node",
  "tensorflow-gpu": "@tensorflow/tfjs-node-gpu",
} as const;

export type AddonBackendName = keyof typeof packages;

/** The name under which both addons register their backend with TensorFlow.js. */
export const addonEngineName = "tensorflow";

/** The version that belongs to the project's TensorFlow.js. */
const version = "4.22.0";

/** The command that installs `backend`'s package with its native library. */
export function installCommand(backend: AddonBackendName): string {
  const specifier = `npm:${packages[backend]}`;
  return `deno install --allow-scripts=${specifier} --entrypoint ${specifier}@${version}`;
}

const require = createRequire(import.meta.url);

/** The addon in this process. Two would bring two copies of one library, which do not bear each other. */
let loaded: AddonBackendName | undefined;

/**
 * Load the addon of `backend`; it registers itself with TensorFlow.js.
 * @param afterDrivers whether Vulkan's drivers are in this process already, which it does not bear
 * @throws {BackendError} when it is not installed, may not be loaded, or does not load
 */
export function loadAddon(backend: AddonBackendName, afterDrivers: boolean): void {
  requirePermissions(backend);
  // Where it finds no GPU, tfjs-node-gpu does what tfjs-node does.
  if (loaded === backend || loaded === "tensorflow-gpu") return;
  requireInstalled(backend);
  const rival = loaded ?? (afterDrivers ? "webgpu" : undefined);
  if (rival) {
    const problem = `cannot be loaded into a program that has used ${rival}`;
    throw new BackendError(backend, problem, `start anew with --backend ${backend}`);
  }
  restoreNodeUtilities();
  // TensorFlow otherwise writes lines of information to standard error, past every stream of Deno's.
  if (!Deno.env.has("TF_CPP_MIN_LOG_LEVEL")) Deno.env.set("TF_CPP_MIN_LOG_LEVEL", "1");
  try {
    require(packages[backend]);
  } catch (error) {
    const problem = `is installed, but does not load: ${firstLine(error)}`;
    const remedy = `install it with its native library: ${installCommand(backend)}`;
    throw new BackendError(backend, problem, remedy, { cause: error });
  }
  loaded = backend;
}

/**
 * What the loaded addon, TensorFlow.js's current backend, runs on.
 * @throws {BackendError} when `backend` is `tensorflow-gpu`, and TensorFlow uses no GPU
 */
export function describeAddon(tf: TensorFlow, backend: AddonBackendName): string {
  const { isUsingGpuDevice, binding } = tf.backend() as unknown as AddonBackend;
  if (backend === "tensorflow-gpu" && !isUsingGpuDevice) {
    throw new BackendError(
      backend,
      `finds no GPU that TensorFlow ${binding.TF_Version} can use, which wrote above what it misses`,
      "it needs an NVIDIA driver, and CUDA 11.2 with cuDNN 8.1 for TensorFlow 2.9",
    );
  }
  const device = isUsingGpuDevice ? "CUDA" : `threads: ${navigator.hardwareConcurrency}`;
  return `TensorFlow ${binding.TF_Version}, ${device}`;
}

function requirePermissions(backend: AddonBackendName): void {
  const packageFolder = fileURLToPath(import.meta.resolve("../../node_modules"));
  const needed: readonly Deno.PermissionDescriptor[] = [
    { name: "read", path: packageFolder },
    { name: "ffi" },
    { name: "env" },
    ...(["cpus", "hostname", "networkInterfaces"] as const)
      .map((kind) => ({ name: "sys", kind }) as const),
  ];
  const missing = needed.filter((each) => Deno.permissions.querySync(each).state !== "granted");
  if (missing.length === 0) return;
  const flags = missing
    .map((each) => each.name === "sys" ? `--allow-sys=${each.kind}` : `--allow-${each.name}`)
    .join(" ");
  throw new BackendError(
    backend,
    "may not be loaded",
    `add ${flags}, and have ${packages[backend]} installed: ${installCommand(backend)}`,
  );
}

function requireInstalled(backend: AddonBackendName): void {
  try {
    require.resolve(packages[backend]);
  } catch (error) {
    const problem = `needs ${packages[backend]}, which is not installed`;
    const remedy = `get it with: ${installCommand(backend)}`;
    throw new BackendError(backend, problem, remedy, { cause: error });
  }
}

/** tfjs-node calls functions of node:util that Node 23 removed, and Deno with it. */
function restoreNodeUtilities(): void {
  const removed = {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  };
  for (const [name, value] of Object.entries(removed)) {
    if (!(name in util)) Object.defineProperty(util, name, { value });
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0].replace(
    /[.\s]+$/,
    "",
  );
}
