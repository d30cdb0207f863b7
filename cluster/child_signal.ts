/** Signals to child processes, which may end at any moment. */

/** Give `child` a signal; harmless when it has ended, also when that is not known here yet. */
export function signalChild(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    // How Deno says that the process has ended; the second is the system's word.
    const ended = error instanceof Deno.errors.NotFound ||
      (error instanceof TypeError && /already terminated/.test(error.message));
    if (!ended) throw error;
  }
}
