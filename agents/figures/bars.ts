/** Bars, one for each name, with their spreads and their numbers. */
import { quantity } from "./axes.ts";
import { categoryColours } from "./colours.ts";
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
  plot,
  requireSome,
  short,
  smallest,
} from "./drawing.ts";

interface Bar {
  /** Its place among all. */
  readonly bar: number;
  readonly value: number;
  readonly label: string;
  /** The ends of its spread. */
  readonly low: number;
  readonly high: number;
  /** Where its number stands. */
  readonly tip: number;
}

export function bars(figure: Kind<"bars">, frame: Frame): Drawing {
  const { names, values, spread, yLabel, yLogarithmic = false } = figure;
  checkLengths(figure);
  const shownValues = values.filter((value) => canBeShown(value, yLogarithmic));
  requireSome(shownValues, figure);
  const base = yLogarithmic ? 10 ** Math.floor(Math.log10(smallest(shownValues))) : 0;
  const shown = barsFrom(base, figure);
  const step = Math.max(28, Math.min(72, frame.width / names.length));
  const x = nameAxis(figure, step);
  const reach = extent(base, shown, yLogarithmic);
  const ys = [...reach, ...frame.reach?.y ?? []];
  const y = quantity("value", yLabel, ys, yLogarithmic, true, frame.height);
  const layer: Layer[] = [
    {
      mark: { type: "bar", color: categoryColours[0] },
      encoding: { x, y, y2: { datum: base } },
    },
    {
      mark: { type: "text", fontSize: 10, color: "#444444", dy: { expr: labelShift(base) } },
      encoding: { x, y: { ...y, field: "tip" }, text: { field: "label" } },
    },
  ];
  if (spread) {
    layer.splice(1, 0, {
      mark: { type: "errorbar", ticks: { width: 8, color: ink }, rule: { color: ink } },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
    });
  }
  const size = { width: Math.round(step * names.length), height: frame.height };
  const leftOut = values.length - shown.length;
  return { spec: { ...size, data: { values: shown }, layer }, leftOut, reach: { y: reach } };
}

function checkLengths({ title, names, values, spread }: Kind<"bars">): void {
  if (names.length === values.length && (spread ?? values).length === values.length) return;
  throw new FigureError(
    `bars "${title}" have ${names.length} names, ${values.length} values` +
      (spread ? ` and ${spread.length} spreads` : ""),
  );
}

/** The bars that can be shown, standing on `base`, which no spread goes below on a logarithmic axis. */
function barsFrom(base: number, { values, spread, yLogarithmic = false }: Kind<"bars">): Bar[] {
  const all = values.map((value, bar) => {
    const half = spread?.[bar] ?? 0;
    const low = yLogarithmic ? Math.max(base, value - half) : value - half;
    const high = value + half;
    return { bar, value, label: short(value), low, high, tip: value < base ? low : high };
  });
  return all.filter(({ value }) => canBeShown(value, yLogarithmic));
}

/** From the lowest to the highest end, with room for the numbers that stand there. */
function extent(base: number, shown: readonly Bar[], logarithmic: boolean): number[] {
  const low = smallest([base, ...shown.map(({ low }) => low)]);
  const high = largest([base, ...shown.map(({ high }) => high)]);
  const room = logarithmic ? 0 : 0.06 * (high - low);
  return [low < base ? low - room : base, high > base ? high + room : base];
}

/** A number stands above a bar that rises, below one that falls. */
const labelShift = (base: number) => `datum.value < ${base} ? 9 : -7`;

/** One place after the other; names that are longer than a place stand at an angle. */
function nameAxis({ names, xLabel }: Kind<"bars">, step: number) {
  const longest = 6.5 * largest(names.map(({ length }) => length));
  return {
    field: "bar",
    type: "ordinal" as const,
    scale: { domain: names.keys().toArray(), paddingInner: 0.35, paddingOuter: 0.25 },
    axis: {
      title: axisTitle(xLabel, plot.width),
      labelExpr: lookUp(names),
      labelAngle: longest > step ? -35 : 0,
      labelLimit: 220,
    },
  };
}
