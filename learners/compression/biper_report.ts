/** What BiPer's results say: its claim and its figures. */
import type { Figure, Trace } from "../figure.ts";
import type { Claim, Outcomes, Series } from "../method.ts";
import {
  gaussianQuantisationError,
  laplaceQuantisationError,
  type QuantisationError,
} from "../nn/binary/diagnostics.ts";
import { above, below, claimOf, claimPart, deviationOf, meanOf, valuesOf } from "../outcomes.ts";
import { accuracyFigure, accuracyLead, smallestLead } from "./binary_bench.ts";

/** The frequencies of the sweep. */
const sweep = [2, 5, 10, 20, 40] as const;

const sweepVariant = (omega: number) => omega === 20 ? "biper" : `biper-omega-${omega}`;

/** The variants that only the sweep has, and what each is. */
export const sweepVariants: Readonly<Record<string, string>> = Object.fromEntries(
  sweep.filter((omega) => sweepVariant(omega) !== "biper").map((omega) => [
    sweepVariant(omega),
    `BiPer with ω = ${omega}`,
  ]),
);

/** Quantisation error of each layer against ωb, the spread of its phases. */
export function phaseSpread(layers: readonly QuantisationError[], omega: number): Series {
  const sorted = layers.toSorted((a, b) => a.scale - b.scale);
  return { x: sorted.map(({ scale }) => omega * scale), y: sorted.map(({ error }) => error) };
}

/**
 * How far fresh He-normal layers are from the quantisation error of their law, at most.
 *
 * @param kernels [rows, columns, in, out] each; its deviation is √(2/fan-in)
 */
export function gaussianDeparture(
  layers: readonly QuantisationError[],
  kernels: readonly { readonly size: number; readonly shape: readonly number[] }[],
  omega: number,
): number {
  const departures = layers.map(({ error }, i) => {
    const fanIn = kernels[i].size / kernels[i].shape[3];
    return Math.abs(error - gaussianQuantisationError(omega * Math.sqrt(2 / fanIn)));
  });
  return Math.max(...departures);
}

/** Beyond x = ωb of about 3 the laws are level, and only the sample's own error is left. */
const samplingError = 0.01;

/**
 * Margins are in units of the lead in test accuracy that is asked for, or of the tolerance of the
 * quantisation error that is granted.
 */
export function biperClaim(outcomes: Outcomes): Claim {
  const lead = (other: string) => accuracyLead(outcomes, "biper", other);
  const departures = Object.keys(outcomes).flatMap((variant) =>
    valuesOf(outcomes, variant, "initial departure from the Gaussian line")
  );
  return claimOf(
    "a periodic binariser, trained first as a sine and then as its sign, is more accurate than the " +
      "sign with a straight-through estimator, and its frequency sets the quantisation error",
    [
      claimPart(
        `BiPer is at least ${smallestLead} of test accuracy above the straight-through estimator`,
        above(lead("ste"), smallestLead),
      ),
      claimPart(
        "BiPer is not below the straight-through estimator in two stages",
        above(lead("ste-two-stage"), 0, smallestLead),
      ),
      claimPart(
        "BiPer is not below its second stage alone",
        above(lead("biper-one-stage"), 0, smallestLead),
      ),
      claimPart(
        "the full-precision network is the upper bound",
        below(lead("full-precision"), 0, smallestLead),
      ),
      claimPart(
        "fresh layers have the quantisation error of normal weights, to 0.02",
        departures.length === 0 ? NaN : below(Math.max(...departures), 0.02),
      ),
      claimPart(
        `the quantisation error of fresh layers falls with ω, to ${samplingError}`,
        above(leastFall(outcomes, "initial quantisation error"), -samplingError),
      ),
      claimPart(
        `the quantisation error of trained layers falls with ω, to ${samplingError}`,
        above(leastFall(outcomes, "quantisation error"), -samplingError),
      ),
    ],
  );
}

/** The smallest fall of a metric's mean from one frequency to the next; NaN of fewer than two. */
function leastFall(outcomes: Outcomes, metric: string): number {
  const means = sweep.map((omega) => meanOf(outcomes, sweepVariant(omega), metric))
    .filter((value) => !Number.isNaN(value));
  return means.length < 2 ? NaN : Math.min(...means.slice(1).map((value, i) => means[i] - value));
}

/** Quantisation error against phase spread, accuracy against ω, flips over the epochs, accuracies. */
export function biperFigures(outcomes: Outcomes): Figure[] {
  return [
    quantisationFigure(outcomes),
    frequencyFigure(outcomes),
    flipFigure(outcomes),
    accuracyFigure(outcomes),
  ];
}

function quantisationFigure(outcomes: Outcomes): Figure {
  const x = Array.from({ length: 121 }, (_, i) => 0.1 * 10 ** (i / 60)); // 0.1 … 10
  const measured = (name: string, series: string): Trace => {
    const curves = Object.values(outcomes).flat().flatMap(({ result }) =>
      result.series?.[series] ?? []
    );
    return { name, x: curves.flatMap((curve) => curve.x), y: curves.flatMap((curve) => curve.y) };
  };
  return {
    kind: "scatter",
    title: "Quantisation error against phase spread",
    caption:
      "Fresh layers lie on the line of normal weights; a trained layer below both lines has " +
      "its phases gathered at the crests.",
    traces: [
      { name: "Laplace weights", x, y: x.map(laplaceQuantisationError) },
      {
        name: "normal weights",
        x,
        y: x.map((spread) => gaussianQuantisationError(spread * Math.sqrt(Math.PI / 2))),
      },
      measured("fresh layers", "initial quantisation error over phase spread"),
      measured("trained layers", "quantisation error over phase spread"),
    ],
    xLabel: "phase spread ω mean|w| (rad)",
    yLabel: "quantisation error",
    xLogarithmic: true,
  };
}

function frequencyFigure(outcomes: Outcomes): Figure {
  const known = sweep.filter((omega) =>
    valuesOf(outcomes, sweepVariant(omega), "test accuracy").length > 0
  );
  const overSweep = (name: string): Trace => ({
    name,
    x: known,
    y: known.map((omega) => meanOf(outcomes, sweepVariant(omega), name)),
    spread: known.map((omega) => deviationOf(outcomes, sweepVariant(omega), name)),
  });
  return {
    kind: "line",
    title: "Accuracy and quantisation error against frequency",
    caption: "The error levels off while ω goes on to enlarge the steps of the phase.",
    traces: [overSweep("test accuracy"), overSweep("quantisation error")],
    xLabel: "ω (rad per unit of weight)",
    yLabel: "share",
    xLogarithmic: true,
  };
}

function flipFigure(outcomes: Outcomes): Figure {
  const traces = Object.entries(outcomes).flatMap(([name, seeds]): Trace[] => {
    const curves = seeds.flatMap(({ result }) => result.series?.["flip rate"] ?? []);
    if (curves.length === 0) return [];
    const { x } = curves[0];
    const y = x.map((_, i) => curves.reduce((sum, curve) => sum + curve.y[i], 0) / curves.length);
    return [{ name, x, y }];
  });
  return {
    kind: "line",
    title: "Bits that flip",
    caption: "Share of the binary weights that change their sign in an epoch, mean over seeds.",
    traces,
    xLabel: "epoch",
    yLabel: "flip rate",
    yLogarithmic: true,
  };
}
