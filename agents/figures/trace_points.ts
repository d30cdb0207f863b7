/** The points of traces, and the axes that they are drawn on. */
import type { Trace } from "../../learners/figure.ts";
import { equalAxes, quantity } from "./axes.ts";
import {
  canBeShown,
  FigureError,
  type Frame,
  type Kind,
  range,
  type Reach,
  requireSome,
  smallest,
} from "./drawing.ts";
import type { SeriesStyle } from "./series.ts";

/** A figure of traces. */
type TraceFigure = Kind<"line"> | Kind<"scatter">;

/** A point of a trace. */
export interface TracePoint {
  /** The index of its trace's name. */
  readonly series: number;
  readonly colour: string;
  /** Points of one segment follow each other without a gap. */
  readonly segment: number;
  readonly x: number;
  readonly y: number;
  /** Where its band begins and ends. */
  readonly low?: number;
  readonly high?: number;
}

/** Points that can be shown. */
export interface TracePoints {
  readonly points: readonly TracePoint[];
  /** How many cannot. */
  readonly leftOut: number;
}

/**
 * The points that can be shown; a gap begins a new segment.
 * @throws {FigureError} when there are none, or lengths do not fit each other
 */
export function tracePoints(
  traces: readonly Trace[],
  figure: TraceFigure,
  style: SeriesStyle,
): TracePoints {
  const { xLogarithmic = false, yLogarithmic = false } = figure;
  const points: TracePoint[] = [];
  let [segment, leftOut] = [0, 0];
  for (const trace of traces) {
    checkTrace(trace);
    segment++;
    const series = style.indexOf(trace.name);
    const colour = style.colourOf(series);
    trace.x.forEach((x, index) => {
      const y = trace.y[index];
      if (canBeShown(x, xLogarithmic) && canBeShown(y, yLogarithmic)) {
        points.push({ series, colour, segment, x, y, ...bandOf(trace, index) });
      } else {
        segment++;
        leftOut++;
      }
    });
  }
  requireSome(points, figure);
  return { points: yLogarithmic ? points.map(aboveZero(points)) : points, leftOut };
}

/** From where to where the band of a point reaches, if it has one. */
function bandOf({ y, spread, interval }: Trace, index: number) {
  const half = spread?.[index] ?? NaN;
  const [low, high] = interval ? interval[index] : [y[index] - half, y[index] + half];
  return Number.isFinite(low) && Number.isFinite(high) ? { low, high } : undefined;
}

function checkTrace({ name, x, y, spread, interval }: Trace): void {
  const arrays = Object.entries({ x, y, spread, interval }).flatMap(([array, values]) =>
    values ? [{ array, length: values.length }] : []
  );
  if (spread && interval) throw new FigureError(`trace "${name}" has a spread and an interval`);
  if (arrays.every(({ length }) => length === y.length)) return;
  const counts = arrays.map(({ array, length }) => `${array} ${length}`).join(", ");
  throw new FigureError(`trace "${name}" has arrays of unequal lengths: ${counts}`);
}

/** On a logarithmic axis a band that reaches 0, or comes near it, ends somewhat below the least value. */
function aboveZero(points: readonly TracePoint[]): (point: TracePoint) => TracePoint {
  const floor = smallest(points.map(({ y }) => y)) / 2;
  return (point) => point.low === undefined ? point : { ...point, low: Math.max(point.low, floor) };
}

/**
 * The axes of traces.
 * @param points all that is drawn on them
 */
export function traceAxes(figure: TraceFigure, points: readonly TracePoint[], frame: Frame) {
  const { xLabel, yLabel, xLogarithmic = false, yLogarithmic = false } = figure;
  const reach = {
    x: range(points.map(({ x }) => x)),
    y: range(points.flatMap(({ y, low, high }) => [low ?? y, high ?? y])),
  };
  const { x: xs, y: ys } = withNeighbours(reach, frame.reach);
  if (figure.equalScales) {
    const equal = equalPlaces(figure, { x: xs, y: ys }, frame);
    const { width, height } = equal;
    const x = quantity("x", xLabel, equal.x, false, false, width);
    const y = quantity("y", yLabel, equal.y, false, false, height);
    return { size: { width, height }, x, y, reach };
  }
  const { width, height } = frame;
  const isScatter = figure.kind === "scatter";
  const x = quantity("x", xLabel, xs, xLogarithmic, isScatter, width);
  const y = quantity("y", yLabel, ys, yLogarithmic, true, height);
  return { size: { width, height }, x, y, reach };
}

function withNeighbours({ x, y }: Required<Reach>, neighbours: Reach = {}): Required<Reach> {
  return { x: [...x, ...neighbours.x ?? []], y: [...y, ...neighbours.y ?? []] };
}

function equalPlaces(
  { title, xLogarithmic, yLogarithmic }: TraceFigure,
  reach: Required<Reach>,
  frame: Frame,
) {
  if (xLogarithmic || yLogarithmic) {
    throw new FigureError(`"${title}" has equal scales, which are linear, and a logarithmic axis`);
  }
  return equalAxes(reach, frame);
}
