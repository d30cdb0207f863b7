/** Graphs: nodes where they are said to be, and the edges between them. */
import { amountScale, categoryColours } from "./colours.ts";
import { equalAxes } from "./axes.ts";
import {
  type Drawing,
  FigureError,
  type Frame,
  type Kind,
  type LayeredSpec,
  requireSome,
} from "./drawing.ts";

export function graph(figure: Kind<"graph">, frame: Frame): Drawing {
  const { positions, edges, colours, sizes } = figure;
  requireSome(positions, figure);
  checkGraph(figure);
  const area = Math.min(220, Math.max(14, 14_000 / positions.length));
  const nodes = positions.map(([x, y], node) => ({
    x,
    y,
    colour: colours[node],
    area: area * (sizes?.[node] ?? 1),
  }));
  const links = edges.map(([from, to]) => {
    const [[x, y], [x2, y2]] = [positions[from], positions[to]];
    return { x, y, x2, y2 };
  });
  const { x, y, ...size } = equalScales(positions, frame);
  const spec: LayeredSpec = {
    ...size,
    layer: [
      {
        data: { values: links },
        mark: {
          type: "rule",
          color: "#777777",
          strokeWidth: 0.8,
          opacity: edgeOpacity(edges.length),
        },
        encoding: { x, y, x2: { field: "x2" }, y2: { field: "y2" } },
      },
      {
        data: { values: nodes },
        mark: { type: "circle", opacity: 1, stroke: "white", strokeWidth: area < 30 ? 0.3 : 0.8 },
        encoding: {
          x,
          y,
          size: { field: "area", type: "quantitative", scale: null },
          color: nodeColour(colours),
        },
      },
    ],
  };
  return { spec };
}

function checkGraph({ title, positions, edges, colours, sizes }: Kind<"graph">): void {
  const count = positions.length;
  if (colours.length !== count || (sizes && sizes.length !== count)) {
    throw new FigureError(
      `graph "${title}" has ${count} positions, ${colours.length} colours` +
        (sizes ? ` and ${sizes.length} sizes` : ""),
    );
  }
  const lost = edges.find((edge) => edge.some((node) => !(node in positions)));
  if (lost) throw new FigureError(`graph "${title}" has an edge ${lost} beyond its ${count} nodes`);
  const infinite = positions.findIndex((position) => !position.every(Number.isFinite));
  if (infinite !== -1) {
    throw new FigureError(`node ${infinite} of graph "${title}" is at ${positions[infinite]}`);
  }
}

const edgeOpacity = (edges: number) => edges > 1500 ? 0.2 : edges > 300 ? 0.4 : 0.7;

/** Axes, not shown, on which a unit is equally long in both directions. */
function equalScales(positions: readonly (readonly [number, number])[], { width }: Frame) {
  const [xs, ys] = [positions.map(([x]) => x), positions.map(([, y]) => y)];
  const equal = equalAxes({ x: xs, y: ys }, { width, height: width });
  const [x, y] = (["x", "y"] as const).map((field) => ({
    field,
    type: "quantitative" as const,
    axis: null,
    scale: { domain: [...equal[field]], nice: false },
  }));
  return { width: equal.width, height: equal.height, x, y };
}

/** Few whole numbers are classes; others are amounts. */
function nodeColour(colours: readonly number[]) {
  const distinct = [...new Set(colours)].sort((a, b) => a - b);
  if (distinct.length <= categoryColours.length && distinct.every(Number.isInteger)) {
    return {
      field: "colour",
      type: "nominal" as const,
      scale: { domain: distinct, range: categoryColours.slice(0, distinct.length) },
      legend: distinct.length > 1 ? { title: null } : null,
    };
  }
  const { scheme, domain } = amountScale(colours.filter(Number.isFinite));
  return {
    field: "colour",
    type: "quantitative" as const,
    scale: { scheme, domain },
    legend: { title: null },
  };
}
