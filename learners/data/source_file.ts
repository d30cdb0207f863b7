/** Files as the readers take them: a name for messages, and bytes, gzip-compressed or not. */
import { gunzipSync } from "node:zlib";
import { DataError } from "./data_error.ts";

/** A file that somebody has read. */
export interface SourceFile {
  /** The name that messages use. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Gives the content of the file with a name relative to the user's data folder, such as
 * `"cora/cora.cites"`.
 * @throws {DataError} (the promise) when there is no such file
 */
export type FileReader = (name: string) => Promise<Uint8Array>;

/** The file called `name`, read by `read`. */
export async function sourceFile(read: FileReader, name: string): Promise<SourceFile> {
  return { name, bytes: await read(name) };
}

/**
 * The content of `file`: what its bytes are, or expand to if they are a gzip stream.
 * @throws {DataError} when a gzip stream is damaged or cut short
 */
export function content({ name, bytes }: SourceFile): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const expanded = gunzipSync(bytes);
    // A plain view: methods of node's Buffer differ from those of its base class.
    return new Uint8Array(expanded.buffer, expanded.byteOffset, expanded.byteLength);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(
      name,
      undefined,
      `a gzip stream of ${bytes.length} bytes that does not expand (${reason})`,
      "a whole gzip file; fetch it again",
      { cause },
    );
  }
}

/**
 * The content of `file` as text.
 * @throws {DataError} when it is not UTF-8
 */
export function text(file: SourceFile): string {
  const bytes = content(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const byte = firstInvalidByte(bytes);
    const found = `byte value ${bytes[byte]}, which is not UTF-8 there`;
    throw new DataError(file.name, { byte }, found, "text in UTF-8", { cause });
  }
}

/** The content of `file` as lines, without their ends and without an empty last one. */
export function lines(file: SourceFile): string[] {
  const all = text(file).split(/\r?\n/);
  if (all.at(-1) === "") all.pop();
  return all;
}

/** A shortest prefix that a streaming decoder refuses ends with the culprit. */
function firstInvalidByte(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let i = 0; i < bytes.length; i++) {
    try {
      decoder.decode(bytes.subarray(i, i + 1), { stream: true });
    } catch {
      return i;
    }
  }
  // Only the end of the text was missing.
  return bytes.length - 1;
}
