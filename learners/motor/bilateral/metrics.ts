/**
 * The names under which a job of the study reports its numbers and curves. Measures of the test go by their
 * names in `sim/measures/catalogue.ts`, such as `finalError`.
 */
import type { LesionName } from "../../../controllers/lesions.ts";

export const metricNames = {
  /** A measure of the trials that were done in cannon-es as well. */
  inCannon: (measure: string) => `cannon ${measure}`,
  /** How many those were. */
  transferredTrials: "cannon trials",
  /** Final error in cannon-es over that of the same trials in the equations. */
  transferRatio: "cannon finalError ratio",
  /** A measure of the test under a lesion: `finalError` or `effort`. */
  lesion: (lesion: LesionName, measure: string) => `${lesion} ${measure}`,
  specialisation: "specialisation",
  dominance: "dominance",
  mergeLeft: "merge left",
  mergeRight: "merge right",
  parameters: "parameters",
  units: "units",
  /** Updates done; fewer than were asked for when the training ended early. */
  updates: "updates",
  nonFinite: "non-finite gradients",
  /** Of the floor: the best constant command. */
  command: "command",
  /** Of the floor: the final error under the least command, m. */
  minimalCommandError: "minimal command finalError",
  /** Of the floor: the mean distance from start to goal, which is the error of a hand that stays, m. */
  distance: "distance",
  // Curves.
  handPath: (trial: number) => `hand path ${trial + 1}`,
  goals: "goals",
  loads: "loads",
  activation: (muscle: string) => `activation ${muscle}`,
} as const;
