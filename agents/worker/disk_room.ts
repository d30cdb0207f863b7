/** Whether there is room on the disk for what a worker must keep. */
import { join } from "node:path";
import { removeIfPresent } from "../../cluster/durable_file.ts";

/** How the system says that there is none: no space, or no more than that for this user or file. */
const fullCodes: readonly unknown[] = ["ENOSPC", "EDQUOT", "EFBIG"];

/** Whether `error` says that a disk is full. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && fullCodes.includes(error.code);
}

/** More than any result of a job takes so far, bytes. */
const enough = 4 * 2 ** 20;

/**
 * Whether `folder` has room for a result. Only writing tells: quotas and file systems differ in what they
 * count.
 * @throws what else is wrong with the folder
 */
export async function hasRoom(folder: string): Promise<boolean> {
  const probe = join(folder, ".room");
  try {
    await Deno.writeFile(probe, new Uint8Array(enough));
    return true;
  } catch (error) {
    if (isDiskFull(error)) return false;
    throw error;
  } finally {
    // On a disk without room for one more name there is no such file.
    await removeIfPresent(probe);
  }
}
