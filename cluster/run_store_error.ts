/** What can go wrong with a run folder: one typed error, told in one clear line. */
import type { z } from "zod";

/**
 * - `missing`: there is no such folder, or a file vanished
 * - `not-a-run`: the folder is no run folder
 * - `in-use`: the run is open elsewhere
 * - `invalid-config`: `config.json` does not fit the schema
 * - `corrupt-events`: a complete line of `events.jsonl` is no event
 * - `corrupt-checkpoint`: no checkpoint matches its digest
 * - `corrupt-report`: `report.json` is no JSON, or not of this run
 * - `disk-full`: no space left, or a quota or a file size limit reached
 * - `unwritable`, `unreadable`: the system, or Deno's permissions, do not allow it
 * - `failed`: anything else that the system reports
 */
export type RunStoreErrorCode =
  | "missing"
  | "not-a-run"
  | "in-use"
  | "invalid-config"
  | "corrupt-events"
  | "corrupt-checkpoint"
  | "corrupt-report"
  | "disk-full"
  | "unwritable"
  | "unreadable"
  | "failed";

/** A run folder cannot be used as asked. The message is one line: which file, what is wrong, what to do. */
export class RunStoreError extends Error {
  override readonly name = "RunStoreError";

  /**
   * @param path the file or folder that it is about; begins the message
   * @param problem the rest of the message
   */
  constructor(
    readonly code: RunStoreErrorCode,
    readonly path: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${problem}`.replace(/\s+/g, " "), options);
  }
}

type Access = "read" | "write";

const systemErrors: readonly {
  readonly codes: readonly string[];
  readonly read: RunStoreErrorCode;
  readonly write: RunStoreErrorCode;
  readonly advice: Readonly<Record<Access, string>>;
}[] = [
  {
    codes: ["ENOSPC", "EDQUOT", "EFBIG"],
    read: "failed",
    write: "disk-full",
    advice: {
      read: "free some space on its disk",
      write: "free some space and resume the run; what was saved before is intact",
    },
  },
  {
    codes: ["ENOTDIR"],
    read: "missing",
    write: "unwritable",
    advice: { read: "check the path", write: "choose a folder that can be written to" },
  },
  {
    codes: ["EACCES", "EPERM", "EROFS", "EEXIST", "EISDIR"],
    read: "unreadable",
    write: "unwritable",
    advice: { read: "check who may read it", write: "choose a folder that can be written to" },
  },
  {
    codes: ["ENOENT"],
    read: "missing",
    write: "missing",
    advice: { read: "check the path", write: "the folder was removed; start a new run" },
  },
];

/**
 * The outcome of `operation`. What the system reports meanwhile is thrown as a `RunStoreError` about
 * `path`; every other error passes unchanged.
 *
 * @param access what the operation does with `path`
 */
export async function describingErrors<T>(
  access: Access,
  path: string,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw describe(access, path, error);
  }
}

function describe(access: Access, path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RunStoreError) return error;
  const cannot = `cannot be ${access === "read" ? "read" : "written"}`;
  if (error instanceof Deno.errors.NotCapable) {
    const code = access === "read" ? "unreadable" : "unwritable";
    const problem = `${cannot}: Deno's permissions do not allow it; choose another folder`;
    return new RunStoreError(code, path, problem, { cause: error });
  }
  const problem = `${cannot}: ${error.message}`;
  const code = systemCode(error);
  if (code === undefined) return error;
  const kind = systemErrors.find(({ codes }) => codes.includes(code));
  return kind === undefined
    ? new RunStoreError("failed", path, problem, { cause: error })
    : new RunStoreError(kind[access], path, `${problem}; ${kind.advice[access]}`, { cause: error });
}

/** The system's name of an error, such as ENOSPC. */
function systemCode(error: Error): string | undefined {
  const code = "code" in error ? error.code : undefined;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** What does not fit a schema, in one line, by the path of each value. */
export function explainMismatch(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => path.length === 0 ? message : `${path.join(".")}: ${message}`)
    .join("; ");
}
