/** What the off-policy methods of the library have in common: configuration, claims, the smoke profile. */
import { z } from "zod";
import type { ClaimPart, Outcomes } from "../method.ts";
import { above, claimPart, meanOf } from "../outcomes.ts";
import { names } from "./report.ts";
import { studySchema } from "./study.ts";

/** The part of a configuration that all off-policy methods have. */
export const offPolicySchema = studySchema.extend({
  units: studySchema.shape.units.default(256),
  activation: studySchema.shape.activation.default("relu"),
  evaluationEpisodes: studySchema.shape.evaluationEpisodes.default(50),
  copies: z.int().min(1).max(4096).default(1).describe("copies of the task that act side by side"),
  capacity: z.int().min(1).max(4_000_000).default(1_000_000)
    .describe("transitions that are remembered; no more than there are steps"),
  batchSize: z.int().min(1).max(4096).default(256).describe(
    "transitions that an update learns from",
  ),
  reportSteps: z.int().min(1).default(1000).describe(
    "steps from one report to the next, evaluations apart",
  ),
});

/** When learning starts, how much of it there is and what from, of methods that learn at every step. */
export const scheduleSchema = z.object({
  learningStarts: z.int().min(0).default(5000)
    .describe("steps of all copies with actions at random, before the first update"),
  updatesPerStep: z.number().positive().max(64).default(1)
    .describe("updates for each step of a copy"),
  normaliseObservations: z.boolean().default(false)
    .describe("whether networks are given observations by their running moments"),
});

/** The return that off-policy learners come to on Reacher, after so many steps; margins in points. */
const reacher = { task: "ArmReacher", score: -4.3, steps: 1_000_000 };

/** What is judged only of trainings on ArmReacher that are as long as published ones. */
export function asGoodOnReacher(outcomes: Outcomes, variant: string): ClaimPart {
  const ofReacher = !Number.isNaN(meanOf(outcomes, variant, names.version(reacher.task)));
  const longEnough = meanOf(outcomes, variant, names.steps) >= 0.99 * reacher.steps;
  return claimPart(
    `After ${
      reacher.steps / 1e6
    } M steps on ${reacher.task} the return is at least ${reacher.score}.`,
    ofReacher && longEnough
      ? above(meanOf(outcomes, variant, names.return), reacher.score, 1)
      : NaN,
  );
}

/** What SAC and TD3 are tried at in seconds. */
export const smokeConfig = {
  steps: 240,
  reportSteps: 60,
  copies: 2,
  learningStarts: 80,
  updatesPerStep: 0.2,
  units: 8,
  batchSize: 16,
  evaluationEpisodes: 4,
  evaluations: 4,
} as const;
