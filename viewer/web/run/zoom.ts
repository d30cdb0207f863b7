/// <reference lib="dom" />
/**
 * The part of a chart's horizontal axis that the reader looks at closely: chosen by drawing over it, by the
 * keyboard (+, −, arrows; 0 or Escape for all of it), and left by a double click.
 */
import type uPlot from "uplot";

/** From the lower end to the upper one. */
export type Range = readonly [low: number, high: number];

/** Less than this of what is shown is a click, not a choice. */
const leastPixels = 6;
/** How much of what is shown one key press takes away, or moves by. */
const keyStep = 0.2;

/** What a key does to what is shown. */
const moves: Readonly<Record<string, (range: Range) => Range>> = {
  "+": ([low, high]) => inset(low, high, keyStep),
  "=": ([low, high]) => inset(low, high, keyStep),
  "-": ([low, high]) => inset(low, high, -keyStep / (1 - 2 * keyStep)),
  ArrowLeft: (range) => moved(range, -keyStep),
  ArrowRight: (range) => moved(range, keyStep),
};

const inset = (low: number, high: number, share: number): Range => [
  low + share * (high - low),
  high - share * (high - low),
];

const moved = ([low, high]: Range, share: number): Range => [
  low + share * (high - low),
  high + share * (high - low),
];

/**
 * `range` within `whole`: moved there if it sticks out, and the whole if it is no smaller.
 * Undefined stands for the whole.
 */
export function within([low, high]: Range, whole: Range): Range | undefined {
  const width = high - low;
  if (!(width < whole[1] - whole[0])) return undefined;
  const from = Math.min(Math.max(low, whole[0]), whole[1] - width);
  return [from, from + width];
}

/**
 * What a key makes of `range`.
 * @returns undefined for the whole; null of a key that means nothing
 */
export function keyedRange(key: string, range: Range, whole: Range): Range | undefined | null {
  if (key === "0" || key === "Escape") return undefined;
  return Object.hasOwn(moves, key) ? within(moves[key](range), whole) : null;
}

/** See the file's head. */
export class Zoom {
  #range: Range | undefined;
  #whole: Range = [0, 1];

  /** @param onChange another part is to be shown */
  constructor(private readonly onChange: () => void) {}

  /** Whether a part is shown. */
  get isClose(): boolean {
    return this.#range !== undefined;
  }

  /** Show all of it again, without a word. */
  reset(): void {
    this.#range = undefined;
  }

  /** The range of the axis, of which all of it is `whole`. */
  range(whole: Range): Range {
    this.#whole = whole;
    return this.#range ?? whole;
  }

  /** What the chart's cursor does while the button is held. */
  readonly drag: uPlot.Cursor.Drag = { x: true, y: false, setScale: false };

  /** To be called when something was drawn over. */
  select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < leastPixels) return;
    const chosen: Range = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#set(within(chosen, this.#whole));
  }

  /** Have the keyboard and the double click work in `host`. */
  attach(host: HTMLElement): void {
    host.addEventListener("dblclick", () => this.#set(undefined));
    host.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const range = keyedRange(event.key, this.#range ?? this.#whole, this.#whole);
      if (range === null) return;
      event.preventDefault();
      this.#set(range);
    });
  }

  #set(range: Range | undefined): void {
    this.#range = range;
    this.onChange();
  }
}
