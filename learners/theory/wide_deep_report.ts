/** What the results of wide and deep networks say: the claim, the figures, the tables. */
import type { Figure, Panel, Trace } from "../figure.ts";
import {
  type DecidingNumbers,
  decidingNumbers,
  decidingNumbersOf,
  deepLimit,
  erfDual,
  hermiteDual,
  sineDual,
  singularExponent,
} from "../kernel_machines/dual_activation.ts";
import { nngpKernel } from "../kernel_machines/neural_kernels.ts";
import type { LabelledPoints } from "../kernel_machines/points.ts";
import type { Claim, JobResult, Outcomes, Series } from "../method.ts";
import { activations } from "../nn/activations.ts";
import { above, below, claimOf, claimPart, estimateOf, meanOf } from "../outcomes.ts";
import { mean } from "../statistics/descriptive.ts";
import type { Cell, Table } from "../table.ts";
import { activationOfExponent, limitDepth } from "./optimal_activation.ts";
import { taskMeanings } from "./sphere_tasks.ts";
import {
  classifierKinds,
  evenSquares,
  offsetCoefficients,
  optimalDual,
} from "./wide_deep_classifiers.ts";

const simplices = ["simplex-2", "simplex-3", "simplex-5", "simplex-9"] as const;
/** The leads over the nearest neighbour that are asked for. */
const leads = { "simplex-2": 0.04, "simplex-3": 0.01, "simplex-5": 0.01, "simplex-9": 0.01 };

/** Margins are in units of what each part asks for; each is judged by the simplices that were run. */
export function wideDeepClaim(outcomes: Outcomes): Claim {
  const ran = (data: string, ...kinds: string[]) =>
    kinds.every((kind) => Object.hasOwn(outcomes, `${data}-${kind}`));
  const value = (data: string, kind: string, metric = "test accuracy") =>
    meanOf(outcomes, `${data}-${kind}`, metric);
  /** The smallest margin of the simplices for which all kinds were run; NaN of none. */
  const worst = (
    kinds: readonly string[],
    margin: (data: (typeof simplices)[number]) => number,
  ) => {
    const margins = simplices.filter((data) => ran(data, ...kinds)).map(margin);
    return margins.length > 0 ? Math.min(...margins) : NaN;
  };
  const agreed = (data: string, kind: string) => value(data, kind, "agreement with the limit");
  return claimOf(
    "Infinitely wide and deep networks classify by the nearest neighbour, by the majority or by a singular " +
      "kernel, and the activation whose exponent is the dimension makes the last one optimal.",
    [
      claimPart(
        "With the optimal activation the network is the Hilbert estimate: accuracies differ by at most " +
          "0.005, and decisions agree on at least 99 %.",
        worst(["optimal", "hilbert"], (data) =>
          Math.min(
            below(Math.abs(value(data, "optimal") - value(data, "hilbert")), 0.005),
            above(agreed(data, "optimal"), 0.99, 0.01),
          )),
      ),
      claimPart(
        "It beats the nearest neighbour by at least 0.01, and by 0.04 where points have 2 numbers.",
        worst(
          ["optimal", "nearest-neighbour"],
          (data) => above(value(data, "optimal") - value(data, "nearest-neighbour"), leads[data]),
        ),
      ),
      claimPart(
        "Without a constant and a linear term (h₂) the network agrees with the nearest neighbour on at " +
          "least 98 %.",
        worst(["even"], (data) => above(agreed(data, "even"), 0.98, 0.02)),
      ),
      claimPart(
        "With a constant term the network agrees with the majority vote on all points.",
        // One point in a thousand is the smallest difference that counts.
        worst(["offset"], (data) => above(agreed(data, "offset"), 1, 0.001)),
      ),
      claimPart(
        "From the fewest to the most training points the error beyond Bayes' of the optimal activation does " +
          "not grow, and that of the nearest neighbour falls by no more than 0.01, where points have 2 numbers.",
        Math.min(
          below(growthOfExcess(outcomes, "simplex-2-optimal"), 0, 0.01),
          above(growthOfExcess(outcomes, "simplex-2-nearest-neighbour"), -0.01),
        ),
      ),
      claimPart(
        "Near ξ = 1 the limit ψ of the optimal activation falls by the power −d of |x − x′|, within 0.01.",
        worst(["optimal"], (data) => {
          const d = value(data, "optimal", "dimension");
          return below(Math.abs(singularSlope(d) + d), 0.01);
        }),
      ),
      claimPart(
        "Where labels alternate finely, the infinitely deep network beats the same with 1 layer by at least " +
          "0.1.",
        above(value("checkerboard", "optimal") - value("checkerboard", "depth-1"), 0.1),
      ),
    ],
  );
}

/** How much the error beyond Bayes' is larger with the most training points than with the fewest. */
function growthOfExcess(outcomes: Outcomes, variant: string): number {
  const curves = seriesOf(outcomes, variant, "excess error").filter(({ y }) => y.length > 1);
  return mean(curves.map(({ y }) => y[y.length - 1] - y[0]));
}

/** The series of this name of every seed that has it. */
function seriesOf(outcomes: Outcomes, variant: string, name: string): Series[] {
  const results = Object.hasOwn(outcomes, variant) ? outcomes[variant] : [];
  return results.flatMap(({ result }) => oneSeries(result, name) ?? []);
}

function oneSeries({ series }: JobResult, name: string): Series | undefined {
  return series && Object.hasOwn(series, name) ? series[name] : undefined;
}

/** Curves over the number of training points. */
export function learningCurve(
  samples: readonly number[],
  metrics: readonly Readonly<Record<string, number>>[],
): Record<string, Series> {
  const curve = (name: string): Record<string, Series> =>
    metrics.every((values) => Object.hasOwn(values, name))
      ? { [name]: { x: samples, y: metrics.map((values) => values[name]) } }
      : {};
  return { ...curve("test accuracy"), ...curve("excess error") };
}

/** ψ = S_L/a^L of the optimal activation in d dimensions, over small distances |x − x′|. */
function singularFunction(dimension: number): Series {
  const dual = optimalDual(dimension);
  const numbers = decidingNumbers(dual);
  const depth = limitDepth(numbers);
  const distances = Array.from({ length: 31 }, (_, i) => 10 ** (-3 + i / 15));
  const values = Float64Array.from(distances, (distance) => 1 - distance ** 2 / 2);
  nngpKernel(dual, depth)(values);
  const scale = depth * Math.log(numbers.shrinkage);
  return { x: distances, y: Array.from(values, (S) => Math.exp(Math.log(S) - scale)) };
}

/** What is drawn of ψ. */
export function singularSeries(dimension: number): Record<string, Series> {
  return { "ψ": singularFunction(dimension) };
}

/** The least-squares slope of ln ψ over ln |x − x′|, where the latter is at most 0.03. */
function singularSlope(dimension: number): number {
  if (Number.isNaN(dimension)) return NaN;
  const { x, y } = singularFunction(dimension);
  const near = x.flatMap((distance, i) =>
    distance <= 0.03 ? [[Math.log(distance), Math.log(y[i])] as const] : []
  );
  const [centre, level] = [0, 1].map((axis) => mean(near.map((pair) => pair[axis])));
  const sum = (term: (u: number, v: number) => number) =>
    near.reduce((sum, [u, v]) => sum + term(u - centre, v - level), 0);
  return sum((u, v) => u * v) / sum((u) => u * u);
}

/** (f_1 − f_0)/(|f_0| + |f_1|), between −1 and 1, over angles in degrees, of scores [angles, 2]. */
export function arcSeries(
  angles: readonly number[],
  scores: Float64Array,
): Record<string, Series> {
  const decision = (_: number, i: number) => {
    const [first, second] = [scores[2 * i], scores[2 * i + 1]];
    const size = Math.abs(first) + Math.abs(second);
    return size > 0 ? (second - first) / size : 0;
  };
  return { "decision function": { x: angles.map(degrees), y: angles.map(decision) } };
}

/** Points on the quarter circle with labels ±1. */
export function labelsOnArc(
  { points: { values }, labels }: LabelledPoints,
): Record<string, Series> {
  const x = Array.from(labels, (_, i) => degrees(Math.atan2(values[2 * i + 1], values[2 * i])));
  return { "labels on the arc": { x, y: Array.from(labels, (label) => 2 * label - 1) } };
}

const degrees = (angle: number) => angle * 180 / Math.PI;

/** Root mean squared differences of a finite network's kernel, by layers. */
export function widthSeries(errors: readonly number[]): Record<string, Series> {
  return { "kernel error": { x: errors.map((_, l) => l + 1), y: errors } };
}

/** Those of the figures for which there are results. */
export function wideDeepFigures(outcomes: Outcomes): Figure[] {
  return [
    ...accuracyFigure(outcomes),
    ...excessFigure(outcomes),
    ...arcFigure(outcomes),
    ...singularFigure(outcomes),
    activationFigure(),
  ];
}

const bars = ["optimal", "hilbert", "nearest-neighbour", "depth-1", "majority"];

/** Side by side on each data set, where at least two classifiers were run. */
function accuracyFigure(outcomes: Outcomes): Figure[] {
  const accuracy = (data: string, kind: string) =>
    meanOf(outcomes, `${data}-${kind}`, "test accuracy");
  const groups = Object.keys(taskMeanings).filter((data) =>
    bars.filter((kind) => !Number.isNaN(accuracy(data, kind))).length > 1
  );
  if (groups.length === 0) return [];
  return [{
    kind: "grouped-bars",
    title: "Accuracy",
    caption:
      "The optimal activation's network is as good as the Hilbert estimate everywhere, and better " +
      "than the nearest neighbour; at these sizes one layer may be better still, but not on fine labels.",
    groups,
    series: bars,
    values: groups.map((data) => bars.map((kind) => accuracy(data, kind))),
    xLabel: "data",
    yLabel: "test accuracy",
  }];
}

/** How the distance from the best that can be done falls with the number of training points. */
function excessFigure(outcomes: Outcomes): Figure[] {
  const panels = Object.keys(taskMeanings).flatMap((data): Panel[] => {
    const traces = ["optimal", "hilbert", "nearest-neighbour"].flatMap((kind): Trace[] => {
      const curves = seriesOf(outcomes, `${data}-${kind}`, "excess error");
      if (curves.length === 0 || curves[0].x.length < 2) return [];
      const y = curves[0].y.map((_, i) => mean(curves.map((curve) => curve.y[i])));
      return [{ name: kind, x: curves[0].x, y }];
    });
    if (traces.length === 0) return [];
    const axes = { xLabel: "training points", xLogarithmic: true, yLabel: "error beyond Bayes'" };
    return [{ kind: "line", title: data, ...axes, traces }];
  });
  if (panels.length === 0) return [];
  return [{
    kind: "panels",
    title: "Error beyond Bayes' against training points",
    caption: "It falls with the optimal activation; that of the nearest neighbour stays.",
    panels,
    columns: 2,
  }];
}

/** The decision function at growing depth, of the first seed. */
function arcFigure(outcomes: Outcomes): Figure[] {
  const kinds = { "depth-1": "1 layer", "depth-3": "3", "depth-10": "10", "optimal": "the limit" };
  return (["simplex-2", "checkerboard"] as const).flatMap((data): Figure[] => {
    const panels = Object.entries(kinds).flatMap(([kind, title]): Panel[] => {
      const [line] = seriesOf(outcomes, `${data}-${kind}`, "decision function");
      const [labels] = seriesOf(outcomes, `${data}-${kind}`, "labels on the arc");
      if (!line || !labels) return [];
      return [{
        kind: "line",
        title,
        traces: [{ name: "decision function", ...line }],
        marks: [{ name: "training labels", ...labels }],
        xLabel: "angle (°)",
        yLabel: "decision",
      }];
    });
    if (panels.length === 0) return [];
    return [{
      kind: "panels",
      title: `The decision along the arc (${data})`,
      caption:
        "With few layers it is a polynomial; with many, every label holds its neighbourhood, and the " +
        "sample's vote lies between.",
      panels,
      columns: 2,
      common: "both",
    }];
  });
}

/** ψ of each dimension that was run. */
function singularFigure(outcomes: Outcomes): Figure[] {
  const traces = Object.keys(taskMeanings).flatMap((data): Trace[] => {
    const [ψ] = seriesOf(outcomes, `${data}-optimal`, "ψ");
    return ψ ? [{ name: data, ...ψ }] : [];
  });
  if (traces.length === 0) return [];
  return [{
    kind: "line",
    title: "The singular kernel",
    caption: "Straight lines of slope −d: the weight of a label is |x − x′| to the power −d.",
    xLabel: "|x − x′|",
    xLogarithmic: true,
    yLabel: "ψ",
    yLogarithmic: true,
    traces,
  }];
}

/** Activations of the paper, and those that the laboratory's networks have. */
function knownActivations(): ReadonlyMap<string, DecidingNumbers> {
  return new Map([
    ["tanh", decidingNumbersOf(activations.tanh)],
    ["sigmoid", decidingNumbersOf(activations.sigmoid)],
    ["ReLU", decidingNumbersOf(activations.relu)],
    ["ELU", decidingNumbersOf(activations.elu)],
    ["none", decidingNumbersOf(activations.none)],
    ["erf", decidingNumbers(erfDual)],
    ["sin", decidingNumbers(sineDual(1))],
    ...[1, 2, 4, 8].map((d) =>
      [`optimal, d = ${d}`, decidingNumbers(hermiteDual(activationOfExponent(d)))] as const
    ),
    ["h₂", decidingNumbers(hermiteDual(evenSquares.map(Math.sqrt)))],
    ["(1 + h₃)/√2", decidingNumbers(hermiteDual(offsetCoefficients))],
  ]);
}

/** Where activations lie in the plane of what decides, coloured by what they tend to. */
function activationFigure(): Figure {
  const places = Map.groupBy(knownActivations().values(), deepLimit);
  const traces = [...places].map(([name, numbers]): Trace => ({
    name,
    x: numbers.map(({ meanSquare }) => meanSquare),
    y: numbers.map(({ shrinkage }) => shrinkage),
  }));
  return {
    kind: "scatter",
    title: "What depth pushes activations toward",
    caption:
      "On the left edge, A = 0, lie the singular kernels, with the nearest neighbour at a = 0 and the " +
      "linear kernel at a = 1; everything to the right of it tends to the majority vote.",
    xLabel: "A² = E[φ]²",
    yLabel: "a = E[φ′]²",
    traces,
  };
}

export function wideDeepTables(outcomes: Outcomes): Table[] {
  return [accuracyTable(outcomes), widthTable(outcomes), activationTable()]
    .filter(({ rows }) => rows.length > 0);
}

/** A row for each classifier that was run, a column for each data set. */
function accuracyTable(outcomes: Outcomes): Table {
  const data = Object.keys(taskMeanings).filter((name) =>
    Object.keys(classifierKinds).some((kind) => Object.hasOwn(outcomes, `${name}-${kind}`))
  );
  const cell = (name: string, kind: string): Cell =>
    Object.hasOwn(outcomes, `${name}-${kind}`)
      ? estimateOf(outcomes, `${name}-${kind}`, "test accuracy", 100)
      : "";
  const bayes = (name: string): Cell => {
    const values = Object.keys(classifierKinds).map((kind) =>
      meanOf(outcomes, `${name}-${kind}`, "Bayes accuracy")
    );
    const known = values.find((value) => !Number.isNaN(value));
    return known === undefined ? "" : 100 * known;
  };
  const rows = Object.keys(classifierKinds)
    .filter((kind) => data.some((name) => Object.hasOwn(outcomes, `${name}-${kind}`)))
    .map((kind) => [kind, ...data.map((name) => cell(name, kind))]);
  return {
    title: "Accuracy of classifiers",
    caption:
      "Test accuracy, mean over seeds with bootstrap intervals of 95 %. Bayes: the best that can be " +
      "done on these test points. A vote without a majority decides nothing, and is right about none.",
    columns: [
      { label: "classifier" },
      ...data.map((label) => ({ label, unit: "%", decimals: 1 })),
    ],
    rows: rows.length > 0 ? [...rows, ["Bayes", ...data.map(bayes)]] : [],
  };
}

/** How near a finite network is to the infinite one. */
function widthTable(outcomes: Outcomes): Table {
  const rows = Object.keys(taskMeanings).flatMap((data): Cell[][] => {
    const curves = seriesOf(outcomes, `${data}-finite-width`, "kernel error");
    if (curves.length === 0) return [];
    return [[
      data,
      ...[0, 1, 2].map((l) => mean(curves.map(({ y }) => y[l]))),
    ]];
  });
  return {
    title: "Finite width",
    caption:
      "Root mean squared differences between inner products of a random finite network's features and " +
      "the NNGP after 1, 2 and 3 layers, mean over seeds.",
    columns: ["data", "1 layer", "2 layers", "3 layers"]
      .map((label) => ({ label })),
    rows,
  };
}

/** A warning light: what more layers would make of each activation. */
function activationTable(): Table {
  return {
    title: "Activations and what depth pushes them toward",
    caption:
      "A² = E[φ]², a = E[φ′]², b = E[φ′²] of the normalised activation, and the exponent α of the " +
      "singular kernel, optimal where it is the dimension of the inputs. By pre-activations of variance 1, " +
      "without biases.",
    columns: [
      { label: "activation" },
      { label: "A²" },
      { label: "a" },
      { label: "b" },
      { label: "α" },
      { label: "limit" },
    ],
    rows: [...knownActivations()].map(([name, numbers]): Cell[] => [
      name,
      numbers.meanSquare,
      numbers.shrinkage,
      numbers.expansion,
      singularExponent(numbers) ?? "",
      deepLimit(numbers),
    ]),
  };
}
