/** What the processes of workers may do, as flags of `deno run`: no more than they need. */
import { permittedPaths } from "../../learners/nn/kernels/openblas.ts";

/** Whether this process may load native code; those that it starts may where it may itself. */
export function mayLoadNativeCode(): boolean {
  return Deno.permissions.querySync({ name: "ffi" }).state === "granted";
}

/**
 * What tensor backends use beside the program's files: native libraries, which read the environment, or
 * at least OpenBLAS.
 */
export function backendPermissions(): string[] {
  if (mayLoadNativeCode()) return ["--allow-ffi", "--allow-env"];
  const environment = "--allow-env=OPENBLAS_NUM_THREADS,XDG_RUNTIME_DIR";
  const libraries = permittedPaths();
  return libraries.length === 0 ? [environment] : [environment, `--allow-ffi=${libraries.join()}`];
}

/** Where a worker's process connects to and writes. */
export interface WorkerReach {
  /** `host:port` of each server. */
  readonly hosts: readonly string[];
  /** The folder of its spool. */
  readonly spool: string;
}

/** What a worker's process needs. */
export function workerPermissions({ hosts, spool }: WorkerReach): string[] {
  return [
    // Threads of jobs get less than the process.
    "--unstable-worker-options",
    "--allow-read",
    `--allow-write=${spool}`,
    `--allow-net=${hosts.join(",")}`,
    "--allow-sys=hostname,loadavg,systemMemoryInfo",
    ...backendPermissions(),
  ];
}
