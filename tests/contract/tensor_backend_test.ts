/** The conformance suite of the tensor backends, run against each that is available; WebGPU has its own process. */
import { BackendError, readyBackend } from "../../learners/nn/backend.ts";
import { findOpenBlas } from "../../learners/nn/kernels/openblas.ts";
import { strict, tensorBackendContract } from "./tensor_backend.ts";

tensorBackendContract("cpu", strict);
tensorBackendContract("wasm", strict, { openBlas: false });

const { absence } = findOpenBlas();
if (!absence) tensorBackendContract("wasm", strict, { name: "wasm with OpenBLAS" });
else {Deno.test({
    name: `wasm with OpenBLAS: not run; it ${absence.problem}`,
    ignore: true,
    fn() {},
  });}

const noAddon = await whyUnusable();
if (noAddon === undefined) tensorBackendContract("tensorflow", strict);
else Deno.test({ name: `tensorflow: not run; ${noAddon}`, ignore: true, fn() {} });

async function whyUnusable(): Promise<string | undefined> {
  try {
    await readyBackend("tensorflow");
    return undefined;
  } catch (error) {
    if (error instanceof BackendError) return error.message;
    throw error;
  }
}
