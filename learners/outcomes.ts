/** What claims, figures and tables ask of a method's results. */
import type { Claim, ClaimPart, Outcomes } from "./method.ts";
import { mean, standardDeviation } from "./statistics/descriptive.ts";
import { bootstrapInterval } from "./statistics/intervals.ts";
import type { Estimate } from "./table.ts";

/** A metric's value of every seed that reports it, in order; none if the variant was not run. */
export function valuesOf(outcomes: Outcomes, variant: string, metric: string): number[] {
  return [...bySeed(outcomes, variant, metric).values()];
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
 * A metric's mean over seeds with its bootstrap interval of 95 % (see `bootstrapInterval`) and deviation;
 * without them for fewer than two seeds.
 *
 * @param scale what the values are multiplied by, such as 100 for metres in centimetres
 */
export function estimateOf(
  outcomes: Outcomes,
  variant: string,
  metric: string,
  scale = 1,
): Estimate {
  const values = valuesOf(outcomes, variant, metric).map((value) => scale * value);
  const value = mean(values);
  const interval = bootstrapInterval(values);
  return interval ? { value, interval, deviation: standardDeviation(values) } : { value };
}

/** How much larger a metric is with `first` than with `second`, under each seed of both, in order. */
export function pairedDifferences(
  outcomes: Outcomes,
  [first, second]: readonly [first: string, second: string],
  metric: string,
): number[] {
  const others = bySeed(outcomes, second, metric);
  return [...bySeed(outcomes, first, metric)].flatMap(([seed, value]) => {
    const other = others.get(seed);
    return other === undefined ? [] : [value - other];
  });
}

/** A metric's value by the seeds that report it. */
function bySeed(outcomes: Outcomes, variant: string, metric: string): ReadonlyMap<number, number> {
  const seeds = Object.hasOwn(outcomes, variant) ? outcomes[variant] : [];
  return new Map(
    seeds.flatMap(({ seed, result: { metrics } }) =>
      Object.hasOwn(metrics, metric) ? [[seed, metrics[metric]] as const] : []
    ),
  );
}

/**
 * How far `value` is above `bound`, in units of `scale`: what the parts of a claim have as margins, so
 * that parts about accuracies, errors and shares can be put side by side.
 *
 * @param scale the difference that counts, in the unit of `value`, above 0: the effect that is asked for,
 * which is the bound itself unless given, or the smallest that matters where none is asked for. With the
 * bound as scale a margin of −1 is no effect at all, 0 is just what is asked for, 1 is twice that.
 * @returns NaN when the value is NaN, since what it is made of was not run
 * @throws {RangeError} when there is no such scale
 *
 * @example
 * ```ts
 * above(0.93 - 0.9, 0.01); // a lead in accuracy of three times the point that is asked for: 2
 * above(0.93 - 0.9, 0, 0.005); // where any lead will do, and half a point counts: 6
 * ```
 */
export function above(value: number, bound: number, scale: number = Math.abs(bound)): number {
  if (!(scale > 0 && scale < Infinity)) {
    throw new RangeError(`a margin in units of ${scale}; expected a finite scale above 0`);
  }
  return (value - bound) / scale;
}

/** How far `value` is below `bound`, in units of `scale`; see `above`. */
export function below(value: number, bound: number, scale: number = Math.abs(bound)): number {
  return above(-value, -bound, scale);
}

/**
 * A part of a claim, which holds when its margin is at least 0.
 *
 * @param margin by `above` or `below`, the smallest where it asks for several things; NaN when it cannot
 * be judged, since a variant that it speaks of was not run
 */
export function claimPart(statement: string, margin: number): ClaimPart {
  return { statement, holds: margin >= 0, margin };
}

/** Whether there were results to judge a claim, or a part of one, by. */
export function isJudged({ margin }: Pick<ClaimPart, "margin">): boolean {
  return !Number.isNaN(margin);
}

/**
 * A claim that holds when all its parts do that can be judged; its margin is the smallest of theirs. If
 * none can be judged, neither can the claim.
 */
export function claimOf(statement: string, parts: readonly ClaimPart[]): Claim {
  const judged = parts.filter(isJudged);
  return {
    statement,
    holds: judged.length > 0 && judged.every(({ holds }) => holds),
    margin: judged.length > 0 ? Math.min(...judged.map(({ margin }) => margin)) : NaN,
    parts,
  };
}
