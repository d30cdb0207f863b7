/** How well scores rank and predict binary labels: AUC and log loss, of a model or of the best there can be. */
import type { InteractionLog } from "./interaction_log.ts";

/**
 * The area under the ROC curve: the chance that a positive has a higher score than a negative, ties counting
 * half (Mann-Whitney).
 *
 * Labels may also be probabilities of label 1. A row then counts as a positive by its probability and as a
 * negative by the rest; scored by the probabilities themselves, that is the AUC of a perfect model, free of
 * the labels' chance, in the limit of many rows.
 *
 * ```ts
 * import { areaUnderRoc } from "./scores.ts";
 * areaUnderRoc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]); // 0.75
 * ```
 *
 * @param scores [rows]
 * @param labels [rows], 0 … 1
 * @returns 0 … 1; NaN where there are no positives or no negatives
 * @throws {RangeError} when there are not as many labels as scores
 */
export function areaUnderRoc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  requireSameLength(scores, labels);
  const ascending = Float64Array.from({ length: scores.length }, (_, i) => i)
    .sort((i, j) => scores[i] - scores[j]);
  let [positives, negatives, wins] = [0, 0, 0];
  for (let start = 0; start < ascending.length;) {
    // Rows of one score are taken together: their positives tie with their negatives.
    let [tiedPositives, tiedNegatives, end] = [0, 0, start];
    for (; end < ascending.length && scores[ascending[end]] === scores[ascending[start]]; end++) {
      tiedPositives += labels[ascending[end]];
      tiedNegatives += 1 - labels[ascending[end]];
    }
    wins += tiedPositives * (negatives + tiedNegatives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
    start = Math.max(end, start + 1);
  }
  return wins / (positives * negatives);
}

/**
 * The mean cross entropy of predictions, −y ln p − (1 − y) ln(1 − p), in nats.
 *
 * @param predictions [rows], probabilities of label 1
 * @param labels [rows], 0 … 1; probabilities give the expected loss
 * @throws {RangeError} when there are not as many labels as predictions
 */
export function logLoss(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  requireSameLength(predictions, labels);
  // A label of weight 0 says nothing of its prediction, not even if that is 0.
  const surprise = (weight: number, chance: number) =>
    weight === 0 ? 0 : -weight * Math.log(chance);
  let sum = 0;
  for (let i = 0; i < predictions.length; i++) {
    sum += surprise(labels[i], predictions[i]) + surprise(1 - labels[i], 1 - predictions[i]);
  }
  return sum / predictions.length;
}

/** What a model that knows the probabilities reaches on one task of a log. */
export interface BayesScores {
  readonly task: string;
  /** Expected, over the labels' chance. */
  readonly auc: number;
  /** Expected, in nats. */
  readonly logLoss: number;
}

/** The bounds that no model can better, task by task. */
export function bayesScores({ taskNames, probabilities }: InteractionLog): BayesScores[] {
  return taskNames.map((task, t) => {
    const chances = probabilities.filter((_, i) => i % taskNames.length === t);
    return { task, auc: areaUnderRoc(chances, chances), logLoss: logLoss(chances, chances) };
  });
}

function requireSameLength(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (scores.length !== labels.length) {
    throw new RangeError(`${labels.length} labels for ${scores.length} scores`);
  }
}
