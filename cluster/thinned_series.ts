/**
 * A bounded record of an unbounded series: it keeps every item until it is full, then every second,
 * every fourth, and so on, and always the latest. What is kept is spread evenly over the whole series.
 */
export class ThinnedSeries<Item> {
  readonly #limit: number;
  #kept: Item[] = [];
  #latest: Item | undefined;
  #seen = 0;
  /** Only items whose index is a multiple of it are kept. */
  #stride = 1;

  /**
   * @param limit the largest number of items kept, the latest one not counted
   * @throws {RangeError} when `limit` is not an integer of at least 2
   */
  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 2) {
      throw new RangeError(`a thinned series keeps at least 2 items, not ${limit}`);
    }
    this.#limit = limit;
  }

  /** Add `item` at the end. */
  push(item: Item): void {
    if (this.#seen % this.#stride === 0) this.#kept.push(item);
    if (this.#kept.length > this.#limit) {
      this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
      this.#stride *= 2;
    }
    this.#latest = item;
    this.#seen++;
  }

  /** Forget the end of the series, from the first item on that does not belong to it any more. */
  truncate(belongs: (item: Item) => boolean): void {
    const end = this.#kept.findIndex((item) => !belongs(item));
    const isWhole = end < 0 && (this.#latest === undefined || belongs(this.#latest));
    if (isWhole) return;
    if (end >= 0) this.#kept.length = end;
    this.#latest = this.#kept.at(-1);
    // As if the next item followed the last one that was kept.
    this.#seen = this.#kept.length * this.#stride;
  }

  /** What was added last. */
  get latest(): Item | undefined {
    return this.#latest;
  }

  /** The kept items and the latest, in the order in which they came. */
  items(): Item[] {
    const latest = this.#latest;
    return latest === undefined || this.#kept.at(-1) === latest
      ? [...this.#kept]
      : [...this.#kept, latest];
  }

  /** Forget everything. */
  clear(): void {
    this.#kept = [];
    this.#latest = undefined;
    this.#seen = 0;
    this.#stride = 1;
  }
}
