/** Effort: how strongly the actuators are driven, the forces of the muscles, and the work of the joints. */
import { mean } from "./arithmetic.ts";
import { armOf, midSteps, type MovementRecord, rowsOf } from "./record.ts";

/** The mean of u² over steps and actuators. */
export function effort(record: MovementRecord): number {
  return mean(squares(rowsOf(record, "excitations")));
}

/** The mean over steps of Σ F_max a² / Σ F_max. */
export function weightedActivation(record: MovementRecord): number {
  const maximal = armOf(record, "weightedActivation").muscles.map((muscle) => muscle.maximalForce);
  const total = maximal.reduce((sum, force) => sum + force, 0);
  return mean(
    rowsOf(record, "activations").map((row) =>
      row.reduce((sum, activation, m) => sum + maximal[m] * activation ** 2, 0) / total
    ),
  );
}

/** ∫ Σ_j |τ_j q̇_j| dt, J, with the mean rate of each step. */
export function work(record: MovementRecord): number {
  const torques = rowsOf(record, "torques");
  const rates = midSteps(rowsOf(record, "jointVelocities"));
  const power = torques.map((row, k) =>
    row.reduce((sum, torque, j) => sum + Math.abs(torque * rates[k][j]), 0)
  );
  return power.reduce((sum, value) => sum + value, 0) * record.timeStep;
}

/** The root of the mean of F² over steps and muscles, N. */
export function rootMeanSquareForce(record: MovementRecord): number {
  return Math.sqrt(mean(squares(rowsOf(record, "forces"))));
}

const squares = (rows: readonly (readonly number[])[]) => rows.flat().map((value) => value ** 2);
