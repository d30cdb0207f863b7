/** How a command ends that cannot do what it was asked: one clear line, and an exit code. */
import { MethodThreadError } from "../agents/library/method_thread.ts";
import { TrainingError } from "../agents/sim/training_thread.ts";
import { z } from "zod";
import { explainMismatch } from "../cluster/run_store_error.ts";

/** The command line asks for something that there is not. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Exit codes: done; failed while working; asked for the impossible. */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** By name: with their classes a command would load rooms that it has nothing to do with. */
const usageErrors = [
  "UsageError",
  "RunStoreError",
  "CheckpointError",
  "SafetensorsError",
  "PortInUseError",
  "NoBackendError",
  "StateFolderError",
  "WorkerStartError",
  "SubmissionError",
  "IrreproducibleError",
];

/** An error in words. */
export interface Explanation {
  /** What is wrong, in one line. */
  readonly line: string;
  /** The exit code that belongs to it. */
  readonly code: number;
  /** Where it came from, for an error that nobody foresaw. */
  readonly stack?: string;
}

/** What to tell the user of `error`. */
export function explain(error: unknown): Explanation {
  if (error instanceof z.ZodError) return { line: explainMismatch(error), code: exitCodes.failed };
  const line = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && usageErrors.includes(error.name)) {
    return { line, code: exitCodes.usage };
  }
  const stack = error instanceof TrainingError || error instanceof MethodThreadError
    ? error.inside
    : error instanceof Error
    ? error.stack
    : undefined;
  return { line, code: exitCodes.failed, stack };
}

/** Run a command to the program's end; `main` gets the arguments and gives the exit code. */
export async function runCommand(
  main: (args: readonly string[]) => Promise<number>,
): Promise<never> {
  let code: number;
  try {
    code = await main(Deno.args);
  } catch (error) {
    const explained = explain(error);
    console.error(`error: ${explained.line}`);
    if (explained.stack) console.error(explained.stack);
    code = explained.code;
  }
  return Deno.exit(code);
}
