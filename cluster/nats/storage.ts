/** How full a NATS server's store is with what a laboratory keeps. */
import type { StreamInfo } from "@nats-io/jetstream";
import type { Plan } from "./plan.ts";

/** A part of what is kept: a table, the logs, the queue, the blobs, the dead letters. */
export interface StoredPart {
  readonly part: string;
  /** bytes */
  readonly used: number;
  /** Its own room, bytes. */
  readonly room: number;
}

/** All parts together. */
export interface StorageSummary {
  readonly used: number;
  readonly room: number;
  /** The part with the least room left, as a share of its own. */
  readonly fullest: StoredPart;
}

/** What the streams of `plan` hold, by their states on the server. */
export function storedParts(
  { prefix }: Plan,
  streams: Iterable<Pick<StreamInfo, "config" | "state">>,
): StoredPart[] {
  const before = new RegExp(`^(KV_)?${prefix}_`);
  return [...streams].map(({ config, state }) => ({
    part: config.name.replace(before, ""),
    used: state.bytes,
    room: config.max_bytes,
  }));
}

/** How much of its room a part has used, 0 … 1. */
export const shareUsed = ({ used, room }: StoredPart): number => room > 0 ? used / room : 0;

/** @param parts at least one */
export function storageSummary(parts: readonly StoredPart[]): StorageSummary {
  const sum = (of: (part: StoredPart) => number) => parts.reduce((all, part) => all + of(part), 0);
  const fullest = parts.reduce((a, b) => shareUsed(b) > shareUsed(a) ? b : a);
  return { used: sum(({ used }) => used), room: sum(({ room }) => room), fullest };
}
