/** What MIP's results say: its claim, its figures and its tables. */
import type { Figure, Panel, Trace } from "../figure.ts";
import type { Claim, Outcomes, Series } from "../method.ts";
import { above, below, claimOf, claimPart, estimateOf, valuesOf } from "../outcomes.ts";
import { mean, median, standardDeviation } from "../statistics/descriptive.ts";
import type { Cell, Table } from "../table.ts";
import type { Round } from "./payload_tracking.ts";

/** A test error, of targets of about 1, that counts as learnt. */
export const errorBound = 0.05;

/** A test error is never reported larger, nor as no number: the training has diverged. */
export const largestError = 10;

/** Knob positions that the arm goes round the circle at, one payload each. */
export const roundKnobs = [0, 0.25, 0.5, 0.75, 1] as const;

/** Where a knob stands that nobody turns. */
export const heldKnob = 0.5;

/** Metrics and series by what they are. */
export const names = {
  error: "test error",
  halfway: "test error at half the steps",
  stepsToBound: `steps to an error of ${errorBound}`,
  slope: "slope of log ‖θ‖ in log γ",
  gradientSpread: "gradient norm, largest over smallest γ",
  parameters: "parameters",
  norm: "‖θ‖ over γ",
  gradient: "gradient norm over γ",
  turned: "tracking error, knob turned (cm)",
  held: "tracking error, knob held (cm)",
} as const;

/** A metric's median over seeds; NaN if the variant was not run. */
function medianOf(outcomes: Outcomes, variant: string, metric: string): number {
  return median(valuesOf(outcomes, variant, metric));
}

/** Margins are in units of what each part asks for. */
export function mipClaim(outcomes: Outcomes): Claim {
  const ofSeeds = (variant: string, metric: string) => medianOf(outcomes, variant, metric);
  const slopes = (parametrisation: string) =>
    Object.keys(outcomes)
      .filter((variant) => [`${parametrisation}-sgd`, `${parametrisation}-adam`].includes(variant))
      .flatMap((variant) => valuesOf(outcomes, variant, names.slope));
  const furthest = (values: readonly number[], from: number) =>
    values.length === 0 ? NaN : Math.max(...values.map((value) => Math.abs(value - from)));
  const spread = (variant: string) => ofSeeds(variant, names.gradientSpread);
  const ratio = (metric: string, optimiser: string) =>
    ofSeeds(`default-${optimiser}`, metric) / ofSeeds(`mip-${optimiser}`, metric);
  return claimOf(
    "A hypernetwork whose output does not scale with its input learns faster, whatever the optimiser.",
    [
      claimPart(
        "Before training log ‖θ‖ has a slope in log γ of 1 within 0.001 by default, and of less than " +
          "0.05 either way with MIP, under every seed.",
        Math.min(
          below(furthest(slopes("default"), 1), 0.001),
          below(furthest(slopes("mip"), 0), 0.05),
        ),
      ),
      claimPart(
        "Before training gradients swing over γ by default at least twice as much as with MIP " +
          "(median over seeds).",
        above(spread("default-sgd") / spread("mip-sgd"), 2),
      ),
      claimPart(
        "With γ = 0 for no payload gradients swing by a factor of at least 10 by default, and of at " +
          "most 5 with MIP.",
        Math.min(
          above(spread("default-sgd-light-first"), 10),
          below(spread("mip-sgd-light-first"), 5),
        ),
      ),
      claimPart(
        `Under gradient descent MIP reaches an error of ${errorBound} in at most 0.9 of the steps (median).`,
        above(ratio(names.stepsToBound, "sgd"), 1 / 0.9),
      ),
      claimPart(
        "Under gradient descent MIP's error at half the steps is smaller by a factor of at least 1.3 " +
          "(median).",
        above(ratio(names.halfway, "sgd"), 1.3),
      ),
      claimPart(
        "Under Adam MIP's error in the end is at most 0.8 of the default's (median).",
        above(ratio(names.error, "adam"), 1 / 0.8),
      ),
    ],
  );
}

/** Those of the figures for which there are results. */
export function mipFigures(outcomes: Outcomes): Figure[] {
  return [
    ...scalesFigure(outcomes),
    ...learningFigure(outcomes),
    ...trackingFigure(outcomes),
    ...pathsFigure(outcomes),
  ];
}

/** What the four arms are called in figures. */
const arms: Readonly<Record<string, string>> = {
  "default": "default",
  "encoding": "encoding alone",
  "additive": "additive output alone",
  "mip": "MIP",
};

/** Norms of weights and gradients over γ before training, by one optimiser's jobs: both start alike. */
function scalesFigure(outcomes: Outcomes): Figure[] {
  const optimiser = optimisersOf(outcomes)[0];
  const panel = (title: string, series: string): Panel => ({
    kind: "line",
    title,
    xLabel: "γ",
    yLabel: "norm",
    xLogarithmic: true,
    yLogarithmic: true,
    traces: tracesOf(outcomes, (arm) => `${arm}-${optimiser}`, series),
  });
  const panels = [
    panel("Predicted weights", names.norm),
    panel("Gradients", names.gradient),
  ].filter(hasTraces);
  if (panels.length === 0) return [];
  return [{
    kind: "panels",
    title: "How weights and gradients swing with γ before training",
    caption:
      "By default the predicted weights are proportional to γ, and gradients follow; MIP is flat. " +
      "Bands: one standard deviation over seeds.",
    panels,
    columns: 2,
  }];
}

/** Errors over steps of the four arms, by optimiser; medians, since one seed may stick. */
function learningFigure(outcomes: Outcomes): Figure[] {
  const panels = optimisersOf(outcomes).map((optimiser): Panel => ({
    kind: "line",
    title: optimiser === "sgd" ? "Gradient descent" : "Adam",
    xLabel: "steps",
    yLabel: "test error",
    yLogarithmic: true,
    traces: tracesOf(outcomes, (arm) => `${arm}-${optimiser}`, names.error, rangeOf),
  })).filter(hasTraces);
  if (panels.length === 0) return [];
  return [{
    kind: "panels",
    title: "Learning",
    caption:
      "Mean square error over all payloads, of targets of about 1. Lines: medians over seeds; " +
      "bands: from the best seed to the worst.",
    panels,
    columns: 2,
    common: "y",
  }];
}

/** Over payloads, how well the learnt model steers the arm with the knob turned and with the knob held. */
function trackingFigure(outcomes: Outcomes): Figure[] {
  const variant = steering(outcomes);
  if (variant === undefined) return [];
  const traces = [names.turned, names.held].flatMap((name): Trace[] => {
    const curve = curveOf(outcomes, variant, name, rangeOf);
    return curve ? [{ name: name === names.turned ? "knob turned" : "knob held", ...curve }] : [];
  });
  return [{
    kind: "line",
    title: "An arm steered by generated weights",
    caption:
      `Hand's error on a circle with payloads from the heaviest (γ = 0) to none (γ = 1), by ` +
      `${variant}: the knob at the payload's γ, or held at ${heldKnob}. Lines: medians over ` +
      "seeds; bands: from the best seed to the worst.",
    xLabel: "γ of the payload",
    yLabel: "tracking error (cm)",
    yLogarithmic: true,
    traces,
  }];
}

/** The first seed's circles. */
function pathsFigure(outcomes: Outcomes): Figure[] {
  const variant = steering(outcomes);
  const series = variant === undefined ? undefined : outcomes[variant][0]?.result.series;
  if (variant === undefined || !series) return [];
  const panels = roundKnobs.map((γ): Panel => ({
    kind: "line",
    title: `γ = ${γ}`,
    xLabel: "x (m)",
    yLabel: "y (m)",
    equalScales: true,
    traces: (["turned", "held"] as const).map((knob) => ({
      name: `knob ${knob}`,
      ...series[pathName(knob, γ)],
    })),
  }));
  return [{
    kind: "panels",
    title: "Circles with five payloads",
    caption:
      `The hand's way by ${variant}, first seed, with the knob turned to each payload's γ, and ` +
      `held at ${heldKnob}.`,
    panels,
    columns: 5,
  }];
}

/** The best of MIP's variants that has steered an arm. */
function steering(outcomes: Outcomes): string | undefined {
  return ["mip-adam", "mip-sgd"].find((variant) =>
    Object.hasOwn(outcomes, variant) && outcomes[variant].length > 0 &&
    outcomes[variant].every(({ result: { series } }) =>
      series !== undefined && Object.hasOwn(series, names.turned)
    )
  );
}

const pathName = (knob: "turned" | "held", γ: number) => `path, knob ${knob}, γ = ${γ}`;

/** Series of a result from which its circles can be drawn. */
export function roundSeries(
  turned: readonly Round[],
  held: readonly Round[],
): Record<string, Series> {
  // One point in five is enough for a curve of 3 s.
  const unzipped = ({ path }: Round): Series => {
    const points = path.filter((_, i) => i % 5 === 0 || i === path.length - 1);
    return { x: points.map(([x]) => x), y: points.map(([, y]) => y) };
  };
  return Object.fromEntries(roundKnobs.flatMap((γ, i) => [
    [pathName("turned", γ), unzipped(turned[i])],
    [pathName("held", γ), unzipped(held[i])],
  ]));
}

/** The four arms under both optimisers, both codings, and whatever else was run. */
export function mipTables(outcomes: Outcomes): Table[] {
  const rows = Object.keys(outcomes).filter((variant) => outcomes[variant].length > 0).map(
    (variant): Cell[] => [
      variant,
      medianOf(outcomes, variant, names.halfway),
      medianOf(outcomes, variant, names.error),
      estimateOf(outcomes, variant, names.error),
      medianOf(outcomes, variant, names.stepsToBound),
      medianOf(outcomes, variant, names.gradientSpread),
      medianOf(outcomes, variant, names.turned),
      medianOf(outcomes, variant, names.held),
    ],
  );
  return [{
    title: "All variants",
    caption:
      "Medians over seeds, and the mean of the final test error with its bootstrap interval of 95 %. " +
      `A variant that does not come to an error of ${errorBound} has one test more than its steps. ` +
      "Tracking: root mean square over five payloads; empty where a seed diverged.",
    columns: [
      { label: "variant" },
      { label: "error halfway" },
      { label: "error" },
      { label: "error, mean" },
      { label: `steps to ${errorBound}`, decimals: 0 },
      { label: "gradient spread over γ", decimals: 1 },
      { label: "tracking, knob turned", unit: "cm", decimals: 1 },
      { label: "tracking, knob held", unit: "cm", decimals: 1 },
    ],
    rows,
  }];
}

function optimisersOf(outcomes: Outcomes): ("sgd" | "adam")[] {
  return (["sgd", "adam"] as const).filter((optimiser) =>
    Object.keys(arms).some((arm) => Object.hasOwn(outcomes, `${arm}-${optimiser}`))
  );
}

function hasTraces(panel: Panel): boolean {
  return "traces" in panel && panel.traces.length > 0;
}

type Curve = Omit<Trace, "name">;

/** A line over seeds [seed][point] with its band. */
type Summary = (values: readonly (readonly number[])[]) => Omit<Curve, "x">;

const bandOf: Summary = (values) => ({
  y: columnsOf(values).map(mean),
  spread: columnsOf(values).map(standardDeviation),
});

const rangeOf: Summary = (values) => ({
  y: columnsOf(values).map(median),
  interval: columnsOf(values).map((column) => [Math.min(...column), Math.max(...column)] as const),
});

const columnsOf = (values: readonly (readonly number[])[]) =>
  values[0].map((_, i) => values.map((row) => row[i]));

function tracesOf(
  outcomes: Outcomes,
  variantOf: (arm: string) => string,
  series: string,
  summary: Summary = bandOf,
): Trace[] {
  return Object.entries(arms).flatMap(([arm, name]) => {
    const curve = curveOf(outcomes, variantOf(arm), series, summary);
    return curve ? [{ name, ...curve }] : [];
  });
}

/** A series of all seeds of a variant; none if it was not run. */
function curveOf(
  outcomes: Outcomes,
  variant: string,
  name: string,
  summary: Summary,
): Curve | undefined {
  const seeds = Object.hasOwn(outcomes, variant) ? outcomes[variant] : [];
  const curves = seeds.flatMap(({ result: { series } }) =>
    series && Object.hasOwn(series, name) ? [series[name]] : []
  );
  if (curves.length === 0) return undefined;
  return { x: curves[0].x, ...summary(curves.map(({ y }) => y)) };
}
