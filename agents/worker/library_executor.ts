/**
 * Does jobs of the library: a method's variant under one seed, in a thread of its own. Idle workers help those
 * that can use help; their results are the same.
 */
import { z } from "zod";
import type { JobResult } from "../../learners/method.ts";
import { type ComputingBackend, computingBackends } from "../../learners/nn/backend.ts";
import { jobConfig } from "../library/run_config.ts";
import type { JobOwner } from "../library/method_job.ts";
import { MethodThread, standardLibrary } from "../library/method_thread.ts";
import { onAbort, unlessAborted } from "../abort.ts";
import {
  checkpointSeconds,
  type ExecutionContext,
  type ExecutionEnd,
  type Executor,
} from "./executor.ts";

/** The work of a job of the library. The backend stands in its needs. */
export const libraryWork = jobConfig.omit({ backend: true });

export type LibraryWork = z.infer<typeof libraryWork>;

/** The most idle workers that one job occupies. */
const mostActors = 8;

const backendOf = z.enum(computingBackends);

/**
 * The executor of the library's jobs. The result is the method's `JobResult` as JSON, in which
 * the NaNs and infinities of curves are null.
 * @param library the module whose `library` has the methods
 */
export function libraryExecutor(library = standardLibrary): Executor<LibraryWork> {
  return {
    kind: "library",
    work: libraryWork,
    run: (work, context) => runJob(work, context, library),
  };
}

async function runJob(
  work: LibraryWork,
  context: ExecutionContext,
  library: string,
): Promise<ExecutionEnd> {
  const backend: ComputingBackend = backendOf.parse(context.backend);
  using thread = new MethodThread(backend, library);
  using _ = onAbort(context.stop, () => thread.stop());
  const { detail: device } = await unlessAborted(context.abandon, thread.ready);
  const checkpoint = context.checkpoint?.bytes;
  const request = { ...work, backend, checkpoint, checkpointSeconds };
  const help = { bus: context.bus, name: context.job, actors: mostActors };
  const running = thread.run(request, ownerOf(context, device), help);
  const end = await unlessAborted(context.abandon, running);
  if (end.kind === "stopped") return end;
  return { kind: "finished", result: resultBytes(end.result), device, cost: end.cost };
}

function ownerOf(context: ExecutionContext, device: string): JobOwner {
  return {
    progress(progress) {
      context.progress(progress.step, progress.steps, { ...progress });
    },
    file: (name) => context.file(name),
    checkpoint: (checkpoint) => context.keep({ ...checkpoint, device }),
  };
}

/** What a job has come to as JSON, its parts in the method's order: the same result, the same bytes. */
export function resultBytes(result: JobResult): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(result));
}
