/** How a command ends that cannot do what it was asked: one clear line, and an exit code. */
import { CheckpointError } from "../agents/checkpoint.ts";
import { RunStoreError } from "../cluster/run_store.ts";
import { SafetensorsError } from "../learners/nn/safetensors.ts";
import { PortInUseError } from "../viewer/server/server.ts";

/** The command line asks for something that there is not. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Exit codes: done; failed while working; asked for the impossible; ended by Ctrl-C. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

const usageErrors = [UsageError, RunStoreError, CheckpointError, SafetensorsError, PortInUseError];

/** One line for `error` and the exit code that belongs to it. */
export function explain(error: unknown): { line: string; code: number } {
  const isUsage = usageErrors.some((kind) => error instanceof kind);
  const message = error instanceof Error ? error.message : String(error);
  return { line: message, code: isUsage ? exitCodes.usage : exitCodes.failed };
}
