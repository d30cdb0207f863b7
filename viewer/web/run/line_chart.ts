/// <reference lib="dom" />
/**
 * Lines over an axis, some with bands about them, some only points: what is pointed at is said in words, and
 * a part of the axis can be looked at closely.
 */
import uPlot from "uplot";
import { basis, Chart, decades } from "../chart.ts";
import type { Points } from "../laboratory/mean_curve.ts";
import { type SeriesStyle, seriesStyle } from "../laboratory/series_style.ts";
import { writeTick } from "../laboratory/words.ts";
import { type Colour, css } from "../palette.ts";
import type { Theme } from "../theme.ts";
import { writeBriefly } from "./numbers.ts";
import { type Range, Zoom } from "./zoom.ts";

/** Something drawn; its places grow. */
export interface DrawnLine extends Points {
  /** What it is called where it is pointed at. */
  readonly name: string;
  /** By which it has its colour. */
  readonly category: number;
  /** "faint" lines are not spoken of. */
  readonly form: "line" | "faint" | "points";
  /** The ends of a band about it, one a place. */
  readonly band?: { readonly low: readonly number[]; readonly high: readonly number[] };
}

/** What the lines are drawn over. */
export interface LineAxes {
  /** With its unit; empty where the page says it elsewhere. */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xLogarithmic: boolean;
  readonly yLogarithmic: boolean;
  /** Whether the horizontal axis begins at 0, as time does. */
  readonly fromZero: boolean;
}

/** What is told of a chart, and by whom it is told. */
export interface LineChartOptions {
  /** What is pointed at, in words; empty when nothing is. */
  readonly onPoint: (text: string) => void;
  /** Whether a part is looked at closely. */
  readonly onZoom: (isClose: boolean) => void;
  /** A place in words, such as "step 40". */
  readonly writePlace: (place: number) => string;
}

const labelFont = "11px system-ui, sans-serif";
const labelSize = 18;

/** See the file's head. */
export class LineChart {
  readonly #chart: Chart;
  readonly #zoom = new Zoom(() => this.#zoomed());
  #lines: readonly DrawnLine[] = [];
  #axes: LineAxes | undefined;
  #table: uPlot.AlignedData = [[]];
  /** What is drawn: a change of it needs another chart, a change of numbers does not. */
  #form = "";

  constructor(host: HTMLElement, private readonly options: LineChartOptions) {
    this.#chart = new Chart(host, (theme) => this.#describe(theme));
    this.#zoom.attach(host);
  }

  show(lines: readonly DrawnLine[], axes: LineAxes): void {
    this.#lines = lines;
    this.#axes = axes;
    const tables = lines.map((line) => tableOf(line, axes));
    this.#table = tables.length > 0 ? uPlot.join(tables) : [[]];
    this.#chart.data = this.#table;
    const form = JSON.stringify([
      axes,
      lines.map(({ category, form, band }) => [category, form, band !== undefined]),
    ]);
    if (form === this.#form) return;
    this.#form = form;
    this.#chart.rebuild();
  }

  /** All of the axis is shown again. */
  reset(): void {
    this.#zoom.reset();
    this.#zoomed();
  }

  paint(theme: Theme): void {
    this.#chart.paint(theme);
  }

  #zoomed(): void {
    this.#chart.data = this.#table;
    this.options.onZoom(this.#zoom.isClose);
  }

  #describe(theme: Theme): Omit<uPlot.Options, "width" | "height"> {
    const { xLabel = "", yLabel = "", xLogarithmic, yLogarithmic, fromZero } = this.#axes ?? {};
    const values: uPlot.Axis.Values = (_, ticks) =>
      ticks.map((tick) => tick === null ? "" : writeTick(tick));
    const form = basis(theme, values);
    const [horizontal, vertical] = form.axes ?? [];
    const { series, bands } = this.#series(theme);
    return {
      ...form,
      cursor: { ...form.cursor, drag: this.#zoom.drag },
      axes: [
        { ...horizontal, values, ...labelled(xLabel) },
        { ...vertical, size: 48, ...labelled(yLabel) },
      ],
      scales: {
        x: {
          time: false,
          ...xLogarithmic && { distr: 3, log: 10 },
          range: (_, low, high) => [...this.#zoom.range(wholeRange(low, high, fromZero))],
        },
        y: yLogarithmic
          ? { distr: 3, log: 10, range: (_, low, high) => decades(low, high) }
          : { range: (_, low, high) => padded(low, high) },
      },
      series: [{}, ...series],
      bands,
      hooks: {
        setCursor: [(plot) => this.#point(plot)],
        setSelect: [(plot) => this.#zoom.select(plot)],
      },
    };
  }

  #series(theme: Theme): { series: uPlot.Series[]; bands: uPlot.Band[] } {
    const series: uPlot.Series[] = [];
    const bands: uPlot.Band[] = [];
    for (const { category, form, band } of this.#lines) {
      const style = seriesStyle(category);
      const colour = theme.series[style.colour - 1];
      series.push(form === "points" ? points(colour, style, theme) : line(colour, style, form));
      if (!band) continue;
      const edge = { stroke: css(colour, 0), width: 0, points: { show: false } };
      // One more: the first series is the axis.
      bands.push({ series: [series.length + 2, series.length + 1], fill: css(colour, 0.17) });
      series.push(edge, edge);
    }
    return { series, bands };
  }

  #point({ cursor, data }: uPlot): void {
    const { idx: index, left = -1 } = cursor;
    if (index === null || index === undefined || left < 0) return this.options.onPoint("");
    const columns = columnsOf(this.#lines);
    const values = this.#lines.flatMap(({ name, form }, i) => {
      const value = data[columns[i]]?.[index];
      return form !== "faint" && typeof value === "number"
        ? [`${name} ${writeBriefly(value)}`.trim()]
        : [];
    });
    this.options.onPoint([this.options.writePlace(data[0][index]), ...values].join(" · "));
  }
}

const labelled = (label: string): uPlot.Axis => label ? { label, labelFont, labelSize } : {};

function line(
  colour: Colour,
  { dashed }: SeriesStyle,
  form: "line" | "faint",
): uPlot.Series {
  const isFaint = form === "faint";
  return {
    stroke: css(colour, isFaint ? 0.4 : 1),
    width: isFaint ? 1 : 2,
    dash: dashed ? [6, 4] : undefined,
    points: { show: false },
  };
}

/** What would be dashed is hollow. */
const points = (colour: Colour, { dashed }: SeriesStyle, { surface }: Theme): uPlot.Series => ({
  stroke: css(colour),
  width: 0,
  paths: () => null,
  points: {
    show: true,
    size: 8,
    width: 1.5,
    fill: css(dashed ? surface : colour),
    stroke: css(colour),
  },
});

/** A line as columns: its places, its values, and the ends of its band. */
function tableOf(
  { x, y, band }: DrawnLine,
  { xLogarithmic, yLogarithmic }: LineAxes,
): uPlot.AlignedData {
  const isDrawn = (place: number) => Number.isFinite(place) && (!xLogarithmic || place > 0);
  const kept = x.flatMap((place, i) => isDrawn(place) ? [i] : []);
  // What cannot be drawn is a gap.
  const column = (values: readonly number[]) =>
    kept.map((i) => {
      const value = values[i];
      return Number.isFinite(value) && (!yLogarithmic || value > 0) ? value : null;
    });
  const ends = band ? [column(band.low), column(band.high)] : [];
  return [kept.map((i) => x[i]), column(y), ...ends];
}

/** The column of each line's values in the joined table. */
function columnsOf(lines: readonly DrawnLine[]): number[] {
  let next = 1;
  return lines.map(({ band }) => {
    const column = next;
    next += band ? 3 : 1;
    return column;
  });
}

function wholeRange(low: number | null, high: number | null, fromZero = false): Range {
  if (low === null || high === null) return [0, 1];
  const from = fromZero ? Math.min(low, 0) : low;
  return high > from ? [from, high] : [from - 0.5, from + 0.5];
}

/** A little more than what there is; from 0 on where that is not far. */
function padded(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const margin = 0.06 * (high - low) || 0.1 * Math.abs(high) || 1;
  const isNearZero = low >= 0 && low < 0.5 * high;
  return [isNearZero ? 0 : low - margin, high + margin];
}
