/** What DAGNN's results say: its claim and its figures. */
import type { Graph } from "../data/dataset.ts";
import type { Figure, Trace } from "../figure.ts";
import type { Claim, Outcomes, Series } from "../method.ts";
import { above, below, claimOf, claimPart, deviationOf, meanOf } from "../outcomes.ts";

/** Test accuracy on Cora's public split, 100 runs (the paper's table of citation graphs). */
export const publishedCora = 0.844;

/** The metric in which a run on Cora in the paper's setting reports its distance from that. */
export const beyondPublished = "test accuracy beyond the published";

/** The depths that variants of each kind have. */
const depths = { gcn: [2, 4, 8, 16], dagnn: [2, 5, 10, 20, 50], "last-hop": [2, 5, 10, 20, 50] };

/** Margins are in units of the difference in test accuracy that each part asks for. */
export function dagnnClaim(outcomes: Outcomes): Claim {
  const accuracy = (variant: string) => meanOf(outcomes, variant, "test accuracy");
  const best = Math.max(...depths.dagnn.map((hops) => accuracy(`dagnn-${hops}`)));
  const distance = Math.abs(meanOf(outcomes, "dagnn", beyondPublished));
  return claimOf(
    "Propagation that is decoupled from transformation can be deep, and gates that choose among the " +
      "hops make it useful.",
    [
      claimPart(
        "Depth fails GCN, whose accuracy is lower with 16 layers than with 4 by more than 0.3, and " +
          "not DAGNN, which with 50 hops is at most 0.03 below the best DAGNN.",
        Math.min(
          above(accuracy("gcn-4") - accuracy("gcn-16"), 0.3),
          below(best - accuracy("dagnn-50"), 0.03),
        ),
      ),
      claimPart(
        "DAGNN with 20 hops beats GCN with 2 layers, and APPNP with 10 hops, by at least 0.01.",
        above(accuracy("dagnn-20") - Math.max(accuracy("gcn-2"), accuracy("appnp")), 0.01),
      ),
      claimPart(
        "With 50 hops the gate brings at least 0.05 over the last hop alone.",
        above(accuracy("dagnn-50") - accuracy("last-hop-50"), 0.05),
      ),
      claimPart(
        "From 2 to 20 hops DAGNN gains at least 0.1.",
        above(accuracy("dagnn-20") - accuracy("dagnn-2"), 0.1),
      ),
      claimPart(
        `On Cora's public split DAGNN is within 0.01 of the published ${publishedCora}.`,
        below(distance, 0.01),
      ),
    ],
  );
}

/** Those of the figures for which there are results. */
export function dagnnFigures(outcomes: Outcomes): Figure[] {
  return [
    ...depthFigure(outcomes, "test accuracy", {
      title: "Accuracy against depth",
      caption:
        "Stacked convolutions fail with depth, the last hop alone fades, DAGNN keeps what it has.",
      yLabel: "test accuracy",
    }),
    ...depthFigure(outcomes, "smoothness", {
      title: "Smoothness against depth",
      caption: "The lower the value, the more alike the outputs of all nodes; 0 is fully smoothed.",
      yLabel: "smoothness metric value",
    }),
    ...graphFigure(outcomes),
  ];
}

/** A line for each kind that was run at two depths or more; the band is the deviation over seeds. */
function depthFigure(
  outcomes: Outcomes,
  metric: string,
  words: { readonly title: string; readonly caption: string; readonly yLabel: string },
): Figure[] {
  const names = { gcn: "GCN", dagnn: "DAGNN", "last-hop": "last hop only" };
  const traces = Object.entries(depths).map(([kind, all]): Trace => {
    const x = all.filter((depth) => Object.hasOwn(outcomes, `${kind}-${depth}`));
    const y = x.map((depth) => meanOf(outcomes, `${kind}-${depth}`, metric));
    const spread = x.map((depth) => deviationOf(outcomes, `${kind}-${depth}`, metric));
    return { name: names[kind as keyof typeof names], x, y, spread };
  }).filter(({ x }) => x.length > 1);
  if (traces.length === 0) return [];
  const xLabel = "depth (layers of a GCN, hops)";
  return [{ kind: "line", ...words, xLabel, xLogarithmic: true, traces }];
}

/** The first seed's graph, if it lies in a plane, of the first DAGNN that was run of these. */
function graphFigure(outcomes: Outcomes): Figure[] {
  const variant = ["dagnn-20", "dagnn-10", "dagnn"].find((name) => Object.hasOwn(outcomes, name));
  const series = variant === undefined ? undefined : outcomes[variant][0]?.result.series;
  if (variant === undefined || !series || !Object.hasOwn(series, "positions")) return [];
  const pairs = ({ x, y }: Series) => x.map((value, i) => [value, y[i]] as const);
  const radii = series["effective radii"].y;
  const [least, most] = [Math.min(...radii), Math.max(...radii)];
  return [{
    kind: "graph",
    title: `How far each node looks (${variant})`,
    caption: "Colour: class. Size: effective radius by the node's gates, smallest at " +
      `${least.toFixed(1)} hops, three times as large at ${most.toFixed(1)}.`,
    positions: pairs(series.positions),
    edges: pairs(series.edges),
    colours: series.classes.y,
    sizes: radii.map((radius) => 0.5 + (most > least ? (radius - least) / (most - least) : 0.5)),
  }];
}

/** Series of a result from which its graph can be drawn; none if it does not lie in a plane. */
export function graphSeries(
  { positions, labels, edges }: Graph,
  radii: readonly number[],
): Record<string, Series> {
  if (!positions) return {};
  const nodes = radii.map((_, node) => node);
  return {
    "positions": unzipped(positions),
    "edges": unzipped(edges),
    "classes": { x: nodes, y: Array.from(labels) },
    "effective radii": { x: nodes, y: radii },
  };
}

function unzipped(pairs: ArrayLike<number>): Series {
  const column = (first: number) =>
    Array.from({ length: pairs.length / 2 }, (_, i) => pairs[2 * i + first]);
  return { x: column(0), y: column(1) };
}
