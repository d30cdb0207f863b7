/// <reference lib="deno.worker" />
/**
 * The thread in which one job of the library happens; `method_thread.ts` starts it. It can read the
 * program's own files and nothing else: what a job needs of the world it asks of the owner.
 */
import { type Port, portBus } from "../../cluster/port_bus.ts";
import type { JobProgress } from "../../learners/method.ts";
import { type BackendName, type ReadyBackend, readyBackend } from "../../learners/nn/backend.ts";
import type { JobActors } from "../rollouts/job_actors.ts";
import type { Checkpoint, JobCost, JobDescription, JobEnd, JobOwner } from "./method_job.ts";

/** What a job's thread is to do. */
export interface JobRequest extends JobDescription {
  /** A file of `snapshot.ts` to go on from. */
  readonly checkpoint?: Uint8Array<ArrayBuffer>;
  readonly checkpointSeconds: number;
}

/** Actors that a job may have; they are beyond the thread's port. */
export interface HelpWanted {
  readonly name: string;
  readonly actors: number;
}

/** From the owner to the thread. */
export type ToThread =
  /** First, once. `library` is the module that exports the methods as `library`. */
  | { readonly kind: "prepare"; readonly backend: BackendName; readonly library: string }
  /** Once it is ready, once. */
  | { readonly kind: "start"; readonly request: JobRequest; readonly help?: HelpWanted }
  | { readonly kind: "stop" }
  | { readonly kind: "file"; readonly question: number; readonly bytes: Uint8Array }
  | {
    readonly kind: "no-file";
    readonly question: number;
    readonly file: string;
    readonly found: string;
    readonly expected: string;
  }
  | { readonly kind: "kept" };

/** From the thread to the owner. */
export type FromThread =
  | { readonly kind: "ready"; readonly backend: ReadyBackend }
  | { readonly kind: "progress"; readonly progress: JobProgress; readonly cost: JobCost }
  | { readonly kind: "file?"; readonly question: number; readonly name: string }
  /** Answered with `kept`. */
  | { readonly kind: "checkpoint"; readonly checkpoint: Checkpoint }
  | { readonly kind: "ended"; readonly end: JobEnd }
  | ThreadFailure;

/** Why a thread could not do what it was to do. */
export interface ThreadFailure {
  readonly kind: "failed";
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

const scope = self as unknown as DedicatedWorkerGlobalScope;
const stop = new AbortController();
const files = new Map<number, PromiseWithResolvers<Uint8Array>>();
const keeping: PromiseWithResolvers<void>[] = [];
let methods: Promise<typeof import("../../learners/library.ts")["library"]>;

const tell = (message: FromThread, transfer: Transferable[] = []) =>
  scope.postMessage(message, transfer);

const fail = (error: unknown) => {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  tell({ kind: "failed", name, message, stack });
};

const owner: JobOwner = {
  progress: (progress, cost) => tell({ kind: "progress", progress, cost }),
  file(name) {
    const question = files.size;
    const answer = Promise.withResolvers<Uint8Array>();
    files.set(question, answer);
    tell({ kind: "file?", question, name });
    return answer.promise;
  },
  checkpoint(checkpoint) {
    const kept = Promise.withResolvers<void>();
    keeping.push(kept);
    tell({ kind: "checkpoint", checkpoint }, [checkpoint.bytes.buffer]);
    return kept.promise;
  },
};

async function prepare(backend: BackendName, library: string): Promise<void> {
  // The backend comes first: with it comes TensorFlow.js, which the methods import.
  const ready = await readyBackend(backend);
  methods = import(library).then((module) => module.library);
  await methods;
  tell({ kind: "ready", backend: ready });
}

async function doJob(
  { checkpoint, checkpointSeconds, ...description }: JobRequest,
  help: HelpWanted | undefined,
): Promise<JobEnd> {
  const [{ runMethodJob }, { decodeSnapshot }, { findMethod }] = await Promise.all([
    import("./method_job.ts"),
    import("./snapshot.ts"),
    import("../../learners/library.ts"),
  ]);
  const method = findMethod(description.method, await methods);
  const restored = checkpoint && decodeSnapshot(checkpoint);
  using actors = help && await jobActors(help);
  const settings = { restored, checkpointSeconds, signal: stop.signal, actors };
  return await runMethodJob(method, description, owner, settings);
}

/** Whoever has helped has been let go when the owner learns of the end, which ends this thread. */
async function start(request: JobRequest, help: HelpWanted | undefined): Promise<void> {
  tell({ kind: "ended", end: await doJob(request, help) });
}

async function jobActors({ name, actors }: HelpWanted): Promise<JobActors> {
  const { JobActors } = await import("../rollouts/job_actors.ts");
  return new JobActors(portBus(scope as Port, fail), { owner: name, actors });
}

async function refuse(
  { question, file, found, expected }: Extract<ToThread, { kind: "no-file" }>,
): Promise<void> {
  const { DataError } = await import("../../learners/data/data_error.ts");
  files.get(question)?.reject(new DataError(file, undefined, found, expected));
}

scope.addEventListener("message", ({ data }: MessageEvent<ToThread>) => {
  if (data.kind === "prepare") prepare(data.backend, data.library).catch(fail);
  if (data.kind === "start") start(data.request, data.help).catch(fail);
  if (data.kind === "stop") stop.abort();
  if (data.kind === "file") files.get(data.question)?.resolve(data.bytes);
  if (data.kind === "no-file") refuse(data).catch(fail);
  if (data.kind === "kept") keeping.shift()?.resolve();
});
