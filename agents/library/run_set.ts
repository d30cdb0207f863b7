/**
 * A set of runs of the library, such as all methods of a family, begun by one command.
 *
 *     runs/
 *       2026-11-24T09-52-37-graphs-smoke/       the set: config.json names its runs; report.json, report.md
 *       2026-11-24T09-52-37-dagnn-smoke/        a run of it (run.ts), like any other
 *       …
 *
 * The runs are made first and the set's folder last: where a set is, its runs are there too, however the
 * process that made them ended. What has become of a run only its own folder knows.
 */
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { createRun, openRun, type RunFolder } from "../../cluster/run_store.ts";
import { createLibraryRun, type LibraryRunFolder, librarySchemas, openLibraryRun } from "./run.ts";
import { type LibraryRunConfig, libraryRunConfig, type LibraryRunEvent } from "./run_config.ts";

const runSetConfig = z.strictObject({
  kind: z.literal("set"),
  /** What was asked for: a family, or "all". */
  name: z.string(),
  /** The folders of its runs, beside its own, in order. */
  runs: z.array(z.string().regex(/^[\w.-]+$/)).min(1),
});

type RunSetConfig = z.output<typeof runSetConfig>;

/** The folder of a set. It has no events: those of its runs are in their folders. */
export type RunSetFolder = RunFolder<RunSetConfig, LibraryRunEvent>;

const schemas = { config: runSetConfig, event: librarySchemas.event };

/** A set, and its runs in order; all are closed when its scope is left. */
export class OpenRunSet implements AsyncDisposable {
  private constructor(
    readonly folder: RunSetFolder,
    readonly runs: readonly LibraryRunFolder[],
    private readonly opened: AsyncDisposableStack,
  ) {}

  /**
   * Make the folders of a new set and of its runs under `root`.
   * @param name a family, or "all"
   * @param mark ends the names of the runs, see `createLibraryRun`
   * @throws {RunStoreError} when they cannot be made
   */
  static begin(
    root: string,
    name: string,
    configs: readonly LibraryRunConfig[],
    time: Date,
    mark?: string,
  ): Promise<OpenRunSet> {
    return keeping(async (opened) => {
      const runs: LibraryRunFolder[] = [];
      for (const config of configs) {
        runs.push(opened.use(await createLibraryRun(root, config, time, mark)));
      }
      const config: RunSetConfig = { kind: "set", name, runs: runs.map(({ id }) => id) };
      const title = `${name}-${configs[0].profile}`;
      const folder = opened.use(await createRun(root, config, { time, title }, schemas));
      return new OpenRunSet(folder, runs, opened.move());
    });
  }

  /**
   * Open the runs of a set.
   * @param folder open; it is closed with the set, and when this fails
   * @throws {RunStoreError} when one of them is missing, in use, or damaged
   */
  static resume(folder: RunSetFolder): Promise<OpenRunSet> {
    return keeping(async (opened) => {
      opened.use(folder);
      const runs: LibraryRunFolder[] = [];
      for (const id of folder.config.runs) {
        runs.push(opened.use(await openLibraryRun(join(dirname(resolve(folder.path)), id))));
      }
      return new OpenRunSet(folder, runs, opened.move());
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.opened.disposeAsync();
  }
}

/** What `make` has opened is closed again when it fails. */
async function keeping<Result>(
  make: (opened: AsyncDisposableStack) => Promise<Result>,
): Promise<Result> {
  await using opened = new AsyncDisposableStack();
  return await make(opened);
}

/**
 * Open what is in the folder `path`: a run of the library, or a set of them.
 * @throws {RunStoreError} when it is neither, or cannot be opened
 */
export async function openRunOrSet(path: string): Promise<LibraryRunFolder | RunSetFolder> {
  const config = z.discriminatedUnion("kind", [libraryRunConfig, runSetConfig]);
  const folder = await openRun<LibraryRunConfig | RunSetConfig, LibraryRunEvent>(
    path,
    { ...schemas, config },
  );
  // Its config is of one kind, and never changes.
  return folder as LibraryRunFolder | RunSetFolder;
}

/** Whether an open folder is that of a set. */
export function isRunSet(folder: LibraryRunFolder | RunSetFolder): folder is RunSetFolder {
  return folder.config.kind === "set";
}
