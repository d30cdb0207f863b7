/** Work that an `AbortSignal` cuts short. */

/**
 * Call `act` when `signal` is aborted, at once if it has been, until the scope is left.
 */
export function onAbort(signal: AbortSignal, act: () => void): Disposable {
  if (signal.aborted) act();
  signal.addEventListener("abort", act);
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", act) };
}

/** `work`, or a rejection with the signal's reason as soon as it is aborted. */
export async function unlessAborted<Value>(
  signal: AbortSignal,
  work: Promise<Value>,
): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  // Whoever is no longer waited for must not fail unheard.
  work.catch(() => {});
  aborted.promise.catch(() => {});
  using _ = onAbort(signal, () => aborted.reject(signal.reason));
  return await Promise.race([work, aborted.promise]);
}

/** What `work`, which obeys `signal`, resolves to; undefined when that has ended it. */
export async function unlessStopped<Value>(
  signal: AbortSignal,
  work: Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** Resolves after `duration` ms, or as soon as `signal` is aborted. */
export async function rest(duration: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, duration);
  using _ = onAbort(signal, resolve);
  await promise;
  clearTimeout(timer);
}
