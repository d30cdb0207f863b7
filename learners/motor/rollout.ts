/** The contract of what differentiates a closed-loop roll-out with respect to a network's weights. */
import type { MotorNetwork } from "../../controllers/motor_network.ts";
import type { PlantEquations } from "../../sim/physics/plant_equations.ts";
import type { RandomStream } from "../../sim/random.ts";
import type { Sensing } from "../../sim/sensors/sensing.ts";
import type { TrialBatch } from "../../sim/tasks/trial.ts";
import type { LossTerms, RoutedLoss } from "./objectives.ts";

/** What is rolled out and by which losses it is judged. */
export interface RolloutProblem {
  readonly network: MotorNetwork;
  readonly equations: PlantEquations;
  readonly losses: readonly RoutedLoss[];
  /** Delays and noise of the senses and the commands; none unless given. */
  readonly sensing?: Sensing;
  /**
   * How many signals of the body the losses smooth in the place of hidden activity (`body_signals.ts`);
   * none unless given. Only `scalar` knows them.
   */
  readonly bodySignals?: number;
}

/** The outcome of one roll-out. */
export interface RolloutOutcome {
  readonly terms: LossTerms;
  /** Mean distance of hand and goal over the last 10 steps, m. */
  readonly finalError: number;
  /** Elements of the gradient that were not finite and were set to 0. */
  readonly nonFinite: number;
}

/** Rolls out a batch of trials and pulls the losses back through network, muscles and arm. */
export interface DifferentiableRollout {
  readonly name: string;
  /**
   * Roll out `batch` under the network with `weights`.
   * @param gradient overwritten with Σ_losses share · ∂loss/∂weights
   * @param noise where the noise comes from, if the problem's senses have any
   * @throws {RangeError} when the batch has another time step than the plant, or noise is missing
   */
  gradient(
    weights: Float64Array,
    batch: TrialBatch,
    gradient: Float64Array,
    noise?: RandomStream,
  ): Promise<RolloutOutcome>;
}

/** Steps at the end of a trial over which the final error is averaged: 0.1 s. */
export const finalSteps = 10;

/** @throws {RangeError} when the trials' time step is not the plant's */
export function requireTimeStep({ equations }: RolloutProblem, batch: TrialBatch): void {
  if (batch.timeStep === equations.timeStep) return;
  throw new RangeError(
    `trials with steps of ${batch.timeStep} s on a plant with steps of ${equations.timeStep} s`,
  );
}

/** Set elements that are not finite to 0 and say how many there were. */
export function replaceNonFinite(gradient: Float64Array): number {
  let replaced = 0;
  for (let i = 0; i < gradient.length; i++) {
    if (Number.isFinite(gradient[i])) continue;
    gradient[i] = 0;
    replaced++;
  }
  return replaced;
}
