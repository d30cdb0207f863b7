/** What `train` works on: a run of the library, or a set of them, begun or opened again. */
import {
  createLibraryRun,
  currentVersions,
  type LibraryRunFolder,
  type RunEnd,
  type RunSettings,
} from "../agents/library/run.ts";
import type { LibraryRunConfig } from "../agents/library/run_config.ts";
import { MethodThread, MethodThreadError } from "../agents/library/method_thread.ts";
import {
  isRunSet,
  openRunOrSet,
  OpenRunSet,
  type RunSetFolder,
} from "../agents/library/run_set.ts";
import { explainMismatch } from "../cluster/run_store_error.ts";
import type { Method } from "../learners/method.ts";
import type { BackendName, ReadyBackend } from "../learners/nn/backend.ts";
import { chosenMethod } from "./chosen_method.ts";
import { UsageError } from "./failure.ts";
import { shellWord } from "./options.ts";
import { runPath } from "./run_path.ts";
import type { KeptWork, NewWork } from "./train_options.ts";

/** A run that is ready to go. */
export interface OpenRun {
  readonly folder: LibraryRunFolder;
  readonly method: Method;
}

/** Runs in their open folders. */
export interface OpenRuns {
  /** At least one; all have one backend. */
  readonly runs: readonly OpenRun[];
  /** Of which they are, where they are of one. */
  readonly set?: RunSetFolder;
}

/** Runs on this machine. */
export interface LocalRuns extends OpenRuns {
  /** With their backend, for the first job. */
  readonly thread: MethodThread;
}

/** Work that is ready to go, wherever its jobs are done. */
export interface OpenWork extends OpenRuns {
  /** Do what is left of a run's jobs. */
  execute(run: LibraryRunFolder, watching: Watching): Promise<RunEnd>;
  /** Tell what befalls the work as a whole, until the scope is left. */
  notice?(note: (line: string) => void): Disposable;
  /** What a user is told who leaves before the end: how it stands, and how to go on. */
  readonly farewell: string;
}

/** How jobs are watched, and stopped. */
export type Watching = Required<Pick<RunSettings, "signal" | "watcher">>;

/** The tasks of deno.json that train: the second may load native code. */
const trainTasks = { usual: "train", native: "train:native" } as const;

/** Backends that are native code. */
const nativeBackends: readonly string[] = ["tensorflow", "tensorflow-gpu"];

/** The task that may use a backend. */
export function trainTask(backend: BackendName): string {
  return nativeBackends.includes(backend) ? trainTasks.native : trainTasks.usual;
}

/**
 * Make the folders of new work that is done on this machine.
 * @param out where; nothing is made when the backend cannot be used
 * @param opened what is to be closed at the work's end
 * @throws {UsageError} when the backend cannot be used here
 */
export async function beginWork(
  work: NewWork,
  out: string,
  opened: AsyncDisposableStack,
): Promise<LocalRuns> {
  const { thread, backend } = await firstThread(work.backend, opened);
  for (const { name, reason } of backend.passedOver) console.error(`not ${name}: ${reason}`);
  if (backend.advice) console.error(backend.advice);
  return { ...await makeRuns(work, backend, out, opened), thread };
}

/**
 * Make the folders of new work.
 * @param backend what is to compute, and on what
 * @param mark ends the runs' names, see `createLibraryRun`
 */
export async function makeRuns(
  { profile, runs: planned, set }: NewWork,
  backend: Pick<ReadyBackend, "name" | "detail">,
  out: string,
  opened: AsyncDisposableStack,
  mark?: string,
): Promise<OpenRuns> {
  const versions = currentVersions();
  const configs = planned.map(({ method, variants, seeds, config }): LibraryRunConfig => ({
    kind: "library",
    method: method.id,
    profile,
    backend: backend.name,
    device: backend.detail,
    variants: [...variants],
    seeds: [...seeds],
    config,
    versions,
  }));
  const time = new Date();
  if (set === undefined) {
    const folder = opened.use(await createLibraryRun(out, configs[0], time, mark));
    return { runs: [{ folder, method: planned[0].method }] };
  }
  const { folder, runs } = opened.use(await OpenRunSet.begin(out, set, configs, time, mark));
  const methods = planned.map(({ method }) => method);
  return { runs: runs.map((folder, i) => ({ folder, method: methods[i] })), set: folder };
}

/**
 * Open work that was begun before and is done on this machine.
 * @param out where its folder is, if it is named and not given as a path
 * @param opened what is to be closed at the work's end
 * @throws {UsageError} when it is of another version, not what was named, or its backend cannot be used
 */
export async function resumeWork(
  work: KeptWork,
  out: string,
  opened: AsyncDisposableStack,
): Promise<LocalRuns> {
  const open = await openRuns(work, out, opened);
  const folders = open.runs.map(({ folder }) => folder);
  const { thread, backend } = await firstThread(folders[0].config.backend, opened);
  warnOfChanges(folders, backend);
  return { ...open, thread };
}

/**
 * Open the folders of work that was begun before.
 * @throws {UsageError} when it is of another version, or not what was named
 */
export async function openRuns(
  { resume, name }: KeptWork,
  out: string,
  opened: AsyncDisposableStack,
): Promise<OpenRuns> {
  const kept = await openRunOrSet(runPath(resume, out));
  const set = isRunSet(kept) ? kept : undefined;
  const folders = isRunSet(kept)
    ? opened.use(await OpenRunSet.resume(kept)).runs
    : [opened.use(kept)];
  checkName(kept, name);
  const runs = folders.map((folder) => ({ folder, method: keptMethod(folder) }));
  return { runs, set };
}

/** @throws {UsageError} when the work is not what the user has named */
function checkName(kept: LibraryRunFolder | RunSetFolder, name: string | undefined): void {
  const [what, its] = isRunSet(kept)
    ? ["a set of runs", kept.config.name]
    : ["a run", kept.config.method];
  if (name === undefined || name === its) return;
  throw new UsageError(`${kept.path} is ${what} of ${its}, not ${name}`);
}

/** The method of a run that was kept, if it still is what the run was begun with. */
function keptMethod({ path, config }: LibraryRunFolder): Method {
  const method = chosenMethod(config.method);
  const checked = method.config.safeParse(config.config);
  const unknown = config.variants.find((name) => !Object.hasOwn(method.variants, name));
  if (checked.success && unknown === undefined) return method;
  const problem = checked.success
    ? `there is no variant ${unknown}`
    : explainMismatch(checked.error);
  throw new UsageError(
    `${path} is of another version of ${method.id}: ${problem}; start a new run`,
  );
}

/** Numbers are the same bit for bit only where the same programs compute on the same device. */
function warnOfChanges(folders: readonly LibraryRunFolder[], backend: ReadyBackend): void {
  const describe = (device: string, versions: LibraryRunConfig["versions"]) =>
    `${device} (${JSON.stringify(versions)})`;
  const now = describe(backend.detail, currentVersions());
  const others = new Set(
    folders.map(({ config: { device, versions } }) => describe(device, versions)),
  );
  others.delete(now);
  for (const before of others) {
    console.error(`warning: begun on ${before}, this is ${now}; numbers may differ`);
  }
}

/** @throws {UsageError} when the backend cannot be used here */
async function firstThread(
  name: BackendName,
  opened: AsyncDisposableStack,
): Promise<{ readonly thread: MethodThread; readonly backend: ReadyBackend }> {
  const thread = opened.use(new MethodThread(name));
  try {
    return { thread, backend: await thread.ready };
  } catch (error) {
    const foreseen = error instanceof MethodThreadError && error.kind === "BackendError";
    throw foreseen ? new UsageError(`${error.message}${nativeAdvice(name)}`) : error;
  }
}

/** The command that may use a native backend, where this one may not. */
function nativeAdvice(backend: BackendName): string {
  const mayLoad = Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  if (mayLoad || trainTask(backend) !== trainTasks.native) return "";
  return `; then: deno task ${trainTasks.native} ${Deno.args.map(shellWord).join(" ")}`;
}
