/**
 * `logs`: interaction logs, rows of categorical fields with one binary label a task, drawn from hidden worlds
 * whose probabilities are known.
 *
 * | function | fields | sequences | tasks | source |
 * | --- | --- | --- | --- | --- |
 * | `graspLog` | 7, of 8 to 300 values, frequencies ∝ rank^−0.7 | | success | for Mao et al. 2023 |
 * | `historyLog` | object 60, contexts 6, 8, 10, 5, uniform | 5 objects each: lifted, dropped, scraped | success, gentleness | for Liu et al. 2023 |
 *
 * **Labels** are Bernoulli with a logit that each function's documentation states; the probabilities come
 * with the rows, and `bayesScores` says what a perfect model reaches:
 *
 * | test rows of world 0, seed 0 | positives | Bayes AUC | Bayes log loss |
 * | --- | --- | --- | --- |
 * | `graspLog`, 20,000 rows, success | 0.48 | 0.841 | 0.489 |
 * | `historyLog`, 10,000 rows, success | 0.49 | 0.816 | 0.522 |
 * | `historyLog`, 10,000 rows, gentleness | 0.45 | 0.836 | 0.496 |
 *
 * (Worlds differ: over worlds 0 to 5 the AUCs are 0.834 to 0.868, 0.816 to 0.825, and 0.830 to 0.840.)
 *
 * **Splits.** Rows of different `split` names are independent draws of one world; row i depends on seed, split
 * and i alone. Ids begin with 0: a model that keeps an id for the unknown adds 1.
 */
export type { GraspLog, GraspLogOptions, GraspWorld } from "./logs/grasp_log.ts";
export { graspLog } from "./logs/grasp_log.ts";
export type { HistoryLog, HistoryLogOptions } from "./logs/history_log.ts";
export { historyLog } from "./logs/history_log.ts";
export type {
  BehaviourSequence,
  InteractionLog,
  LogField,
  WorldOptions,
} from "./logs/interaction_log.ts";
export type { BayesScores } from "./logs/scores.ts";
export { areaUnderRoc, bayesScores, logLoss } from "./logs/scores.ts";
export { logSheet } from "./logs/sheet.ts";

/** Raised whenever equal options give other logs than before. */
export const logsVersion = 1;
