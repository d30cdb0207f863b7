/**
 * A filter for the proxy that knows NATS's protocol: it lets single messages disappear, as happens to an
 * answer whose connection breaks before it arrives. (docs.nats.io, "Client protocol")
 */
import type { Filter } from "../support/tcp_proxy.ts";

/** A line of the protocol, with the payload that belongs to it. */
export interface Frame {
  /** `PUB subject reply 11`, `MSG subject 9 reply 11`, `PING`. */
  readonly line: string;
  /** With its headers; empty where there is none. */
  readonly payload: string;
}

const lineEnd = "\r\n".length;

/** Holds back the frames that `drop` says. */
export function frameFilter(drop: (frame: Frame) => boolean): Filter {
  let waiting = new Uint8Array();
  return (piece) => {
    waiting = joined([waiting, piece]);
    const kept: Uint8Array[] = [];
    for (let length = frameLength(waiting); length !== undefined; length = frameLength(waiting)) {
      const bytes = waiting.subarray(0, length);
      if (!drop(frameOf(bytes))) kept.push(bytes);
      waiting = waiting.subarray(length);
    }
    return joined(kept);
  };
}

/** Of the first frame; undefined when not all of it is there. */
function frameLength(bytes: Uint8Array): number | undefined {
  const end = bytes.indexOf("\n".charCodeAt(0));
  if (end < 0) return undefined;
  const line = new TextDecoder().decode(bytes.subarray(0, end)).trimEnd();
  // The last number is the size of all that follows.
  const isMessage = /^(MSG|HMSG|PUB|HPUB) /i.test(line);
  const size = isMessage ? Number(line.split(" ").at(-1)) + lineEnd : 0;
  const length = end + 1 + size;
  return length <= bytes.length ? length : undefined;
}

function frameOf(bytes: Uint8Array): Frame {
  const text = new TextDecoder().decode(bytes);
  const end = text.indexOf("\n");
  return { line: text.slice(0, end).trimEnd(), payload: text.slice(end + 1).trimEnd() };
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
