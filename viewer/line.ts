/**
 * What passes over a page's WebSocket, besides events and commands, which are JSON text: binary messages,
 * whose first byte says what they are. A frame begins with that byte by itself (`cluster/frame.ts`); of the
 * others it stands before what the bus carries.
 */

/** What a binary message is, by its first byte. */
export const binaryKinds = { frame: 1, weights: 2, configuration: 3 } as const;

/** What stands behind another first byte than a frame's. */
export type TaggedKind = Exclude<keyof typeof binaryKinds, "frame">;

/** A binary message that is no frame. */
export function tagged(kind: TaggedKind, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(1 + payload.length);
  message[0] = binaryKinds[kind];
  message.set(payload, 1);
  return message;
}

/** What is in a binary message: a whole frame, or the payload behind its tag. */
export interface BinaryMessage {
  readonly kind: keyof typeof binaryKinds;
  readonly payload: Uint8Array;
}

/** The binary message in `bytes`; undefined when it is of a kind that a newer server sends. */
export function readBinary(bytes: Uint8Array): BinaryMessage | undefined {
  switch (bytes[0]) {
    case binaryKinds.frame:
      return { kind: "frame", payload: bytes };
    case binaryKinds.weights:
      return { kind: "weights", payload: bytes.subarray(1) };
    case binaryKinds.configuration:
      return { kind: "configuration", payload: bytes.subarray(1) };
    default:
      return undefined;
  }
}
