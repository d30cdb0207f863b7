/** Lines and scatters: traces of points with their spreads. */
import { distinct, type Drawing, type Frame, ink, type Kind, type Layer } from "./drawing.ts";
import { SeriesStyle } from "./series.ts";
import { traceAxes, type TracePoint, tracePoints } from "./trace_points.ts";

export function lines(figure: Kind<"line">, frame: Frame): Drawing {
  const { traces, marks = [] } = figure;
  const names = distinct(traces.map(({ name }) => name));
  const style = new SeriesStyle(frame.names ?? names, frame.symbolSize ?? 420);
  const { points, leftOut } = tracePoints(traces, figure, style);
  const signs = new SeriesStyle(distinct(marks.map(({ name }) => name)), 60);
  const marked = marks.length === 0 ? undefined : tracePoints(marks, figure, signs);
  const all = [...points, ...marked?.points ?? []];
  const { size, x, y, reach } = traceAxes(figure, all, frame);
  const sizes = Map.groupBy(points, ({ segment }) => segment);
  const sparse = marks.length === 0 && traces.every(({ x }) => x.length <= 20);
  // A point without neighbours makes no line.
  const dots = points.filter(({ segment }) => sparse || sizes.get(segment)!.length === 1);
  // Colours as they are: only those of the lines belong into the legend.
  const fill = { field: "colour", type: "nominal" as const, scale: null };
  const detail = { field: "segment" };
  // Points as they come, not sorted by x: a line may be a path.
  const order = false;
  // Several lines of one name are a bundle, in which each is thinner.
  const strokeWidth = traces.length > names.length ? 1.2 : 2;
  // Of many bands on each other each is paler.
  const opacity = names.length > 5 ? 0.1 : 0.18;
  const layer: Layer[] = [
    {
      data: { values: points.filter(({ low }) => low !== undefined) },
      mark: { type: "area", order, opacity },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, fill, detail },
    },
    {
      data: { values: [...points] },
      mark: { type: "line", order, strokeWidth, strokeJoin: "round" },
      encoding: { x, y, color: style.colour, detail, strokeDash: style.dash },
    },
    {
      data: { values: dots },
      mark: { type: "point", filled: true, size: 36, opacity: 1 },
      encoding: { x, y, fill },
    },
    ...marked ? [markLayer(marked.points, signs, { x, y })] : [],
  ];
  return {
    spec: { ...size, layer },
    leftOut: leftOut + (marked?.leftOut ?? 0),
    names,
    reach,
  };
}

/** Points in ink, whose shapes have a legend of their own. */
function markLayer(
  points: readonly TracePoint[],
  signs: SeriesStyle,
  { x, y }: Pick<ReturnType<typeof traceAxes>, "x" | "y">,
): Layer {
  const { field: _, ...shape } = signs.shape;
  return {
    data: { values: points.map(({ series, x, y }) => ({ mark: series, x, y })) },
    mark: { type: "point", filled: false, stroke: ink, strokeWidth: 1.2, size: 36, opacity: 1 },
    encoding: { x, y, shape: { ...shape, field: "mark" } },
  };
}

export function scatter(figure: Kind<"scatter">, frame: Frame): Drawing {
  const { traces } = figure;
  const names = distinct(traces.map(({ name }) => name));
  const style = new SeriesStyle(frame.names ?? names, frame.symbolSize ?? 80);
  const { points, leftOut } = tracePoints(traces, figure, style);
  const { size, x, y, reach } = traceAxes(figure, points, frame);
  const { colour: color, shape } = style;
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
  return { spec: { ...size, layer }, leftOut, names, reach };
}
