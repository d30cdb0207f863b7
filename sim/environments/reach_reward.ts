/**
 * Isaac Lab's reward for reaching with an arm, by its terms and weights before the curriculum, the tool's
 * rotation left out:
 *
 *     −0.2 d + 0.1 (1 − tanh(d/0.1 m)) − 1e-4 ‖a − a′‖² − 1e-4 ‖q̇‖²
 *
 * where d is the tool's distance from its target (m), a the action and a′ the one before. Isaac Lab
 * multiplies the sum by the control step's length; that is left to the task.
 */
import type { Algebra } from "../expression/algebra.ts";
import { difference, hyperbolicTangent, sumOfSquares } from "./terms.ts";

/** The formula, for specifications. */
export const reachRewardFormula = "−0.2 d + 0.1 (1 − tanh(d/0.1 m)) − 1e-4 ‖a − a′‖² − 1e-4 ‖q̇‖²";

/** What the reward depends on. */
export interface Reaching<Value> {
  /** m */
  readonly distance: Value;
  readonly action: readonly Value[];
  readonly lastAction: readonly Value[];
  /** rad/s */
  readonly velocities: readonly Value[];
}

/** The reward of one step, not multiplied by its length. */
export function reachReward<Value>(
  algebra: Algebra<Value>,
  { distance, action, lastAction, velocities }: Reaching<Value>,
): Value {
  const { constant, add, subtract, multiply } = algebra;
  const near = subtract(
    constant(1),
    hyperbolicTangent(algebra, multiply(constant(10), distance)),
  );
  const change = sumOfSquares(algebra, difference(algebra, action, lastAction));
  const effort = add(change, sumOfSquares(algebra, velocities));
  const tracking = subtract(multiply(constant(0.1), near), multiply(constant(0.2), distance));
  return subtract(tracking, multiply(constant(1e-4), effort));
}
