/** What has stood still for how long, by the time of whoever looks at it every now and then. */

/** See the file's head. */
export class Standing {
  #seen = new Map<string, { readonly revision: number; readonly since: number }>();

  /**
   * Take a look.
   * @param present what there is: its key, and a number that changes with it
   * @param now the observer's own time, ms
   * @param age ms
   * @returns the keys that have not changed for `age` at the least, as far as was seen here
   */
  look(present: Iterable<readonly [string, number]>, now: number, age: number): string[] {
    const seen = new Map<string, { readonly revision: number; readonly since: number }>();
    for (const [key, revision] of present) {
      const before = this.#seen.get(key);
      seen.set(key, before?.revision === revision ? before : { revision, since: now });
    }
    this.#seen = seen;
    return [...seen].flatMap(([key, { since }]) => now - since >= age ? [key] : []);
  }
}
