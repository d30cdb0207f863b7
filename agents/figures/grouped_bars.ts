/** Bars in groups, one colour for each series, with their intervals and the points that they are means of. */
import { quantity } from "./axes.ts";
import {
  axisTitle,
  canBeShown,
  type Drawing,
  FigureError,
  type Frame,
  ink,
  type Kind,
  largest,
  type Layer,
  lookUp,
  requireSome,
  smallest,
} from "./drawing.ts";
import { SeriesStyle } from "./series.ts";

/** How much of a group's place its bars take. */
const groupShare = 0.8;

/** A bar; its places along x are counted in groups, whose middles are whole numbers. */
interface Bar {
  readonly series: number;
  readonly colour: string;
  readonly left: number;
  readonly right: number;
  readonly middle: number;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/** One of those that a bar is the mean of. */
interface Point {
  readonly colour: string;
  readonly at: number;
  readonly value: number;
}

export function groupedBars(figure: Kind<"grouped-bars">, frame: Frame): Drawing {
  const { groups, series, xLabel, yLabel, yLogarithmic = false } = figure;
  checkLengths(figure);
  const style = new SeriesStyle(frame.names ?? series, frame.symbolSize ?? 100);
  const all = barsOf(figure, style);
  const bars = all.filter(({ value }) => canBeShown(value, yLogarithmic));
  requireSome(bars, figure);
  const points = pointsOf(figure, style).filter(({ value }) => canBeShown(value, yLogarithmic));
  const ends = [
    ...bars.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]),
    ...points.map(({ value }) => value),
  ].filter((end) => canBeShown(end, yLogarithmic));
  const base = yLogarithmic ? 10 ** Math.floor(Math.log10(smallest(ends))) : 0;
  const reach = [smallest([base, ...ends]), largest([base, ...ends])];
  const ys = [...reach, ...frame.reach?.y ?? []];
  const y = quantity("value", yLabel, ys, yLogarithmic, true, frame.height);
  const step = Math.max(18 + 12 * series.length, Math.min(110, frame.width / groups.length));
  const x = { ...groupAxis(groups, xLabel, step), field: "left" };
  const layer = layers(bars, points, { x, y, base, color: style.colour });
  return {
    spec: { width: Math.round(step * groups.length), height: frame.height, layer },
    // What is not there was not to be shown.
    leftOut: all.filter(({ value }) => !Number.isNaN(value)).length - bars.length,
    names: series,
    reach: { y: reach },
  };
}

function checkLengths({ title, groups, series, values, intervals, points }: Kind<"grouped-bars">) {
  for (const [what, rows] of Object.entries({ values, intervals, points })) {
    if (rows === undefined) continue;
    if (
      rows.length === groups.length && rows.every(({ length }) => length === series.length)
    ) continue;
    const lengths = [...new Set(rows.map(({ length }) => length))].join(" and ");
    throw new FigureError(
      `grouped bars "${title}" have ${groups.length} groups of ${series.length} series, but ` +
        `${rows.length} rows of ${lengths || 0} ${what}`,
    );
  }
}

/** Where the bar of a series stands, in a group whose middle is 0. */
function placeOf(series: number, count: number) {
  const width = groupShare / count;
  const middle = (series + 0.5) * width - groupShare / 2;
  return { left: middle - 0.44 * width, right: middle + 0.44 * width, middle, width };
}

function barsOf({ series, values, intervals }: Kind<"grouped-bars">, style: SeriesStyle): Bar[] {
  return values.flatMap((row, group) =>
    row.map((value, index) => {
      const { left, right, middle } = placeOf(index, series.length);
      const name = style.indexOf(series[index]);
      const interval = intervals?.[group][index];
      return {
        series: name,
        colour: style.colourOf(name),
        left: group + left,
        right: group + right,
        middle: group + middle,
        value,
        ...interval?.every(Number.isFinite) && { low: interval[0], high: interval[1] },
      };
    })
  );
}

/** Beside each other on their bar, so that equal ones can be told apart. */
function pointsOf({ series, points = [] }: Kind<"grouped-bars">, style: SeriesStyle): Point[] {
  return points.flatMap((row, group) =>
    row.flatMap((values, index) => {
      const { middle, width } = placeOf(index, series.length);
      const colour = style.colourOf(style.indexOf(series[index]));
      return values.map((value, point) => {
        const along = values.length === 1 ? 0 : point / (values.length - 1) - 0.5;
        return { colour, at: group + middle + 0.5 * along * width, value };
      });
    })
  );
}

/** A group at each whole number; names that are longer than a place stand at an angle. */
function groupAxis(groups: readonly string[], title: string, step: number) {
  const longest = 6.5 * largest(groups.map(({ length }) => length));
  return {
    type: "quantitative" as const,
    scale: { domain: [-0.5, groups.length - 0.5], nice: false },
    axis: {
      title: axisTitle(title, step * groups.length),
      values: groups.keys().toArray(),
      labelExpr: lookUp(groups),
      labelAngle: longest > step ? -35 : 0,
      labelAlign: longest > step ? "right" as const : "center" as const,
      labelLimit: 220,
      labelOverlap: false,
      labelFlush: false,
      labelPadding: 6,
      // As many as there are values: of more than there are to be ticks Vega would leave some out.
      tickCount: groups.length,
      tickSize: 0,
      grid: false,
    },
  };
}

interface Encodings {
  readonly x: ReturnType<typeof groupAxis> & { readonly field: string };
  readonly y: ReturnType<typeof quantity>;
  readonly base: number;
  readonly color: SeriesStyle["colour"];
}

/** Pale bars, so that points show on them. */
function layers(
  bars: readonly Bar[],
  points: readonly Point[],
  { x, y, base, color }: Encodings,
): Layer[] {
  const as = (field: string) => ({ ...x, field });
  return [
    {
      data: { values: [...bars] },
      mark: { type: "rect", fillOpacity: 0.45, strokeWidth: 1, stroke: { expr: "datum.colour" } },
      encoding: { x, x2: { field: "right" }, y, y2: { datum: base }, color },
    },
    {
      data: { values: [...points] },
      mark: { type: "circle", size: 16, opacity: 0.9, stroke: "white", strokeWidth: 0.4 },
      encoding: {
        x: as("at"),
        y,
        fill: { field: "colour", type: "nominal", scale: null },
      },
    },
    {
      data: { values: bars.filter(({ low }) => low !== undefined) },
      mark: { type: "errorbar", ticks: { width: 7, color: ink }, rule: { color: ink, size: 1.4 } },
      encoding: { x: as("middle"), y: { ...y, field: "low" }, y2: { field: "high" } },
    },
  ];
}
