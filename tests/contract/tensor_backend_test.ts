/** The conformance suite of the tensor backends, run against each that is available. */
import { BackendError, type ComputingBackend, readyBackend } from "../../learners/nn/backend.ts";
import { graphics, strict, tensorBackendContract } from "./tensor_backend.ts";

tensorBackendContract("cpu", strict);
tensorBackendContract("wasm", strict);

// The addons first: they cannot be loaded once WebGPU has been asked for an adapter.
const others = [["tensorflow", strict], ["webgpu", graphics]] as const;

for (const [backend, tolerances] of others) {
  const reason = await whyUnusable(backend);
  if (reason === undefined) tensorBackendContract(backend, tolerances);
  else Deno.test({ name: `${backend}: not run; ${reason}`, ignore: true, fn() {} });
}

async function whyUnusable(backend: ComputingBackend): Promise<string | undefined> {
  try {
    await readyBackend(backend);
    return undefined;
  } catch (error) {
    if (error instanceof BackendError) return error.message;
    throw error;
  }
}
