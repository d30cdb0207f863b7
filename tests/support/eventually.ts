/** Waiting in tests for what other processes do. */

/**
 * Resolves as soon as `condition` holds.
 *
 * @param what says what is waited for, when it never comes
 * @param patience ms; generous, since machines are slow at times
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  patience = 30_000,
): Promise<void> {
  for (const deadline = performance.now() + patience; !await condition();) {
    if (performance.now() > deadline) throw new Error(`this never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
