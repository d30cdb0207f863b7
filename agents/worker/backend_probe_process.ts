/** The process in which one tensor backend is tried; `backend_probe.ts` starts it with the backend's name. */
import { z } from "zod";
import { BackendError, computingBackends, readyBackend } from "../../learners/nn/backend.ts";
import type { BackendFinding } from "./backend_probe.ts";

async function probe(name: string): Promise<BackendFinding> {
  try {
    const { detail } = await readyBackend(z.enum(computingBackends).parse(name));
    const software = name === "webgpu" &&
      (await navigator.gpu.requestAdapter())?.info.isFallbackAdapter === true;
    return { device: detail, software };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return { problem: error.message };
  }
}

const finding = JSON.stringify(await probe(Deno.args[0]));
// Whatever was written before, this is a line of its own.
console.log(`\n${finding}`);
// What a library has left running is not waited for.
Deno.exit(0);
