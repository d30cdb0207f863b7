/** Choosing a classifier by points that it has not learned from. */
import { agreement, classify, type PointClassifier } from "./decisions.ts";
import { type LabelledPoints, pickLabelled } from "./points.ts";

/** How a classifier is made of a training set. */
export type Fit = (set: LabelledPoints) => PointClassifier;

/** One in so many points judges. */
const heldOut = 5;

/**
 * Of the candidates the one that, made of four fifths of the points, is right about most of the others, made
 * of all points; of equally good ones the first. Every fifth point judges.
 *
 * @param set five points or more
 * @throws {RangeError} when there are fewer, or no candidates
 */
export function chosenByHoldOut(candidates: readonly Fit[], set: LabelledPoints): PointClassifier {
  const { count } = set.points;
  if (count < heldOut || candidates.length === 0) {
    throw new RangeError(
      `${candidates.length} candidates and ${count} points; expected at least 1 and ${heldOut}`,
    );
  }
  const indices = Array.from({ length: count }, (_, i) => i);
  const judges = pickLabelled(set, indices.filter((i) => i % heldOut === heldOut - 1));
  const learned = pickLabelled(set, indices.filter((i) => i % heldOut !== heldOut - 1));
  const accuracies = candidates.map((fit) =>
    agreement(classify(fit(learned), judges.points), judges.labels)
  );
  return candidates[accuracies.indexOf(Math.max(...accuracies))](set);
}
