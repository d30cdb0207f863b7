/**
 * Files that survive a crash. A file that is replaced here holds, after a `kill -9` or a power cut at any
 * moment, either all of the old content or all of the new: the new content is written beside it, brought
 * to the disk (fsync), and renamed over the old one, which POSIX and NTFS do as one step.
 */
import { dirname } from "node:path";

/** Where the new content of `path` grows. Only one process may replace a file at a time. */
export function partialPath(path: string): string {
  return `${path}.partial`;
}

/** Write all of `bytes`; a single `write` may take only a part. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}

/** Write `bytes` beside `path` and bring them to the disk; what was begun is removed when that fails. */
export async function writePartial(path: string, bytes: Uint8Array): Promise<void> {
  const partial = partialPath(path);
  try {
    using file = await Deno.open(partial, { write: true, create: true, truncate: true });
    await writeAll(file, bytes);
    await file.sync();
  } catch (error) {
    await removeIfPresent(partial);
    throw error;
  }
}

/**
 * Make the file `path`, which only its owner may read, and bring it to the disk.
 * @throws {Deno.errors.AlreadyExists} when there is one
 */
export async function createPrivateFile(path: string, bytes: Uint8Array): Promise<void> {
  {
    using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    await writeAll(file, bytes);
    await file.sync();
  }
  await syncFolder(dirname(path));
}

/** Remove the file `path`; harmless when there is none. */
export async function removeIfPresent(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Bring the names in `folder` to the disk: renames and new files last only after that. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder as a file, and writes its names through by itself.
  if (Deno.build.os === "windows") return;
  using handle = await Deno.open(folder, { read: true });
  await handle.sync();
}

/** Give `path` the content `bytes`, all or nothing, and return once that is on the disk. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  await writePartial(path, bytes);
  await Deno.rename(partialPath(path), path);
  await syncFolder(dirname(path));
}
