/// <reference lib="dom" />
/** What the pages' charts have in common: a place that they fill, axes, scales. */
import uPlot from "uplot";
import { css } from "./palette.ts";
import type { Theme } from "./theme.ts";

const font = "11px system-ui, sans-serif";

/** A chart that fills its host and is rebuilt when theme or form change. */
export class Chart {
  readonly #host: HTMLElement;
  readonly #form: (theme: Theme) => Omit<uPlot.Options, "width" | "height">;
  #plot: uPlot | undefined;
  #theme: Theme | undefined;
  #data: uPlot.AlignedData = [[]];
  #stale = false;

  constructor(
    host: HTMLElement,
    form: (theme: Theme) => Omit<uPlot.Options, "width" | "height">,
  ) {
    this.#host = host;
    this.#form = form;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(host);
  }

  /** New data; drawn with the next display frame. */
  set data(data: uPlot.AlignedData) {
    this.#data = data;
    if (this.#stale) return;
    this.#stale = true;
    requestAnimationFrame(() => {
      this.#stale = false;
      this.#plot?.setData(this.#data);
    });
  }

  paint(theme: Theme): void {
    this.#theme = theme;
    this.rebuild();
  }

  rebuild(): void {
    if (!this.#theme) return;
    this.#plot?.destroy();
    const options = { ...this.#form(this.#theme), ...this.#size() };
    this.#plot = new uPlot(options, this.#data, this.#host);
  }

  #size(): { width: number; height: number } {
    return { width: this.#host.clientWidth, height: this.#host.clientHeight };
  }
}

/** What all charts have in common. */
export function basis(
  theme: Theme,
  yValues: uPlot.Axis.Values,
): Omit<uPlot.Options, "width" | "height" | "series"> {
  const axis = {
    stroke: css(theme.muted),
    font,
    ticks: { show: false },
    grid: { stroke: css(theme.line), width: 1 },
  };
  return {
    legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    axes: [
      { ...axis, grid: { show: false }, size: 24, gap: 4, space: 60 },
      { ...axis, size: 36, gap: 4, space: 28, values: yValues },
    ],
  };
}

/** As short as it goes: "20k" for 20 000. */
export const inThousands = (value: number) => value >= 1000 ? `${value / 1000}k` : String(value);

/** Bounds with room for the data and at least one labelled line. */
export function decades(lower: number | null, upper: number | null): [number, number] {
  if (!lower || !upper || lower <= 0) return [1, 100];
  const steps = [1, 2, 5];
  const below = [...steps].reverse().map((step) => step * 10 ** Math.floor(Math.log10(lower)));
  const above = [...steps, 10].map((step) => step * 10 ** Math.floor(Math.log10(upper)));
  return [
    below.find((bound) => bound <= lower) ?? lower,
    above.find((bound) => bound >= upper) ?? upper,
  ];
}
