/// <reference lib="dom" />
/**
 * The learning curves of a run: a thin line for each job, a strong one for the mean of each variant's
 * seeds.
 */
import uPlot from "uplot";
import type { Curve } from "../../../cluster/protocol.ts";
import { basis, Chart, decades } from "../chart.ts";
import { element, setText } from "../dom.ts";
import { significant } from "../measures.ts";
import { css } from "../palette.ts";
import { type SeriesColours, seriesCount, type Theme } from "../theme.ts";
import { meanCurve, type Points } from "./mean_curve.ts";
import { writeTick } from "./words.ts";

/** How a variant is drawn: beyond as many as there are colours, they come again dashed. */
export interface SeriesStyle {
  /** 1 … `seriesCount` */
  readonly colour: number;
  readonly dashed: boolean;
}

export function seriesStyle(index: number): SeriesStyle {
  return { colour: index % seriesCount + 1, dashed: index % (2 * seriesCount) >= seriesCount };
}

interface Line {
  readonly group: string;
  readonly isMean: boolean;
  readonly points: Points;
}

/** See the file's head. */
export class CurveChart {
  readonly #host = element("#curves", HTMLElement);
  readonly #readout = element("#curve-readout", HTMLElement);
  readonly #chart: Chart;
  readonly #curves = new Map<string, Curve>();
  readonly #hidden = new Set<string>();
  #groups: readonly string[] = [];
  #lines: Line[] = [];
  /** What is drawn: a change of it needs another chart, a change of numbers does not. */
  #form = "";
  #metric = "";
  #logarithmic = false;

  constructor() {
    this.#chart = new Chart(this.#host, (theme) => this.#options(theme));
  }

  /** Another run, or another metric: what was there is forgotten. */
  reset(metric: string): void {
    this.#metric = metric;
    this.#curves.clear();
    this.#update();
  }

  /** The run's variants, in the order of their colours. */
  set groups(groups: readonly string[]) {
    if (JSON.stringify(groups) === JSON.stringify(this.#groups)) return;
    this.#groups = groups;
    this.#update();
  }

  add(curve: Curve): void {
    this.#curves.set(curve.job, curve);
    this.#update();
  }

  /** Whether a variant is drawn. */
  isShown(group: string): boolean {
    return !this.#hidden.has(group);
  }

  toggle(group: string): void {
    if (!this.#hidden.delete(group)) this.#hidden.add(group);
    this.#update();
  }

  set logarithmic(logarithmic: boolean) {
    this.#logarithmic = logarithmic;
    this.#form = "";
    this.#update();
  }

  /** The mean of a variant at the last step that all of its seeds have reached; NaN without any. */
  latest(group: string): number {
    return meanCurve(this.#of(group)).y.at(-1) ?? NaN;
  }

  paint(theme: Theme): void {
    this.#chart.paint(theme);
  }

  #of(group: string): Curve[] {
    return [...this.#curves.values()].filter((curve) => curve.group === group);
  }

  #update(): void {
    this.#lines = this.#groups.filter((group) => this.isShown(group)).flatMap((group) => {
      const seeds = this.#of(group);
      const mean = { group, isMean: true, points: meanCurve(seeds) };
      if (seeds.length < 2) return [mean];
      return [...seeds.map((points) => ({ group, isMean: false, points })), mean];
    });
    const tables = this.#lines.map(({ points: { x, y } }): uPlot.AlignedData => [
      [...x],
      this.#logarithmic ? y.map((value) => value > 0 ? value : null) : [...y],
    ]);
    this.#chart.data = tables.length > 0 ? uPlot.join(tables) : [[]];
    const form = JSON.stringify(this.#lines.map(({ group, isMean }) => [group, isMean]));
    if (form !== this.#form) {
      this.#form = form;
      this.#chart.rebuild();
    }
    this.#describe();
  }

  /** In words, for those who do not see the lines. */
  #describe(): void {
    const parts = this.#groups.map((group) => [group || "run", this.latest(group)] as const)
      .filter(([, value]) => Number.isFinite(value))
      .map(([group, value]) => `${group} ${significant(value)}`);
    const text = parts.length > 0 ? `${this.#metric}, now: ${parts.join("; ")}` : "no data yet";
    this.#host.setAttribute("aria-label", `Learning curves: ${text}`);
    this.#rest();
  }

  /** What the readout says while nothing is pointed at. */
  #rest(): void {
    const isEmpty = this.#curves.size === 0;
    setText(this.#readout, isEmpty && this.#groups.length > 0 ? "no measurements read yet" : "");
  }

  #options(theme: Theme): Omit<uPlot.Options, "width" | "height"> {
    const values: uPlot.Axis.Values = (_, ticks) =>
      ticks.map((tick) => tick === null ? "" : writeTick(tick));
    const form = basis(theme, values);
    const [steps, metric] = form.axes ?? [];
    return {
      ...form,
      axes: [{ ...steps, values }, { ...metric, size: 48 }],
      scales: {
        x: { time: false, range: (_, lower, upper) => [Math.min(lower ?? 0, 0), upper || 1] },
        y: this.#logarithmic
          ? { distr: 3, log: 10, range: (_, lower, upper) => decades(lower, upper) }
          : { range: (_, lower, upper) => padded(lower, upper) },
      },
      series: [{}, ...this.#lines.map((line) => this.#series(line, theme.series))],
      hooks: { setCursor: [(plot) => this.#point(plot)] },
    };
  }

  #series({ group, isMean }: Line, colours: SeriesColours): uPlot.Series {
    const { colour, dashed } = seriesStyle(this.#groups.indexOf(group));
    return {
      stroke: css(colours[colour - 1], isMean ? 1 : 0.4),
      width: isMean ? 2 : 1,
      dash: dashed ? [6, 4] : undefined,
      points: { show: false },
      spanGaps: true,
    };
  }

  #point({ cursor, data }: uPlot): void {
    const { idx: index, left = -1 } = cursor;
    if (index === null || index === undefined || left < 0) return this.#rest();
    const values = this.#lines.flatMap(({ group, isMean }, i) => {
      const value = data[i + 1]?.[index];
      return isMean && typeof value === "number" ? [`${group} ${significant(value)}`.trim()] : [];
    });
    setText(this.#readout, [`step ${data[0][index]}`, ...values].join(" · "));
  }
}

/** A little more than what there is; from 0 on where that is not far. */
function padded(lower: number | null, upper: number | null): [number, number] {
  if (lower === null || upper === null) return [0, 1];
  const margin = 0.06 * (upper - lower) || 0.1 * Math.abs(upper) || 1;
  const isNearZero = lower >= 0 && lower < 0.5 * upper;
  return [isNearZero ? 0 : lower - margin, upper + margin];
}
