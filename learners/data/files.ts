/**
 * Data files on disk: the only place of this folder that touches them. For those who run methods; a
 * method itself gets a `FileReader` and does not know where its files come from.
 */
import { join } from "node:path";
import { DataError } from "./data_error.ts";
import { type ClassifiedFile, readImageFolder } from "./image_folder.ts";
import type { ImageSet } from "./dataset.ts";
import type { FileReader } from "./source_file.ts";

/**
 * Reads files below `directory`, each under its own name or with `.gz` added to it.
 *
 * The reader rejects with a `DataError` when a name leads out of the directory, or a file is in it under
 * neither name or cannot be read. Needs permission to read the directory.
 */
export function dataDirectory(directory: string): FileReader {
  return async (name) => {
    if (/^[\\/]|(^|[\\/])\.\.([\\/]|$)|^[A-Za-z]:|\0/.test(name)) {
      throw new DataError(name, undefined, "a path out of the data folder", "a name within it");
    }
    const path = join(directory, name);
    const bytes = await readIfThere(path) ?? await readIfThere(`${path}.gz`);
    if (bytes) return bytes;
    throw new DataError(
      path,
      undefined,
      "no such file, compressed or not",
      "it as its publisher names it; the data folder is named by --data or CALLOSUM_DATA",
    );
  };
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(path, undefined, reason, "a file that may be read", { cause });
  }
}

/**
 * The images in the folders of `directory`, one folder a class, in the order of their names. Files that
 * are not called `*.png`, `*.jpg` or `*.jpeg` are left alone.
 *
 * @throws {DataError} (the promise) when there are none, or one is damaged or of another size
 */
export async function readImageDirectory(directory: string): Promise<ImageSet> {
  const files: ClassifiedFile[] = [];
  for (const className of await entriesOf(directory, (entry) => entry.isDirectory)) {
    const folder = `${directory}/${className}`;
    const isImage = (entry: Deno.DirEntry) => entry.isFile && /\.(png|jpe?g)$/i.test(entry.name);
    for (const name of await entriesOf(folder, isImage)) {
      const path = `${folder}/${name}`;
      files.push({ name: path, bytes: await Deno.readFile(path), className });
    }
  }
  return readImageFolder(files, directory);
}

async function entriesOf(
  directory: string,
  wanted: (entry: Deno.DirEntry) => boolean,
): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) if (wanted(entry)) names.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DataError(
      directory,
      undefined,
      "no such folder",
      "a folder of folders of PNG or JPEG files",
      {
        cause: error,
      },
    );
  }
  return names.sort();
}
