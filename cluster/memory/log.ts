/** A log in memory. */
import type { LogEntry } from "../backbone.ts";

/** Entries in order, and who follows them. */
export class MemoryLog {
  #entries: LogEntry[] = [];
  /** Positions given out so far. */
  #positions = 0;
  readonly #followers = new Set<(entry: LogEntry) => void>();

  append(payload: Uint8Array, after: number): number | undefined {
    if (after !== this.last()) return undefined;
    const entry = { position: ++this.#positions, payload: payload.slice() };
    this.#entries.push(entry);
    for (const follower of this.#followers) follower(copy(entry));
    return entry.position;
  }

  last(): number {
    return this.#entries.at(-1)?.position ?? 0;
  }

  read(after: number): LogEntry[] {
    return this.#entries.filter(({ position }) => position > after).map(copy);
  }

  remove(until = Infinity): void {
    this.#entries = this.#entries.filter(({ position }) => position > until);
  }

  /** Entries beyond `after`, then every later one, until the returned function is called. */
  follow(follower: (entry: LogEntry) => void, after: number): () => void {
    for (const entry of this.read(after)) follower(entry);
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }
}

function copy({ position, payload }: LogEntry): LogEntry {
  return { position, payload: payload.slice() };
}
