/**
 * What actors can be asked to roll out. A piece of work is a function of its description, its number and
 * the weights alone, so it does not matter who does it, when, or how often.
 */
import { z } from "zod";
import { actorWork } from "../../learners/rl/actor_works.ts";
import { engineNames } from "../../sim/physics/catalogue.ts";
import { runConfig } from "../sim/run_config.ts";

/** The held-out trials of an evaluation, `trialsOfPiece` a piece, measured one by one. */
const measuresWork = z.strictObject({
  kind: z.literal("measures"),
  /** Whose controller, task and held-out trials they are. */
  run: runConfig,
  engine: z.enum(engineNames),
  trialsOfPiece: z.int().min(1).max(65_536),
});

/**
 * Transitions of whole trials, `arms` trials a piece. Those of piece p come from the stream
 * `<stream>/<p>/trials`, its exploration from `<stream>/<p>/exploration`, both under the run's seed.
 */
const transitionsWork = z.strictObject({
  kind: z.literal("transitions"),
  /** Whose controller and task they are. */
  run: runConfig,
  engine: z.enum(engineNames),
  stream: z.string().min(1).max(200),
  arms: z.int().min(1).max(65_536),
  /** Standard deviation of the Gaussian noise on the controller's actions; 0 for none. */
  exploration: z.number().min(0).max(10),
});

/** Work for actors, that of learners among it; a new kind is one more entry here and in `performer.ts`. */
export const rolloutWork = z.discriminatedUnion("kind", [
  measuresWork,
  transitionsWork,
  actorWork,
]);

export type MeasuresWork = z.infer<typeof measuresWork>;
export type TransitionsWork = z.infer<typeof transitionsWork>;
export type RolloutWork = z.infer<typeof rolloutWork>;
