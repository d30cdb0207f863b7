/** Histograms. */
import { quantity } from "./axes.ts";
import { categoryColours } from "./colours.ts";
import {
  canBeShown,
  type Drawing,
  FigureError,
  type Frame,
  integers,
  type Kind,
  largest,
  type LayeredSpec,
  requireSome,
  smallest,
} from "./drawing.ts";

export function histogram(figure: Kind<"histogram">, frame: Frame): Drawing {
  const { bins, xLabel, yLabel, xLogarithmic = false, yLogarithmic = false } = figure;
  if (!Number.isInteger(bins) || bins < 1) {
    throw new FigureError(
      `histogram "${figure.title}" has ${bins} bins; give a whole number from 1`,
    );
  }
  const shown = figure.values.filter((value) => canBeShown(value, xLogarithmic));
  requireSome(shown, figure);
  const edges = binEdges(shown, bins, xLogarithmic);
  const counts = binCounts(shown, edges);
  // A bar of one case must rise above the foot of a logarithmic axis.
  const base = yLogarithmic ? 0.5 : 0;
  const values = counts.map((count, bin) => ({ count, from: edges[bin], to: edges[bin + 1] }));
  const spec: LayeredSpec = {
    width: frame.width,
    height: frame.height,
    data: { values: values.filter(({ count }) => count > 0) },
    layer: [{
      mark: {
        type: "rect",
        color: categoryColours[0],
        stroke: "white",
        strokeWidth: bins > 100 ? 0 : 1,
      },
      encoding: {
        x: quantity("from", xLabel, edges, xLogarithmic, false, frame.width),
        x2: { field: "to" },
        y: quantity("count", yLabel, [base, largest(counts)], yLogarithmic, true, frame.height),
        y2: { datum: base },
      },
    }],
  };
  return { spec, leftOut: figure.values.length - shown.length };
}

/** The `bins` + 1 edges of bins that are equally wide, on the axis that is drawn. */
function binEdges(values: readonly number[], bins: number, logarithmic: boolean): number[] {
  const [onAxis, fromAxis] = logarithmic
    ? [Math.log10, (at: number) => 10 ** at]
    : [Number, Number];
  let [low, high] = [onAxis(smallest(values)), onAxis(largest(values))];
  // Values that are all alike get bins about them.
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  return integers(0, bins).map((edge) => fromAxis(low + (high - low) * edge / bins));
}

/** How many values each bin holds; the last one holds its upper edge too. */
function binCounts(values: readonly number[], edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length - 1).fill(0);
  for (const value of values) {
    const above = edges.findIndex((edge) => edge > value);
    counts[above === -1 ? counts.length - 1 : Math.max(0, above - 1)]++;
  }
  return counts;
}
