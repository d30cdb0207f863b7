/** The run that `verify` is about: opened, with what is to do its jobs again. */
import { usualSlots } from "../agents/job_slots.ts";
import { type LibraryRunFolder, openLibraryRun } from "../agents/library/run.ts";
import { currentVersions } from "../agents/library/run.ts";
import { localRunKind } from "../agents/local_runs.ts";
import { MethodThread, MethodThreadError, threadSupply } from "../agents/library/method_thread.ts";
import { type RunConfig, runConfig } from "../agents/sim/run_config.ts";
import { loggedEvent } from "../agents/sim/run_log.ts";
import { libraryRecordings } from "../agents/verification/library_recording.ts";
import type { Recording } from "../agents/verification/recording.ts";
import { simRecording } from "../agents/verification/sim_recording.ts";
import { openRun } from "../cluster/run_store.ts";
import { UsageError } from "./failure.ts";
import { runPath } from "./run_path.ts";
import type { VerifyOptions } from "./verify_options.ts";

/** A run whose jobs can be done again. */
export interface VerifiableRun {
  readonly path: string;
  /** What computed it, and what does now; the same where every bit is to be the same. */
  readonly computedOn: string;
  readonly computesOn: string;
  /** What it was begun with where that is not what is here, in words. */
  readonly otherVersions?: string;
  readonly recordings: readonly Recording[];
  /** How many jobs this machine does best at a time. */
  readonly slots: number;
}

/**
 * Open a run for verification. It stays locked while `opened` is, so that nobody changes it meanwhile.
 * @throws {UsageError} when it is of a kind that cannot be verified, or its backend cannot be used here
 * @throws {RunStoreError} when it cannot be read
 */
export async function verifiableRun(
  options: VerifyOptions,
  opened: AsyncDisposableStack,
): Promise<VerifiableRun> {
  const path = runPath(options.run, options.out);
  const kind = await localRunKind(path);
  if (kind === "sim") return await verifiableSim(path, options, opened);
  if (kind === "set") {
    throw new UsageError(
      `${path} is a set of runs; its config.json names them: verify one of them`,
    );
  }
  // What is no run at all is explained here as well.
  return await verifiableLibraryRun(opened.use(await openLibraryRun(path)), options, opened);
}

async function verifiableLibraryRun(
  run: LibraryRunFolder,
  { backend: asked, data }: VerifyOptions,
  opened: AsyncDisposableStack,
): Promise<VerifiableRun> {
  const { backend, device, versions } = run.config;
  const first = opened.use(new MethodThread(asked ?? backend));
  const ready = await first.ready.catch((error) => {
    throw asked === undefined ? elsewhere(error) : foreseen(error);
  });
  return {
    path: run.path,
    computedOn: `${backend}: ${device}`,
    computesOn: `${ready.name}: ${ready.detail}`,
    otherVersions: otherVersions(versions, currentVersions()),
    recordings: await libraryRecordings(run, {
      newThread: threadSupply(ready.name, { first }),
      data,
    }),
    slots: usualSlots(ready.name),
  };
}

/** A backend that cannot be used is the user's business. */
function foreseen(error: unknown): unknown {
  const isForeseen = error instanceof MethodThreadError && error.kind === "BackendError";
  return isForeseen ? new UsageError(error.message) : error;
}

function elsewhere(error: unknown): unknown {
  const explained = foreseen(error);
  if (!(explained instanceof UsageError)) return error;
  return new UsageError(
    `${explained.message}; verify the run where that backend is, ` +
      "or with --backend auto, which compares within a tolerance",
  );
}

async function verifiableSim(
  path: string,
  { backend }: VerifyOptions,
  opened: AsyncDisposableStack,
): Promise<VerifiableRun> {
  const schemas = { config: runConfig, event: loggedEvent };
  const run = opened.use(await openRun(path, schemas));
  const { trainer, versions } = run.config;
  if (backend !== undefined && trainer !== "tensors") {
    throw new UsageError("--backend has no effect: the run was trained without a tensor backend");
  }
  if (backend === "auto") {
    throw new UsageError(
      "--backend auto: name the backend that is to do the simulation's training",
    );
  }
  const { callosum, deno } = currentVersions();
  return {
    path: run.path,
    computedOn: engineOf(run.config),
    computesOn: engineOf({ ...run.config, backend: backend ?? run.config.backend }),
    otherVersions: otherVersions(versions, { callosum, deno }),
    recordings: [await simRecording(run, backend)],
    slots: 1,
  };
}

function engineOf({ trainer, backend }: RunConfig): string {
  return trainer === "tensors" ? backend : `${trainer} roll-outs`;
}

type Versions = Readonly<Record<string, string>>;

function otherVersions(before: Versions, now: Versions): string | undefined {
  const changed = Object.keys(now).filter((name) => now[name] !== before[name]);
  if (changed.length === 0) return undefined;
  return changed.map((name) => `${name} ${before[name]}, here ${now[name]}`).join("; ");
}
