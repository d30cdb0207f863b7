/** What the results about neural collapse say: the claim, figures and tables. */
import type { Figure, Panel, Trace } from "../figure.ts";
import type { Claim, Outcomes } from "../method.ts";
import { above, below, claimOf, claimPart, estimateOf, meanOf, valuesOf } from "../outcomes.ts";
import type { Table } from "../table.ts";

/** Of the rarest class in a sweep; the thresholds lie between 20 and 30. */
export const sizes = [5, 10, 15, 20, 25, 30, 35, 40, 50, 60] as const;

/** Variants whose loss is to be that of the closed form. */
const direct = [
  "frame-1",
  "frame-3",
  "frame-6",
  "balanced-1",
  "balanced-bias-1",
  "minority-1",
  "minority-2",
];
const imbalanced = ["frame-1", "frame-3", "frame-6"];
const networks = ["network-1", "network-3"];
const frameMetrics = ["NC2-W", "NC2-H", "NC3-WH", "NC3-dual"];

/** Margins are in units of the tolerance that is granted, or of the difference that is asked for. */
export function collapseClaim(outcomes: Outcomes): Claim {
  /** The largest over variants that were run and all their seeds; NaN if there is none. */
  const largest = (variants: readonly string[], metrics: readonly string[]) =>
    extreme(outcomes, variants, metrics, Math.max);
  const smallest = (variants: readonly string[], metrics: readonly string[]) =>
    extreme(outcomes, variants, metrics, Math.min);
  const mean = (variant: string, metric: string) => meanOf(outcomes, variant, metric);
  const leads = networks.flatMap((variant) =>
    ["NC2-W", "NC2-H"].map((metric) =>
      mean(variant, `${metric} to equal lengths`) - mean(variant, metric)
    )
  ).filter((lead) => !Number.isNaN(lead));
  return claimOf(
    "With decay on head and features, training ends in the frame that the closed form predicts: orthogonal, " +
      "its lengths set by class sizes, and classes below a threshold erased.",
    [
      claimPart(
        "Descent on the model ends within 1e-4 of the closed-form loss.",
        below(largest(direct, ["loss above the minimum"]), 1e-4),
      ),
      claimPart(
        "There all frame metrics are below 0.01 against the general orthogonal frame, while NC2 against equal " +
          "lengths is at least 0.25 where classes are imbalanced.",
        Math.min(
          below(largest(direct, frameMetrics), 0.01),
          above(smallest(imbalanced, ["NC2-W to equal lengths", "NC2-H to equal lengths"]), 0.25),
        ),
      ),
      claimPart(
        "From 5 to 60 samples the rarest class is erased exactly where b > t_M, at losses within 1e-4 of the " +
          "closed form.",
        Math.min(
          below(largest(["sweep-1", "sweep-2"], ["sizes judged wrongly"]), 0.5),
          below(largest(["sweep-1", "sweep-2"], ["largest loss above the minimum"]), 1e-4),
        ),
      ),
      claimPart(
        "With two layers it survives with a length of at least 1, or not at all.",
        above(smallest(["sweep-2"], ["shortest surviving length"]), 1),
      ),
      claimPart(
        "In a network on imbalanced pictures NC1 falls by a factor of 100 or more from epoch 50 on, NC2 against " +
          "the general frame ends below 0.15, and at least 0.05 below NC2 against equal lengths.",
        Math.min(
          above(smallest(networks, ["fall of NC1 since epoch 50"]), 100),
          below(largest(networks, ["NC2-W", "NC2-H"]), 0.15),
          above(leads.length > 0 ? Math.min(...leads) : NaN, 0.05),
        ),
      ),
      claimPart(
        "Neither the untrained network nor one with decay on all weights ends as near to that frame.",
        above(
          Math.min(
            ...["network-1-untrained", "network-1-all-decayed"].map((variant) =>
              mean(variant, "NC2-H") - mean("network-1", "NC2-H")
            ),
          ),
          0.05,
        ),
      ),
      claimPart(
        "On balanced pictures with a free bias NC2 against the simplex ends below 0.15.",
        below(largest(["network-balanced-bias-1"], ["NC2-W", "NC2-H"]), 0.15),
      ),
      claimPart(
        "Each hemisphere erases the object that the closed form says it must (a row below a tenth of the " +
          "longest, fewer than 1 in 10 of its pictures recognised), and half the harmless decay keeps it (9 in 10).",
        Math.min(
          below(largest(hemispheres, ["length of the rarest class"]), 0.1),
          below(largest(hemispheres, ["training accuracy of the rarest class"]), 0.1),
          above(smallest(["left-hemisphere-safe"], ["training accuracy of the rarest class"]), 0.9),
        ),
      ),
    ],
  );
}

const hemispheres = ["left-hemisphere", "right-hemisphere"];

function extreme(
  outcomes: Outcomes,
  variants: readonly string[],
  metrics: readonly string[],
  choose: (...values: number[]) => number,
): number {
  const values = variants.flatMap((variant) =>
    metrics.flatMap((metric) => valuesOf(outcomes, variant, metric))
  );
  return values.length > 0 ? choose(...values) : NaN;
}

/** Those of the figures for which there are results; of single runs, the first seed's. */
export function collapseFigures(outcomes: Outcomes): Figure[] {
  return [
    ...curvesFigure(outcomes, ["frame-1", "frame-3", "frame-6", "minority-2"], {
      title: "Collapse of the model itself",
      caption: "All metrics fall towards 0 against the frame that the closed form predicts.",
      xLabel: "step",
    }),
    ...lengthsFigure(outcomes, "rows", {
      title: "Lengths of the classifier's rows",
      caption: "What was found beside what the closed form predicts, class by class; 0 is erased.",
    }),
    ...lengthsFigure(outcomes, "means", {
      title: "Lengths of the class means",
      caption: "Rare classes have the longer features, until they are erased.",
    }),
    ...framesFigure(outcomes),
    ...sweepFigure(outcomes),
    ...branchesFigure(outcomes),
    ...curvesFigure(outcomes, ["network-1", "network-3", "network-1-all-decayed"], {
      title: "Collapse of networks",
      caption:
        "With decay on head and features the frame is reached, with decay on all weights not.",
      xLabel: "epoch",
    }),
    ...networkBars(outcomes),
  ];
}

/** The first seed's series, if there is one. */
function seriesOfFirst(outcomes: Outcomes, variant: string, name: string) {
  const series = Object.hasOwn(outcomes, variant) ? outcomes[variant][0]?.result.series : undefined;
  return series && Object.hasOwn(series, name) && series[name].x.length > 0
    ? series[name]
    : undefined;
}

function curvesFigure(
  outcomes: Outcomes,
  variants: readonly string[],
  words: { readonly title: string; readonly caption: string; readonly xLabel: string },
): Figure[] {
  const { title, caption, xLabel } = words;
  const panels = variants.flatMap((variant): Panel[] => {
    const traces = ["NC1", ...frameMetrics].flatMap((name): Trace[] => {
      const series = seriesOfFirst(outcomes, variant, name);
      // What is 0 to the last digit has no place on a logarithmic axis.
      const shown = series?.y.map((y) => Math.max(y, 1e-16));
      return series && shown && series.x.length > 1 ? [{ name, x: series.x, y: shown }] : [];
    });
    if (traces.length === 0) return [];
    return [{
      kind: "line",
      title: variant,
      xLabel,
      yLabel: "distance",
      yLogarithmic: true,
      traces,
    }];
  });
  return panels.length > 0 ? [{ kind: "panels", title, caption, panels, columns: 2 }] : [];
}

/** A pair of bars for each class. */
function lengthsFigure(
  outcomes: Outcomes,
  kind: "rows" | "means",
  { title, caption }: { readonly title: string; readonly caption: string },
): Figure[] {
  const shown = ["frame-1", "frame-3", "minority-2", "network-1", "network-3", ...hemispheres];
  const panels = shown.flatMap((variant): Panel[] => {
    const found = seriesOfFirst(outcomes, variant, `${kind} found`);
    const predicted = seriesOfFirst(outcomes, variant, `${kind} predicted`);
    if (!found || !predicted) return [];
    return [{
      kind: "grouped-bars",
      title: variant,
      groups: found.x.map((k) => `class ${k}`),
      series: ["found", "predicted"],
      values: found.y.map((length, k) => [length, predicted.y[k]]),
      xLabel: "class",
      yLabel: "length",
    }];
  });
  return panels.length > 0 ? [{ kind: "panels", title, caption, panels, columns: 2 }] : [];
}

function framesFigure(outcomes: Outcomes): Figure[] {
  const panels = ["frame-1", "minority-2", "network-1", "left-hemisphere"].flatMap(
    (variant): Panel[] => {
      const along = seriesOfFirst(outcomes, variant, "means in the frame");
      const predicted = seriesOfFirst(outcomes, variant, "means predicted");
      if (!along || !predicted) return [];
      const K = predicted.y.length;
      // The most frequent class's direction rightwards, the rarest one's upwards.
      const arrow = (k: number, axis: number) => [0, along.y[k * K + axis]];
      const [first, last] = [0, K - 1];
      const traces = predicted.y.map((_, k): Trace => ({
        name: `class ${k + 1}`,
        x: arrow(k, first),
        y: arrow(k, last),
      }));
      const marks: Trace[] = [{
        name: "predicted",
        x: [predicted.y[first], 0],
        y: [0, predicted.y[last]],
      }];
      return [{
        kind: "line",
        title: variant,
        xLabel: "along class 1",
        yLabel: `along class ${K}`,
        equalScales: true,
        traces,
        marks,
      }];
    },
  );
  const title = "Class means in the predicted frame";
  const caption =
    "Means of all classes, turned by the one rotation that fits the frame best, seen along the " +
    "directions of the first and the last class; all others are to lie at the origin.";
  return panels.length > 0
    ? [{ kind: "panels", title, caption, panels, columns: 2, common: "both" }]
    : [];
}

const depths = { "sweep-1": "M = 1", "sweep-2": "M = 2" };

function sweepFigure(outcomes: Outcomes): Figure[] {
  const curves = Object.entries(depths).flatMap(([variant, depth]) => {
    const found = seriesOfFirst(outcomes, variant, "length found");
    const predicted = seriesOfFirst(outcomes, variant, "closed form");
    return found && predicted ? [{ name: depth, found, predicted }] : [];
  });
  if (curves.length === 0) return [];
  return [{
    kind: "line",
    title: "When a class is erased",
    caption:
      "The row's length of the rarest class against its size; lines: closed form, points: found. " +
      "One layer begins at the threshold, two jump.",
    xLabel: "samples of the rarest class",
    yLabel: "length of its row",
    traces: curves.map(({ name, predicted }) => ({ name, ...predicted })),
    marks: curves.map(({ name, found }) => ({ name, ...found })),
  }];
}

function branchesFigure(outcomes: Outcomes): Figure[] {
  const panels = Object.entries(depths).flatMap(([variant, depth]): Panel[] => {
    const traces = ["with", "without"].flatMap((side): Trace[] => {
      const series = seriesOfFirst(outcomes, variant, `loss above the minimum, ${side}`);
      return series ? [{ name: `from a start ${side} the class`, ...series }] : [];
    });
    if (traces.length === 0) return [];
    const labels = { xLabel: "samples of the rarest class", yLabel: "loss above the minimum" };
    return [{ kind: "line", title: depth, ...labels, traces }];
  });
  const title = "Two minima, and which is deeper";
  const caption =
    "With two layers a start without the class ends in a worse minimum even where the class is worth " +
    "keeping; only the loss tells.";
  return panels.length > 0
    ? [{ kind: "panels", title, caption, panels, columns: 2, common: "y" }]
    : [];
}

/** NC2 of the networks against both frames. */
function networkBars(outcomes: Outcomes): Figure[] {
  const groups = [...networks, "network-1-all-decayed", "network-1-untrained"]
    .filter((variant) => Object.hasOwn(outcomes, variant));
  if (groups.length === 0) return [];
  const series = ["NC2-W", "NC2-W to equal lengths", "NC2-H", "NC2-H to equal lengths"];
  return [{
    kind: "grouped-bars",
    title: "Which frame?",
    caption:
      "Distances of trained networks from the general orthogonal frame and from equal lengths.",
    groups,
    series,
    values: groups.map((variant) => series.map((metric) => meanOf(outcomes, variant, metric))),
    points: groups.map((variant) => series.map((metric) => valuesOf(outcomes, variant, metric))),
    xLabel: "network",
    yLabel: "distance",
  }];
}

/** Losses and distances of everything that was run. */
export function collapseTables(outcomes: Outcomes): Table[] {
  const rows = Object.keys(outcomes)
    .filter((variant) => valuesOf(outcomes, variant, "minimum").length > 0);
  if (rows.length === 0) return [];
  const metrics = ["minimum", "loss", "NC1", ...frameMetrics, "NC2-W to equal lengths"];
  return [{
    title: "Closed form and what was found",
    caption:
      "Means over seeds with bootstrap intervals of 95 %. The minimum is that of free features; a " +
      "network with another objective may lie below it.",
    columns: [{ label: "variant" }, ...metrics.map((label) => ({ label }))],
    rows: rows.map((variant) => [
      variant,
      ...metrics.map((metric) => estimateOf(outcomes, variant, metric)),
    ]),
  }];
}
