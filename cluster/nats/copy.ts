/** Bytes that are nobody else's. */

/**
 * A copy of `bytes`. What comes from NATS's client is a view into a larger buffer of the socket, of
 * Node's class, whose `slice` shares the memory.
 */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
