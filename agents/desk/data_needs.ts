/** Which data files a run's jobs need of a worker, told by their content. */
import { digestOf } from "../../cluster/digest.ts";
import type { Needs } from "../../cluster/jobs/records.ts";
import type { Method } from "../../learners/method.ts";
import { readDataFile } from "../library/data_folder.ts";

/**
 * The files that a method's jobs read under `config`, with their digests.
 * @param folder of data files; it is looked into only when there is something to read
 * @throws {DataError} when one of them is not there
 */
export async function dataNeeds(
  method: Method,
  config: Readonly<Record<string, unknown>>,
  folder: string | undefined,
): Promise<Needs["data"]> {
  const needs: Needs["data"] = [];
  for (const name of method.files?.(config) ?? []) {
    needs.push({ name, digest: digestOf(await readDataFile(folder, name)) });
  }
  return needs;
}
