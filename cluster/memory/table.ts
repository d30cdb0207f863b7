/** A table in memory. */
import type { Change, Entry, Revision } from "../backbone.ts";

/** Entries under keys, and who follows them. All of it happens at once. */
export class MemoryTable {
  readonly #entries = new Map<string, Entry>();
  readonly #followers = new Set<(change: Change) => void>();
  #revision: Revision = 0;

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry && { ...entry, value: entry.value.slice() };
  }

  create(key: string, value: Uint8Array): Revision | undefined {
    return this.#entries.has(key) ? undefined : this.#put(key, value);
  }

  update(key: string, value: Uint8Array, revision: Revision): Revision | undefined {
    return this.#entries.get(key)?.revision === revision ? this.#put(key, value) : undefined;
  }

  remove(key: string, revision: Revision): boolean {
    if (this.#entries.get(key)?.revision !== revision) return false;
    this.#entries.delete(key);
    this.#tell({ key, revision: ++this.#revision });
    return true;
  }

  keys(): string[] {
    return [...this.#entries.keys()];
  }

  /** Present entries, then every change, until the returned function is called. */
  follow(follower: (change: Change) => void): () => void {
    for (const { key, value, revision } of this.#entries.values()) {
      follower({ key, value: value.slice(), revision });
    }
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  #put(key: string, given: Uint8Array): Revision {
    const revision = ++this.#revision;
    this.#entries.set(key, { key, value: given.slice(), revision });
    this.#tell({ key, value: given, revision });
    return revision;
  }

  #tell({ key, value, revision }: Change): void {
    for (const follower of this.#followers) {
      follower(value ? { key, value: value.slice(), revision } : { key, revision });
    }
  }
}
