/** Runs jobs of the library in threads of their own, one job a thread, and answers what they ask. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bus } from "../../cluster/bus.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { attachPort } from "../../cluster/port_bus.ts";
import { DataError } from "../../learners/data/data_error.ts";
import type { BackendName, ReadyBackend } from "../../learners/nn/backend.ts";
import { sharingRollouts } from "../rollouts/shared_bus.ts";
import type { JobEnd, JobOwner } from "./method_job.ts";
import type { FromThread, JobRequest, ThreadFailure, ToThread } from "./method_worker.ts";

/** Errors whose message says all: a user can do something about them. */
const foreseenErrors = ["BackendError", "DataError", "ResultError", "SnapshotError"];

/** What a thread was to do has failed in it. */
export class MethodThreadError extends Error {
  override readonly name = "MethodThreadError";

  /**
   * @param kind the name of the error's class in the thread
   * @param inside the stack within the thread, where the error is none that was foreseen
   */
  constructor(message: string, readonly kind: string, readonly inside?: string) {
    super(message);
  }
}

/** The program's own files and packages: all that a job's thread may read. */
function programFolders(): string[] {
  const repository = fileURLToPath(new URL("../../", import.meta.url));
  const packages = join(repository, "node_modules");
  // The folder of packages may be a link to another place.
  return existsSync(packages) ? [repository, Deno.realPathSync(packages)] : [repository];
}

/**
 * No files but the program's, no network, no programs. What native tensor libraries need they get where
 * the program itself has it.
 */
function jobPermissions(): Deno.PermissionOptions {
  return {
    read: programFolders(),
    write: false,
    net: false,
    run: false,
    import: false,
    env: "inherit",
    ffi: "inherit",
    sys: "inherit",
  };
}

/** Where a job finds actors. Nothing of its result depends on it. */
export interface JobHelp {
  /** On which they are; of what the job says, only what is for actors gets there. */
  readonly bus: Bus;
  /** What the job is called there: what stands in a subject, of at most 120 characters. */
  readonly name: string;
  /** How many are wanted. */
  readonly actors: number;
}

/** A module that exports methods as `library`. */
export const standardLibrary = new URL("../../learners/library.ts", import.meta.url).href;

/** A thread for one job. Leaving its scope ends it. */
export class MethodThread implements Disposable {
  /** Rejects with a `MethodThreadError` when the backend cannot be used. */
  readonly ready: Promise<ReadyBackend>;
  readonly #worker: Worker;
  readonly #ready = Promise.withResolvers<ReadyBackend>();
  readonly #ended = Promise.withResolvers<JobEnd>();
  #owner?: JobOwner;
  #detach?: () => void;

  /** @param library the module whose `library` has the methods */
  constructor(backend: BackendName, library = standardLibrary) {
    this.#worker = new Worker(new URL("./method_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: jobPermissions() },
    });
    this.ready = this.#ready.promise;
    // Whoever does not wait for one of them learns of a failure from the other.
    this.ready.catch(() => {});
    this.#ended.promise.catch(() => {});
    this.#worker.addEventListener(
      "message",
      ({ data }: MessageEvent<FromThread>) => {
        this.#hear(data).catch((error) => this.#fail(error));
      },
    );
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#fail(new MethodThreadError(event.message, "Error"));
    });
    this.#tell({ kind: "prepare", backend, library });
  }

  /**
   * Do a job, once it is ready.
   * @param owner what it throws ends the job, and is thrown here
   * @param help unless given, the job does everything itself
   * @throws {MethodThreadError} when the job fails
   */
  async run(request: JobRequest, owner: JobOwner, help?: JobHelp): Promise<JobEnd> {
    await this.ready;
    this.#owner = owner;
    if (help) this.#attach(help.bus);
    const wanted = help && { name: help.name, actors: help.actors };
    this.#tell({ kind: "start", request, help: wanted });
    return await this.#ended.promise;
  }

  /** Ask the job to stop at its next event. */
  stop(): void {
    this.#tell({ kind: "stop" });
  }

  [Symbol.dispose](): void {
    this.#detach?.();
    this.#worker.terminate();
  }

  #attach(bus: Bus): void {
    const inside = inProcessBus((error) => this.#fail(error));
    this.#detach = attachPort(sharingRollouts(inside, bus), this.#worker);
  }

  async #hear(message: FromThread): Promise<void> {
    switch (message.kind) {
      case "ready":
        return this.#ready.resolve(message.backend);
      case "progress":
        return this.#owner?.progress(message.progress, message.cost);
      case "file?":
        return await this.#answer(message.question, message.name);
      case "checkpoint":
        await this.#owner?.checkpoint(message.checkpoint);
        return this.#tell({ kind: "kept" });
      case "ended":
        return this.#ended.resolve(message.end);
      case "failed":
        return this.#fail(failure(message));
    }
  }

  async #answer(question: number, name: string): Promise<void> {
    if (!this.#owner) return;
    try {
      const bytes = await this.#owner.file(name);
      this.#tell({ kind: "file", question, bytes });
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const { file, found, expected } = error;
      this.#tell({ kind: "no-file", question, file, found, expected });
    }
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #fail(error: unknown): void {
    this.#ready.reject(error);
    this.#ended.reject(error);
  }
}

/**
 * Threads with a backend, a fresh one for each job: a job must find nothing that another has left.
 * @param first one that has been made before, to learn whether the backend works
 * @param library the module whose `library` has the methods
 */
export function threadSupply(
  backend: BackendName,
  { first, library }: { readonly first?: MethodThread; readonly library?: string } = {},
): () => MethodThread {
  let made = first;
  return () => {
    const thread = made ?? new MethodThread(backend, library);
    made = undefined;
    return thread;
  };
}

function failure({ name, message, stack }: ThreadFailure): MethodThreadError {
  return foreseenErrors.includes(name)
    ? new MethodThreadError(message, name)
    : new MethodThreadError(`${name}: ${message}`, name, stack);
}
