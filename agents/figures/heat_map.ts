/** Heat maps: a matrix of coloured cells, with their numbers where there are few. */
import { amountScale, missingColour } from "./colours.ts";
import {
  axisTitle,
  type Drawing,
  FigureError,
  type Frame,
  type Kind,
  largest,
  type Layer,
  type LayeredSpec,
  lookUp,
  plot,
  requireSome,
  short,
} from "./drawing.ts";

export function heatMap(figure: Kind<"heat-map">, frame: Frame): Drawing {
  const { values, rows, columns, xLabel, yLabel } = figure;
  checkLengths(figure);
  const all = values.flatMap((cells, row) =>
    cells.map((value, column) => ({ row, column, value }))
  );
  const shown = all.filter(({ value }) => Number.isFinite(value));
  requireSome(shown, figure);
  const { scheme, domain, isDark } = amountScale(shown.map(({ value }) => value));
  const annotated = all.length <= 144;
  // Whole pixels leave no seams between cells.
  const step = annotated ? 40 : Math.max(3, Math.min(24, Math.floor(frame.width / columns.length)));
  const slanted = annotated && 6.5 * largest(columns.map(({ length }) => length)) > step;
  const x = slanted
    ? band("column", xLabel, columns, { labelAngle: -35, labelLimit: 180 })
    : band("column", xLabel, columns, { labelLimit: Math.max(step, 60), labelOverlap: true });
  const y = band("row", yLabel, rows, { labelLimit: 180, labelOverlap: !annotated });
  const color = {
    field: "value",
    type: "quantitative" as const,
    scale: { scheme, domain },
    legend: { title: null },
  };
  const ink = { condition: { test: "datum.dark", value: "white" }, value: "black" };
  const layer: Layer[] = [{ mark: { type: "rect" }, encoding: { x, y, color } }];
  if (annotated) {
    layer.push({
      mark: { type: "text", fontSize: 10 },
      encoding: { x, y, text: { field: "label" }, color: ink },
    });
  }
  const spec: LayeredSpec = {
    width: step * columns.length,
    height: step * rows.length,
    view: { fill: missingColour },
    data: {
      values: shown.map((cell) => ({
        ...cell,
        label: short(cell.value),
        dark: isDark(cell.value),
      })),
    },
    layer,
  };
  return { spec, leftOut: all.length - shown.length };
}

function checkLengths({ title, values, rows, columns }: Kind<"heat-map">): void {
  if (values.length === rows.length && values.every(({ length }) => length === columns.length)) {
    return;
  }
  const lengths = [...new Set(values.map(({ length }) => length))].join(" and ");
  throw new FigureError(
    `heat map "${title}" names ${rows.length} rows and ${columns.length} columns, but has ` +
      `${values.length} rows of ${lengths || 0} values`,
  );
}

/** How names stand beside the cells. */
interface Labels {
  readonly labelAngle?: number;
  /** Pixels. */
  readonly labelLimit: number;
  /** Whether names that would run into each other are left out. */
  readonly labelOverlap?: boolean;
}

/** One cell after the other, by index. */
function band(field: string, title: string, names: readonly string[], labels: Labels) {
  return {
    field,
    type: "ordinal" as const,
    scale: { domain: names.keys().toArray(), padding: 0 },
    axis: {
      title: axisTitle(title, plot.width),
      labelExpr: lookUp(names),
      labelAngle: 0,
      labelOverlap: false,
      ...labels,
      domain: false,
    },
  };
}
