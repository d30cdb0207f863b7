/**
 * How a worker's process is struck at a certain point: it says so and does nothing more, and whoever has
 * started it sends the signal. It could not send one itself, with the permissions of `deno task chaos`.
 */

/** What it says. */
const strikeLine = (signal: Deno.Signal) => `${JSON.stringify({ strike: signal })}\n`;

/** The signal in it. */
export const strikePattern = /^\{"strike":"(SIG\w+)"\}$/m;

/** Be killed: not another step. */
export function beKilled(): never {
  Deno.stdout.writeSync(new TextEncoder().encode(strikeLine("SIGKILL")));
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (;;) Atomics.wait(nobody, 0, 0);
}

/** Be stopped; resolves when it goes on. */
export async function beStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGCONT", resolve);
  Deno.stdout.writeSync(new TextEncoder().encode(strikeLine("SIGSTOP")));
  await promise;
  Deno.removeSignalListener("SIGCONT", resolve);
}
