/** From scores of classes to decisions, of any classifier of points. */
import { type Points, slicePoints } from "./points.ts";

/** Scores classes: the highest one is decided for. */
export interface PointClassifier {
  readonly classes: number;
  /** [points.count, classes] */
  scores(points: Points): Float64Array;
}

/** What stands for a class where no class has a higher score than all others. */
export const undecided = -1;

/** Points that are classified at once, so that matrices of pairs stay small. */
const blockSize = 128;

/** The class of each point, or `undecided`. */
export function classify(classifier: PointClassifier, points: Points): Int32Array {
  const decisions = new Int32Array(points.count);
  for (let first = 0; first < points.count; first += blockSize) {
    const block = slicePoints(points, first, Math.min(points.count, first + blockSize));
    decisions.set(decide(classifier.scores(block), classifier.classes), first);
  }
  return decisions;
}

/** Scores of which one is larger by a smaller share are the same but for rounding. */
const rounding = 1e-10;

/**
 * The class of the highest score in each row of [count, classes]; `undecided` where two share it but for
 * rounding, or where one is not a number: a tie, or an underflow to 0, is no decision.
 */
export function decide(scores: Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: scores.length / classes }, (_, i) => {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    const highest = Math.max(...row);
    const tied = (score: number) => !(highest - score > rounding * Math.abs(highest));
    return row.filter(tied).length === 1 ? row.indexOf(highest) : undecided;
  });
}

/** Which share of decisions are the same; of accuracy, if the others are labels. */
export function agreement(first: Int32Array, second: Int32Array): number {
  let same = 0;
  first.forEach((decision, i) => same += decision === second[i] ? 1 : 0);
  return same / first.length;
}
