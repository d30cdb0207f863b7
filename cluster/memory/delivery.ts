/** Handing things over to those who follow something, in order and apart from whoever caused them. */

/** Calls one follower's handler, one item after the other. */
export class Delivery<Item extends object> {
  #waiting: Item[] = [];
  #scheduled = false;
  #held = false;
  #ended = false;

  /**
   * @param onError told what the handler threw; the next item comes nevertheless
   * @param supersedes whether the later of two waiting items makes the earlier one needless; nothing
   * does when it is left out
   */
  constructor(
    private readonly handler: (item: Item) => void,
    private readonly onError: (error: unknown) => void,
    private readonly supersedes?: (later: Item, earlier: Item) => boolean,
  ) {}

  /** Hand over `item` soon, after all earlier ones. */
  push(item: Item): void {
    if (this.#ended) return;
    if (this.#held && this.supersedes) {
      this.#waiting = this.#waiting.filter((earlier) => !this.supersedes?.(item, earlier));
    }
    this.#waiting.push(item);
    this.#schedule();
  }

  /** Hand over what waits, now. */
  drain(): void {
    while (!this.#held) {
      const item = this.#waiting.shift();
      if (item === undefined) return;
      this.#call(item);
    }
  }

  /** Whether items wait until this is false again, as during an interruption. */
  set held(held: boolean) {
    this.#held = held;
    this.#schedule();
  }

  end(): void {
    this.#ended = true;
    this.#waiting = [];
  }

  #call(item: Item): void {
    try {
      this.handler(item);
    } catch (error) {
      this.onError(error);
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#held || this.#waiting.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.drain();
    });
  }
}
