/** The folder of data files, as the commands are told of it. */
import { InvalidArgumentError } from "commander";
import { UsageError } from "./failure.ts";
import { pathFromUser } from "./options.ts";

/** Where data files are, unless `--data` says. */
const dataVariable = "CALLOSUM_DATA";

/** What `--data` is for. */
export const dataMeaning = `data files (default: the environment's ${dataVariable})`;

/** Reads the path of a folder that is there. */
export function existingFolder(text: string): string {
  const path = pathFromUser(text);
  try {
    if (Deno.statSync(path).isDirectory) return path;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new InvalidArgumentError("There is no such folder.");
}

/**
 * The folder that the environment names, if it names one.
 * @throws {UsageError} when it is not there
 */
export function dataOfEnvironment(): string | undefined {
  const folder = Deno.env.get(dataVariable);
  if (!folder) return undefined;
  try {
    return existingFolder(folder);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new UsageError(`${dataVariable} is ${folder}: there is no such folder`);
  }
}
