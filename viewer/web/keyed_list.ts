/// <reference lib="dom" />
/**
 * Elements for the items of a list, each kept as long as its item is there: what the reader has focused or
 * is reading stays where it is, and only what has changed is touched.
 */

/** A row that shows items of one kind. */
export interface Row<Item> {
  readonly element: HTMLElement;
  show(item: Item): void;
}

/** The rows of a list. */
export class KeyedList<Item> {
  readonly #rows = new Map<string, Row<Item>>();

  /**
   * @param host what the rows are in; other children of it stay before them
   * @param keyOf an item's key, its own in the list
   * @param make a row for an item
   */
  constructor(
    private readonly host: HTMLElement,
    private readonly keyOf: (item: Item) => string,
    private readonly make: (item: Item) => Row<Item>,
  ) {}

  /** Show these items, in this order. */
  show(items: readonly Item[]): void {
    const rows = items.map((item) => this.#rowFor(item));
    const kept = new Set(items.map(this.keyOf));
    for (const [key, { element }] of this.#rows) {
      if (kept.has(key)) continue;
      element.remove();
      this.#rows.delete(key);
    }
    // From the end, so that each row has its successor in place; one that is in place is not moved.
    let successor: Element | null = null;
    for (const { element } of rows.toReversed()) {
      const isInPlace = element.parentElement === this.host &&
        element.nextElementSibling === successor;
      if (!isInPlace) this.host.insertBefore(element, successor);
      successor = element;
    }
  }

  #rowFor(item: Item): Row<Item> {
    const key = this.keyOf(item);
    let row = this.#rows.get(key);
    if (!row) {
      row = this.make(item);
      this.#rows.set(key, row);
    }
    row.show(item);
    return row;
  }
}
