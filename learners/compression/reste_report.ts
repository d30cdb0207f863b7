/** What ReSTE's results say: its claim and its figures. */
import type { Figure, Trace } from "../figure.ts";
import type { Claim, Outcomes } from "../method.ts";
import { resteLimits } from "../nn/binary/estimators.ts";
import { above, claimOf, claimPart, meanOf, valuesOf } from "../outcomes.ts";
import { accuracyFigure, accuracyLead, smallestLead } from "./binary_bench.ts";

/** The exponents o_end of the sweep. */
export const sweep = [1, 2, 3, 5, 10] as const;

const sweepVariant = (o: number) => o === 3 ? "reste" : `reste-${o}`;

/** Metrics that every binary variant reports. */
export const indicatorNames = ["estimating error", "gradient instability"] as const;

/** The series of an indicator over o, on one set of weights and one batch. */
export const overO = (indicator: string) => `${indicator} over o`;

/** A change of an indicator by so large a share of its value counts. */
const smallestChange = 0.01;

/** Margins are in units of the lead in test accuracy, or of the change of an indicator, that counts. */
export function resteClaim(outcomes: Outcomes): Claim {
  const overSweep = (indicator: string) =>
    sweep.map((o) => meanOf(outcomes, sweepVariant(o), indicator)).filter((value) =>
      !Number.isNaN(value)
    );
  const onEqualFooting = (indicator: string, sign: 1 | -1) =>
    least(
      Object.values(outcomes).flat().flatMap(({ result: { series } }) => {
        const curve = series?.[overO(indicator)];
        return curve ? [leastChange(curve.y, sign)] : [];
      }),
    );
  const best = (exponents: readonly number[]) => {
    const accuracies = exponents.map((o) => meanOf(outcomes, sweepVariant(o), "test accuracy"));
    const known = accuracies.filter((accuracy) => !Number.isNaN(accuracy));
    return known.length === 0 ? NaN : Math.max(...known);
  };
  const accuracyAbove = (other: string) =>
    above(accuracyLead(outcomes, "reste", other), 0, smallestLead);
  const changes = (least: number) => above(least, 0, smallestChange);
  return claimOf(
    "o moves a binary network between a small estimating error and stable gradients; the best " +
      "accuracy lies in between, above the straight-through estimator's",
    [
      claimPart(
        `ReSTE is at least ${smallestLead} of test accuracy above the straight-through estimator`,
        above(accuracyLead(outcomes, "reste", "ste"), smallestLead),
      ),
      claimPart("ReSTE is not below EDE", accuracyAbove("ede")),
      claimPart("ReSTE is not below RBNN", accuracyAbove("rbnn")),
      claimPart(
        "the estimating error falls with o_end",
        changes(leastChange(overSweep("estimating error"), -1)),
      ),
      claimPart(
        "the gradients' instability rises with o_end",
        changes(leastChange(overSweep("gradient instability"), 1)),
      ),
      claimPart(
        "with equal weights and batch the estimating error falls with o",
        changes(onEqualFooting("estimating error", -1)),
      ),
      claimPart(
        "with equal weights and batch the gradients' instability rises with o",
        changes(onEqualFooting("gradient instability", 1)),
      ),
      claimPart("o_end = 10 is not above o_end = 3", accuracyAbove("reste-10")),
      claimPart(
        "the best o_end is neither the smallest nor the largest",
        above(
          best(sweep.slice(1, -1)) - best([sweep[0], sweep[sweep.length - 1]]),
          0,
          smallestLead,
        ),
      ),
    ],
  );
}

/** The smallest change from one value to the next in the direction of `sign`; NaN of fewer than two. */
function leastChange(values: readonly number[], sign: 1 | -1): number {
  return least(values.slice(1).map((value, i) => sign * (value - values[i]) / values[i]));
}

/** The smallest of `values`; NaN of none. */
function least(values: readonly number[]): number {
  return values.length === 0 ? NaN : Math.min(...values);
}

const axis = Array.from({ length: 401 }, (_, i) => (i - 200) / 100);

/** The estimator, the equilibrium and the accuracies. */
export function resteFigures(outcomes: Outcomes): Figure[] {
  const { threshold, core } = resteLimits;
  const overZ = (f: (size: number, o: number) => number, odd: boolean): Trace[] =>
    sweep.map((o) => ({
      name: `o = ${o}`,
      x: axis,
      y: axis.map((value) => (odd ? Math.sign(value) : 1) * f(Math.abs(value), o)),
    }));
  return [
    {
      kind: "line",
      title: "The estimator",
      caption: "With growing o the power family goes from the identity to the sign.",
      traces: overZ((size, o) => size ** (1 / o), true),
      xLabel: "z",
      yLabel: "f(z)",
    },
    {
      kind: "line",
      title: "The estimator's derivative",
      caption:
        "With growing o the gradient gathers at zero; the chord's slope limits it there, and " +
        `nothing passes beyond |z| = ${threshold}.`,
      traces: overZ(
        (size, o) =>
          size > threshold ? 0 : size > core ? size ** (1 / o - 1) / o : core ** (1 / o - 1),
        false,
      ),
      xLabel: "z",
      yLabel: "f'(z)",
    },
    {
      kind: "scatter",
      title: "The equilibrium",
      caption:
        "Estimating error against instability, one point for each seed: o_end trades one for " +
        "the other. The legend gives the mean test accuracy.",
      traces: Object.keys(outcomes).flatMap((variant) => equilibriumTrace(outcomes, variant)),
      xLabel: "estimating error e, mean over epochs",
      yLabel: "gradient instability s, sum over epochs",
      yLogarithmic: true,
    },
    accuracyFigure(outcomes),
  ];
}

function equilibriumTrace(outcomes: Outcomes, variant: string): Trace[] {
  const [x, y] = indicatorNames.map((name) => valuesOf(outcomes, variant, name));
  if (x.length === 0) return [];
  return [{
    name: `${variant}, accuracy ${meanOf(outcomes, variant, "test accuracy").toFixed(3)}`,
    x,
    y,
  }];
}
