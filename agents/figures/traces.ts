/** Lines and scatters: traces of points with their spreads. */
import type { Trace } from "../../learners/figure.ts";
import { quantity } from "./axes.ts";
import { categoryColours } from "./colours.ts";
import {
  canBeShown,
  type Drawing,
  FigureError,
  type Kind,
  type Layer,
  lookUp,
  plot,
  requireSome,
  smallest,
} from "./drawing.ts";

/** From the eighth on, lines take the colours again, dashed. */
const dashes = [[1, 0], [6, 3], [2, 2]];

/** Points differ in shape, too. */
const shapes = ["circle", "square", "triangle-up", "diamond", "cross"];

/** A point of a trace. */
interface TracePoint {
  readonly trace: number;
  readonly colour: string;
  /** Points of one segment follow each other without a gap. */
  readonly segment: number;
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

interface TracePoints {
  readonly points: readonly TracePoint[];
  readonly leftOut: number;
}

export function lines(figure: Kind<"line">): Drawing {
  const { points, leftOut } = tracePoints(figure);
  const { x, y } = traceAxes(figure, points);
  const sizes = Map.groupBy(points, ({ segment }) => segment);
  const sparse = figure.traces.every(({ x }) => x.length <= 20);
  // A point without neighbours makes no line.
  const dots = points.filter(({ segment }) => sparse || sizes.get(segment)!.length === 1);
  const color = traceColour(figure.traces, 420);
  // Colours as they are: only those of the lines belong into the legend.
  const fill = { field: "colour", type: "nominal" as const, scale: null };
  const detail = { field: "segment" };
  // Points as they come, not sorted by x: a line may be a path.
  const order = false;
  const strokeDash = {
    field: "trace",
    type: "nominal" as const,
    scale: { domain: figure.traces.keys().toArray(), range: cycled(figure.traces, dashes, 7) },
    legend: color.legend,
  };
  const layer: Layer[] = [
    {
      data: { values: points.filter(({ low }) => low !== undefined) },
      mark: { type: "area", order, opacity: 0.18 },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, fill, detail },
    },
    {
      data: { values: [...points] },
      mark: { type: "line", order, strokeWidth: 2, strokeJoin: "round" },
      encoding: { x, y, color, detail, strokeDash },
    },
    {
      data: { values: dots },
      mark: { type: "point", filled: true, size: 36, opacity: 1 },
      encoding: { x, y, fill },
    },
  ];
  return { spec: { ...plot, layer }, leftOut };
}

export function scatter(figure: Kind<"scatter">): Drawing {
  const { points, leftOut } = tracePoints(figure);
  const { x, y } = traceAxes(figure, points);
  const color = traceColour(figure.traces, 80);
  const shape = {
    field: "trace",
    type: "nominal" as const,
    scale: { domain: figure.traces.keys().toArray(), range: cycled(figure.traces, shapes, 1) },
    legend: color.legend,
  };
  const crowded = points.length > 400;
  const layer: Layer[] = [
    {
      data: { values: points.filter(({ low }) => low !== undefined) },
      mark: { type: "rule", opacity: 0.6 },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
    },
    {
      data: { values: [...points] },
      mark: { type: "point", filled: true, size: crowded ? 14 : 42, opacity: crowded ? 0.5 : 0.8 },
      encoding: { x, y, color, shape },
    },
  ];
  return { spec: { ...plot, layer }, leftOut };
}

/** The points that can be shown; a gap begins a new segment. */
function tracePoints(figure: Kind<"line"> | Kind<"scatter">): TracePoints {
  const { traces, xLogarithmic = false, yLogarithmic = false } = figure;
  const points: TracePoint[] = [];
  let [segment, leftOut] = [0, 0];
  traces.forEach((from, trace) => {
    checkTrace(from);
    segment++;
    const colour = categoryColours[trace % categoryColours.length];
    from.x.forEach((x, index) => {
      const y = from.y[index];
      if (canBeShown(x, xLogarithmic) && canBeShown(y, yLogarithmic)) {
        points.push({ trace, colour, segment, x, y, ...band(y, from.spread?.[index]) });
      } else {
        segment++;
        leftOut++;
      }
    });
  });
  requireSome(points, figure);
  return { points: yLogarithmic ? points.map(aboveZero(points)) : points, leftOut };
}

/** From where to where a spread reaches about `y`, if there is one. */
function band(y: number, spread: number | undefined) {
  return spread !== undefined && Number.isFinite(spread)
    ? { low: y - spread, high: y + spread }
    : undefined;
}

function checkTrace({ name, x, y, spread }: Trace): void {
  if (x.length !== y.length || (spread && spread.length !== y.length)) {
    const counts = [`x ${x.length}`, `y ${y.length}`, spread && `spread ${spread.length}`];
    throw new FigureError(
      `trace "${name}" has arrays of unequal lengths: ${counts.filter(Boolean).join(", ")}`,
    );
  }
}

/** On a logarithmic axis a band that reaches 0, or comes near it, ends somewhat below the least value. */
function aboveZero(points: readonly TracePoint[]): (point: TracePoint) => TracePoint {
  const floor = smallest(points.map(({ y }) => y)) / 2;
  return (point) => point.low === undefined ? point : { ...point, low: Math.max(point.low, floor) };
}

function traceAxes(figure: Kind<"line"> | Kind<"scatter">, points: readonly TracePoint[]) {
  const xs = points.map(({ x }) => x);
  const ys = points.flatMap(({ y, low, high }) => [low ?? y, high ?? y]);
  const { xLabel, yLabel, xLogarithmic = false, yLogarithmic = false } = figure;
  return {
    x: quantity("x", xLabel, xs, xLogarithmic, figure.kind === "scatter"),
    y: quantity("y", yLabel, ys, yLogarithmic, true),
  };
}

/** Colour by trace, with its name in the legend; a trace alone needs none. */
function traceColour(traces: readonly Trace[], symbolSize: number) {
  const legend = traces.length > 1
    ? { title: null, labelExpr: lookUp(traces.map(({ name }) => name)), symbolSize }
    : null;
  return {
    field: "trace",
    type: "nominal" as const,
    scale: {
      domain: traces.keys().toArray(),
      range: cycled(traces, categoryColours, 1),
    },
    legend,
  };
}

/** For each trace one of `values` in turn, the next one after every `run` traces. */
function cycled<Value>(traces: readonly Trace[], values: readonly Value[], run: number): Value[] {
  return traces.map((_, index) => values[Math.floor(index / run) % values.length]);
}
