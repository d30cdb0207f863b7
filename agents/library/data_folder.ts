/** The folder in which the user keeps data files, as the jobs may see it. */
import { DataError } from "../../learners/data/data_error.ts";
import { dataDirectory } from "../../learners/data/files.ts";

/**
 * The file called `name` in `folder`, or its gzip stream where only `<name>.gz` is there.
 * @param name with "/" between folders, never out of the data folder
 * @throws {DataError} when no folder was named, or there is no such file in it
 */
export async function readDataFile(folder: string | undefined, name: string): Promise<Uint8Array> {
  if (folder !== undefined) return await dataDirectory(folder)(name);
  throw new DataError(
    name,
    undefined,
    "no data folder",
    "the folder that holds it, with --data DIR or in the environment as CALLOSUM_DATA",
  );
}
