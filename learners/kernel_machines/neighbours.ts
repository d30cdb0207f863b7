/** Classifiers without parameters: by the nearest points, and by the majority; and how they fill their space. */
import { type PointClassifier, undecided } from "./decisions.ts";
import { type LabelledPoints, type Points, squaredDistances } from "./points.ts";

/** The label of the nearest point. */
export function nearestNeighbour(set: LabelledPoints): PointClassifier {
  return nearestNeighbours(1, set);
}

/**
 * The vote of the k nearest points; of those as far as the last of them, the first ones. Of classes with as
 * many votes that of the nearest point wins.
 * @param k an integer from 1; all points vote if there are fewer
 * @throws {RangeError} when it is not
 */
export function nearestNeighbours(k: number, set: LabelledPoints): PointClassifier {
  if (!Number.isSafeInteger(k) || k < 1) {
    throw new RangeError(`${k} neighbours; expected an integer of at least 1`);
  }
  const { points: { count }, labels, classes } = set;
  return {
    classes,
    scores(points) {
      const distances = squaredDistances(points, set.points);
      const votes = new Float64Array(points.count * classes);
      for (let i = 0; i < points.count; i++) {
        const row = distances.subarray(i * count, (i + 1) * count);
        // Nearer ones outweigh all farther ones, but no vote.
        smallest(row, k).forEach((j, rank) =>
          votes[i * classes + labels[j]] += 1 + 1e-6 * 2 ** -rank
        );
      }
      return votes;
    },
  };
}

/** Indices of the k smallest values, ascending. */
function smallest(values: Float64Array, k: number): number[] {
  const indices: number[] = [];
  values.forEach((value, i) => {
    if (indices.length === k && value >= values[indices[k - 1]]) return;
    let place = indices.length;
    while (place > 0 && values[indices[place - 1]] > value) place--;
    indices.splice(place, 0, i);
    if (indices.length > k) indices.pop();
  });
  return indices;
}

/** The label that most have; `undefined` where two are as frequent: then there is no majority. */
export function majorityClass({ labels, classes }: LabelledPoints): number | undefined {
  const counts = new Int32Array(classes);
  labels.forEach((label) => counts[label]++);
  const most = Math.max(...counts);
  const first = counts.indexOf(most);
  return first === counts.lastIndexOf(most) ? first : undefined;
}

/** The majority's label everywhere; all points are `undecided` where there is none. */
export function majorityVote(set: LabelledPoints): PointClassifier {
  const winner = majorityClass(set) ?? undecided;
  const { classes } = set;
  return {
    classes,
    scores: ({ count }) =>
      Float64Array.from({ length: count * classes }, (_, i) => i % classes === winner ? 1 : 0),
  };
}

/**
 * The dimension of what the points lie on, by the ratio μ of the distances of each one's two nearest, whose
 * density is d μ^(−d−1): the estimate (n − 1) / Σ ln μ (Facco, d'Errico, Rodriguez & Laio 2017). Points that
 * coincide with another are left out.
 *
 * @throws {RangeError} when fewer than two points have two others that are not as far away as each other
 */
export function twoNearestDimension(points: Points): number {
  const squares = squaredDistances(points, points);
  let [sum, used] = [0, 0];
  for (let i = 0; i < points.count; i++) {
    const row = squares.subarray(i * points.count, (i + 1) * points.count);
    row[i] = Infinity;
    const [first, second] = smallest(row, 2).map((j) => row[j]);
    if (first > 0 && second < Infinity) {
      [sum, used] = [sum + Math.log(second / first) / 2, used + 1];
    }
  }
  if (used > 1 && sum > 0) return (used - 1) / sum;
  throw new RangeError(
    `the dimension of ${points.count} points was asked for, of which ${used} have two other neighbours ` +
      "whose distances tell one; expected more distinct points",
  );
}
