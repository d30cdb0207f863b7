/** Which of the study's checks and of the paper's claims its results show. */
import type { Claim, ClaimPart, Outcomes } from "../../method.ts";
import { claimOf, claimPart } from "../../outcomes.ts";
import { bootstrapInterval, type Interval } from "../../statistics/intervals.ts";
import { type Check, checks, fewestSeeds, marginOf, paperClaims, type Sample } from "./checks.ts";
import { metricNames } from "./metrics.ts";
import { referenceOutcomes, referenceUpdates } from "./reference.ts";

/** A check with what was found. */
export interface Finding {
  readonly check: Check;
  /** Seeds that all its variants have in common. */
  readonly seeds: readonly number[];
  /** Of the seeds together; NaN without results of one of its variants. */
  readonly value: number;
  /** Bootstrap interval of what each seed finds alone; undefined where one seed cannot find it. */
  readonly interval?: Interval;
  /** Of the reference run after the same number of updates; NaN where that was not measured. */
  readonly reference: number;
  /** NaN when it cannot be judged. */
  readonly margin: number;
}

/** The seeds under which every one of `variants` has a result. */
function commonSeeds(outcomes: Outcomes, variants: readonly string[]): number[] {
  const [first, ...others] = [...new Set(variants)].map((variant) =>
    (Object.hasOwn(outcomes, variant) ? outcomes[variant] : []).map(({ seed }) => seed)
  );
  return (first ?? []).filter((seed) => others.every((seeds) => seeds.includes(seed)));
}

/** The metrics of variants under these seeds, in their order, so that they are paired. */
function sampleOf(outcomes: Outcomes, seeds: readonly number[]): Sample {
  return (variant, metric) =>
    seeds.map((seed) => {
      const found = outcomes[variant].find((outcome) => outcome.seed === seed);
      return found?.result.metrics[metric] ?? NaN;
    });
}

/** What a check finds, however few the seeds. */
function valueOf(check: Check, outcomes: Outcomes): Pick<Finding, "seeds" | "value"> {
  const seeds = commonSeeds(outcomes, check.variants);
  return { seeds, value: seeds.length > 0 ? check.value(sampleOf(outcomes, seeds)) : NaN };
}

function intervalOf(
  check: Check,
  outcomes: Outcomes,
  seeds: readonly number[],
): Interval | undefined {
  const alone = seeds.map((seed) => check.value(sampleOf(outcomes, [seed])));
  return alone.every(Number.isFinite) ? bootstrapInterval(alone) : undefined;
}

/** The number of updates after which the networks were tested: all, if they agree. */
export function updatesOf(outcomes: Outcomes): number[] {
  const all = Object.values(outcomes).flat().flatMap(({ result: { metrics } }) =>
    Object.hasOwn(metrics, metricNames.updates) ? [metrics[metricNames.updates]] : []
  );
  return [...new Set(all)].sort((a, b) => a - b);
}

/** What all of `asked` find in the results. */
export function findings(asked: readonly Check[], outcomes: Outcomes): Finding[] {
  const updates = updatesOf(outcomes);
  const comparable = updates.length === 1 && referenceUpdates.includes(updates[0]);
  const reference = comparable ? referenceOutcomes(updates[0]) : {};
  return asked.map((check) => {
    const { seeds, value } = valueOf(check, outcomes);
    const interval = intervalOf(check, outcomes, seeds);
    const enough = seeds.length >= (check.seeds ?? fewestSeeds);
    return {
      check,
      seeds,
      value,
      ...interval && { interval },
      reference: valueOf(check, reference).value,
      margin: enough ? marginOf(check, value) : NaN,
    };
  });
}

const asPart = (prefix: string) => ({ check, margin }: Finding): ClaimPart =>
  claimPart(`${prefix}${check.statement}`, margin);

/** How long the networks were trained, in words. */
export function trainingLength(outcomes: Outcomes): string {
  const updates = updatesOf(outcomes);
  return updates.length === 0 ? "without a training" : `after ${updates.join(" or ")} updates`;
}

/**
 * The study's own checks decide. The paper's claims are among the parts, but cannot: what they say with A as
 * the dominant system and what they say with B contradict each other.
 */
export function bilateralClaim(outcomes: Outcomes): Claim {
  const own = findings(checks, outcomes).map(asPart(""));
  const papers = findings(paperClaims, outcomes).map((finding) =>
    asPart(`${finding.check.group}: `)(finding)
  );
  const statement =
    "Two hemispheres that are trained by different losses through one arm specialise, and together they " +
    "are as accurate as the more accurate hand at a fraction of its effort, on reaching and on holding; " +
    `a callosum helps (${trainingLength(outcomes)})`;
  return { ...claimOf(statement, own), parts: [...own, ...papers] };
}
