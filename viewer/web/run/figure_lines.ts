/** A method's figure as lines and points over an axis, where it is that: what the page draws itself. */
import { told } from "../documents.ts";
import type { DrawnLine, LineAxes } from "./line_chart.ts";
import type { SentFigureData } from "./run_document.ts";

/** What is drawn in one place, under a title of its own where there are several. */
export interface FigurePart {
  readonly title: string;
  readonly lines: readonly DrawnLine[];
  readonly axes: LineAxes;
}

/** What is drawn, and what the colours stand for. */
export interface FigureLines {
  readonly parts: readonly FigurePart[];
  /** By category. */
  readonly names: readonly string[];
}

type Panel = Extract<SentFigureData, { kind: "panels" }>["panels"][number];
type Drawable = Extract<Panel, { kind: "line" | "scatter" }>;
type SentTrace = Drawable["traces"][number];

/**
 * The lines and points of `figure`; undefined of what the page does not draw: other kinds, paths (lines that
 * go back and forth, or whose axes are those of a map), and panels that have a range in common.
 */
export function figureLines(figure: SentFigureData): FigureLines | undefined {
  if (figure.kind === "panels" && figure.common) return undefined;
  const panels: readonly Panel[] = figure.kind === "panels" ? figure.panels : [figure];
  const drawable = panels.filter(isDrawable);
  if (drawable.length === 0 || drawable.length < panels.length) return undefined;
  const traces = drawable.flatMap((panel) => [...panel.traces, ...marksOf(panel)]);
  const names = [...new Set(traces.map(({ name }) => name))];
  return {
    parts: drawable.map((panel) => ({
      title: panel.title,
      lines: linesOf(panel, names),
      axes: {
        xLabel: panel.xLabel,
        yLabel: panel.yLabel,
        xLogarithmic: panel.xLogarithmic ?? false,
        yLogarithmic: panel.yLogarithmic ?? false,
        fromZero: false,
      },
    })),
    names,
  };
}

function isDrawable(panel: Panel): panel is Drawable {
  if (panel.kind === "scatter") {
    // Two points above one another are one place of the axis: only the last would be drawn.
    return !panel.equalScales && panel.traces.every(({ x }) => new Set(x).size === x.length);
  }
  return panel.kind === "line" && !panel.equalScales &&
    [...panel.traces, ...panel.marks ?? []].every(isFunction);
}

const marksOf = (panel: Drawable) => panel.kind === "line" ? panel.marks ?? [] : [];

function linesOf(panel: Drawable, names: readonly string[]): DrawnLine[] {
  const line = (trace: SentTrace, form: DrawnLine["form"]): DrawnLine => ({
    name: trace.name,
    category: names.indexOf(trace.name),
    form,
    x: trace.x.map(told),
    y: trace.y.map(told),
    ...bandOf(trace),
  });
  if (panel.kind === "scatter") {
    return panel.traces.map((trace) => inOrder(line(trace, "points")));
  }
  // Several lines of one name, such as trials, are told apart by nothing but themselves.
  const isAlone = ({ name }: SentTrace) =>
    panel.traces.filter((trace) => trace.name === name).length < 2;
  return [
    ...panel.traces.map((trace) => line(trace, isAlone(trace) ? "line" : "faint")),
    ...marksOf(panel).map((trace) => line(trace, "points")),
  ];
}

/** Points from left to right. */
function inOrder(points: DrawnLine): DrawnLine {
  const order = points.x.map((_, i) => i).sort((a, b) => points.x[a] - points.x[b]);
  const { band: _, ...rest } = points;
  return { ...rest, x: order.map((i) => points.x[i]), y: order.map((i) => points.y[i]) };
}

/** Whether there is one value a place, from left to right. */
function isFunction({ x }: SentTrace): boolean {
  return x.every((place, i) => i === 0 || told(place) > told(x[i - 1]));
}

function bandOf({ y, spread, interval }: SentTrace): Pick<DrawnLine, "band"> {
  if (interval) {
    return {
      band: {
        low: interval.map(([low]) => told(low)),
        high: interval.map(([, high]) => told(high)),
      },
    };
  }
  if (!spread) return {};
  return {
    band: {
      low: y.map((value, i) => told(value) - told(spread[i])),
      high: y.map((value, i) => told(value) + told(spread[i])),
    },
  };
}
