/// <reference lib="dom" />
/**
 * A mean, its interval and the values that it is the mean of, on a line: drawn under one another on one scale,
 * they can be compared by eye. In words the same stands beside them.
 */
import { seriesStyle } from "../laboratory/series_style.ts";

const namespace = "http://www.w3.org/2000/svg";
/** What is left free on either side, % of the width. */
const margin = 4;
/** CSS pixels. */
const meanRadius = 4;

/** What is drawn. */
export interface Estimate {
  readonly mean: number;
  readonly interval: readonly [low: number, high: number] | undefined;
  /** Each of them is a tick. */
  readonly values: readonly number[];
}

/** The scale that estimates have in common. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Where there is a line across all of them, such as at no difference. */
  readonly line: number | undefined;
}

/** The scale on which all of `estimates` can be drawn, and `line` if there is one; undefined without any. */
export function scaleOf(estimates: readonly Estimate[], line?: number): Scale | undefined {
  const values = estimates.flatMap(({ mean, interval = [], values }) => [
    mean,
    ...interval,
    ...values,
  ]).filter(Number.isFinite);
  if (values.length === 0) return undefined;
  const all = line === undefined ? values : [...values, line];
  return { low: Math.min(...all), high: Math.max(...all), line };
}

/** The place of `value` on `scale` from the left, % of the width; the middle where all are equal. */
export function placeOn({ low, high }: Scale, value: number): number {
  const share = high > low ? (value - low) / (high - low) : 0.5;
  return margin + (100 - 2 * margin) * share;
}

/** See the file's head. */
export class EstimatePlot {
  readonly element = document.createElementNS(namespace, "svg");

  constructor() {
    this.element.setAttribute("class", "estimate");
    this.element.setAttribute("aria-hidden", "true");
  }

  /** @param category by which it has its colour */
  show(estimate: Estimate | undefined, scale: Scale | undefined, category: number): void {
    this.element.setAttribute("data-series", String(seriesStyle(category).colour));
    this.element.replaceChildren();
    if (!estimate || !scale) return;
    const { mean, interval, values } = estimate;
    const at = (value: number) => `${placeOn(scale, value).toFixed(2)}%`;
    const { line } = scale;
    if (line !== undefined) {
      this.#add("line", { class: "zero", x1: at(line), x2: at(line), y1: "0", y2: "100%" });
    }
    if (interval?.every(Number.isFinite)) {
      const [low, high] = interval;
      this.#add("line", { class: "whisker", x1: at(low), x2: at(high), y1: "50%", y2: "50%" });
    }
    for (const value of values.filter(Number.isFinite)) {
      this.#add("line", { class: "value", x1: at(value), x2: at(value), y1: "22%", y2: "78%" });
    }
    if (Number.isFinite(mean)) {
      this.#add("circle", { class: "mean", cx: at(mean), cy: "50%", r: String(meanRadius) });
    }
  }

  #add(name: "line" | "circle", attributes: Readonly<Record<string, string>>): void {
    const part = document.createElementNS(namespace, name);
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
    this.element.append(part);
  }
}
