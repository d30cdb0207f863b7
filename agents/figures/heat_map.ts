/** Heat maps: a matrix of coloured cells, with their numbers where there are few. */
import { amountScale, missingColour } from "./colours.ts";
import {
  type Drawing,
  FigureError,
  type Kind,
  type Layer,
  type LayeredSpec,
  lookUp,
  plot,
  requireSome,
  short,
  wrap,
} from "./drawing.ts";

export function heatMap(figure: Kind<"heat-map">): Drawing {
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
  const step = annotated ? 40 : Math.max(3, Math.min(24, Math.floor(plot.width / columns.length)));
  const x = band("column", xLabel, columns, Math.max(step, 60));
  const y = band("row", yLabel, rows, 180);
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

/** One cell after the other, by index; names that would run into each other are left out. */
function band(field: string, title: string, names: readonly string[], labelLimit: number) {
  return {
    field,
    type: "ordinal" as const,
    scale: { domain: names.keys().toArray(), padding: 0 },
    axis: {
      title: wrap(title, plot.width),
      labelExpr: lookUp(names),
      labelAngle: 0,
      labelLimit,
      labelOverlap: true,
      domain: false,
    },
  };
}
