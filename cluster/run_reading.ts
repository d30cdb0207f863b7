/**
 * Looks into the folders of runs that others may have open (run_store.ts): nothing is locked, and nothing is
 * changed. What is just being written is seen as it was before, or not yet.
 */
import { join } from "node:path";
import type { z } from "zod";
import { describingErrors } from "./run_store_error.ts";

/** When and how long a file is: another one whenever there may be something new in it. */
export interface FileStamp {
  /** ms since 1970; 0 where the system does not say. */
  readonly modified: number;
  /** bytes */
  readonly size: number;
}

/**
 * The stamp of the file called `name` in the folder `path`; undefined when there is none.
 * @throws {RunStoreError} `unreadable` or `failed`
 */
export function fileStamp(path: string, name: string): Promise<FileStamp | undefined> {
  return ifPresent(join(path, name), async (file) => {
    const { isFile, mtime, size } = await Deno.stat(file);
    return isFile ? { modified: mtime?.getTime() ?? 0, size } : undefined;
  });
}

/**
 * A run's `config.json` or `report.json`; undefined when it is not there, or no JSON.
 * @throws {RunStoreError} `unreadable` or `failed`
 */
export function readRunJson(path: string, name: "config.json" | "report.json"): Promise<unknown> {
  return ifPresent(join(path, name), async (file) => {
    try {
      return JSON.parse(await Deno.readTextFile(file));
    } catch (error) {
      // Not a file of ours: such folders are passed over by whoever looks.
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  });
}

/**
 * The events of a run, oldest first, up to the first line that is not complete, or no such event.
 * @throws {RunStoreError} `unreadable` or `failed`
 */
export async function readRunEvents<Event>(
  path: string,
  schema: z.ZodType<Event>,
): Promise<Event[]> {
  const text = await ifPresent(join(path, "events.jsonl"), (file) => Deno.readTextFile(file)) ?? "";
  const events: Event[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const event = parsed(line, schema);
    if (event === undefined) break;
    events.push(event);
  }
  return events;
}

function parsed<Event>(line: string, schema: z.ZodType<Event>): Event | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function ifPresent<Value>(
  file: string,
  read: (file: string) => Promise<Value>,
): Promise<Value | undefined> {
  return describingErrors("read", file, async () => {
    try {
      return await read(file);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  });
}
