/** A program that is asked something: it must answer in time, and whatever becomes of it is told. */

/** What became of it. */
export type ChildOutcome =
  | { readonly kind: "answered"; readonly stdout: string }
  | { readonly kind: "absent" | "failed"; readonly reason: string };

/**
 * Run `program` with `args`, and wait for its end.
 * @param patience how long it may take, ms; then it is killed
 */
export async function ask(
  program: string,
  args: readonly string[],
  patience: number,
): Promise<ChildOutcome> {
  const deadline = AbortSignal.timeout(patience);
  try {
    const { success, code, signal, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: deadline,
    }).output();
    if (success) return { kind: "answered", stdout: new TextDecoder().decode(stdout) };
    if (deadline.aborted) return failed(`it did not answer within ${patience / 1000} s`);
    const end = signal ? `it was ended by ${signal}` : `it ended with code ${code}`;
    return failed([end, errorLine(stderr)].filter(Boolean).join(": "));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { kind: "absent", reason: `${program} is not found` };
    }
    if (error instanceof Deno.errors.NotCapable) return failed(`${program} may not be run`);
    throw error;
  }
}

const failed = (reason: string): ChildOutcome => ({ kind: "failed", reason });

/** The line of what a program complained that tells most: the last error, or the last line. */
function errorLine(stderr: Uint8Array): string | undefined {
  // deno-lint-ignore no-control-regex
  const text = new TextDecoder().decode(stderr).replace(/\x1b\[[\d;]*m/g, "");
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return lines.findLast((line) => /^\w*error:/i.test(line)) ?? lines.at(-1);
}
