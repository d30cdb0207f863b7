/** The sums over trials and steps of which the losses' terms are means. */
import { activityChangeWeight, type LossTerms } from "../objectives.ts";
import { finalSteps, type RolloutProblem } from "../rollout.ts";
import type { TrialBatch } from "../../../sim/tasks/trial.ts";
import { laneSumBytes, wideBytes } from "../../nn/vector/instructions.ts";
import type { Places } from "../../nn/vector/memory_plan.ts";

/** Their names, in the order in which they lie. */
export const sumNames = [
  "absolute",
  "squared",
  "effort",
  "activity",
  "activityChange",
  "distance",
] as const;

export type SumName = (typeof sumNames)[number];

/** A number for each sum: its value, or its address. */
export type TermSums = Record<SumName, number>;

const each = (value: (name: SumName) => number) =>
  Object.fromEntries(sumNames.map((name) => [name, value(name)])) as TermSums;

/** Sums of nothing. */
export const noSums = (): TermSums => each(() => 0);

/** A place for each sum. */
export const sumPlaces = (places: Places): TermSums => each(() => places.take(laneSumBytes));

/** Lanes of a sum in memory. */
const lanes = laneSumBytes / wideBytes;

/** Set the sums in memory to 0. */
export function clearSums(wideNumbers: Float64Array, addresses: TermSums): void {
  for (const address of Object.values(addresses)) {
    wideNumbers.fill(0, address / wideBytes, address / wideBytes + lanes);
  }
}

/** Add the sums in memory to `into`. */
export function collectSums(wideNumbers: Float64Array, addresses: TermSums, into: TermSums): void {
  for (const name of sumNames) {
    const start = addresses[name] / wideBytes;
    const [a, b, c, d] = wideNumbers.subarray(start, start + lanes);
    into[name] += (a + b) + (c + d);
  }
}

/** The terms of the losses and the final error that the sums over a batch's trials and steps stand for. */
export function termsOf(
  { network, equations }: RolloutProblem,
  { trials, steps }: TrialBatch,
  sums: TermSums,
): { readonly terms: LossTerms; readonly finalError: number } {
  const points = 2 * trials * steps;
  const units = network.width * trials;
  const changeScale = activityChangeWeight / equations.timeStep ** 2;
  return {
    terms: {
      positionL1: sums.absolute / points,
      positionSquared: 10 * sums.squared / points,
      effort: sums.effort / (network.config.outputs * trials * steps),
      activity: sums.activity / (units * steps) +
        changeScale * sums.activityChange / (units * Math.max(steps - 1, 1)),
    },
    finalError: sums.distance / (trials * Math.min(finalSteps, steps)),
  };
}
