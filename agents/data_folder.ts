/** The folder in which the user keeps data files, as the jobs may see it. */
import { isAbsolute, join, normalize } from "node:path";
import { DataError } from "../learners/data/data_error.ts";

/**
 * The file called `name` in `folder`, or its gzip stream where only `<name>.gz` is there.
 * @param name with "/" between folders, never out of the data folder
 * @throws {DataError} when no folder was named, or there is no such file in it
 */
export async function readDataFile(folder: string | undefined, name: string): Promise<Uint8Array> {
  const within = normalize(name);
  if (isAbsolute(within) || within.split(/[/\\]/)[0] === "..") {
    throw new DataError(name, undefined, "a path out of the data folder", "a name within it");
  }
  if (folder === undefined) {
    throw new DataError(
      name,
      undefined,
      "no data folder",
      "the folder that holds it, with --data DIR or in the environment as CALLOSUM_DATA",
    );
  }
  for (const path of [join(folder, within), join(folder, `${within}.gz`)]) {
    try {
      return await Deno.readFile(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw unreadable(path, error);
    }
  }
  throw new DataError(join(folder, within), undefined, "no such file", "it there, or as .gz");
}

function unreadable(path: string, cause: unknown): DataError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DataError(path, undefined, reason, "a file that may be read", { cause });
}
