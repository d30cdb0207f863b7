/** What claims and figures ask of a method's results. */
import type { Claim, ClaimPart, Outcomes } from "./method.ts";
import { mean, standardDeviation } from "./statistics.ts";

/** A metric's value of every seed that reports it, in order; none if the variant was not run. */
export function valuesOf(outcomes: Outcomes, variant: string, metric: string): number[] {
  const seeds = Object.hasOwn(outcomes, variant) ? outcomes[variant] : [];
  return seeds.flatMap(({ result: { metrics } }) =>
    Object.hasOwn(metrics, metric) ? [metrics[metric]] : []
  );
}

/** A metric's mean over seeds; NaN if no seed reports it. */
export function meanOf(outcomes: Outcomes, variant: string, metric: string): number {
  return mean(valuesOf(outcomes, variant, metric));
}

/** A metric's standard deviation over seeds; 0 for fewer than two. */
export function deviationOf(outcomes: Outcomes, variant: string, metric: string): number {
  return standardDeviation(valuesOf(outcomes, variant, metric));
}

/**
 * A part of a claim, which holds when its margin is at least 0.
 *
 * @param margin NaN when it cannot be judged, since a variant that it speaks of was not run
 */
export function claimPart(statement: string, margin: number): ClaimPart {
  return { statement, holds: margin >= 0, margin };
}

/**
 * A claim that holds when all its parts do; its margin is the smallest of theirs. Parts that cannot be
 * judged are left out. A claim without any other does not hold, with margin 0.
 */
export function claimOf(statement: string, parts: readonly ClaimPart[]): Claim {
  const judged = parts.filter(({ margin }) => !Number.isNaN(margin));
  return {
    statement,
    holds: judged.length > 0 && judged.every(({ holds }) => holds),
    margin: judged.length > 0 ? Math.min(...judged.map(({ margin }) => margin)) : 0,
    parts: judged,
  };
}
