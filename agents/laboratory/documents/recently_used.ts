/** Remembers what was made with some effort and may be asked for again: the latest that were. */
export class RecentlyUsed<Value> {
  readonly #values = new Map<string, Promise<Value>>();

  /**
   * @param limit how many are remembered, those that were asked for last
   * @throws {RangeError} when it is no integer of at least 1
   */
  constructor(private readonly limit: number) {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new RangeError(`${limit} values to remember; expected an integer of at least 1`);
    }
  }

  /**
   * The value under `key`, or what `make` gives, which whoever asks meanwhile is given too. A failure is
   * not remembered.
   */
  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const known = this.#values.get(key);
    if (known) return this.#remember(key, known);
    const made = make();
    made.catch(() => {
      if (this.#values.get(key) === made) this.#values.delete(key);
    });
    return this.#remember(key, made);
  }

  /** As the latest. */
  #remember(key: string, value: Promise<Value>): Promise<Value> {
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.limit) this.#values.delete(oldest);
    return value;
  }
}
