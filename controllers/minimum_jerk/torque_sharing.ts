/**
 * How redundant actuators share the torques of the joints: with the least sum of squared activations
 * that makes them, from each actuator's isometric force, which is linear in its activation, and the
 * passive force of muscles.
 */
import { type Actuator, jointTorques } from "../../sim/actuators/actuator.ts";
import type { Arm } from "../../sim/arms/arm.ts";
import { Graph } from "../../sim/expression/graph.ts";
import { compileKernel } from "../../sim/expression/kernel.ts";
import { inputLanes, lanesAlgebra } from "../../sim/expression/lanes.ts";
import { dot, solve } from "./vectors.ts";

/** How far torques may be missed for each unit of their multiplier, N m: keeps the problem regular. */
const softness = 1e-6;

/**
 * Activations that make given torques with the least sum of squares: minimise Σ a_m² subject to
 * Σ_m B_jm a_m = τ_j and low ≤ a_m ≤ high. Torques beyond the actuators' strength are approached as
 * closely as possible.
 *
 * Solved in the multipliers y of the few torques rather than in the many activations: the optimum is
 * a = clip(Bᵀy), and y minimises a smooth convex function of as many variables as there are joints, by
 * Newton's method with step halving (a semismooth Newton method; it ends after a few steps because the
 * function is piecewise quadratic).
 *
 * @param torques τ, N m, one a joint
 * @param unitTorques B: torque of each actuator at activation 1, N m, [joint][actuator]
 * @param low smallest activation
 * @param high largest activation
 */
export function shareTorque(
  torques: readonly number[],
  unitTorques: readonly (readonly number[])[],
  low: number,
  high: number,
): number[] {
  const clip = (pull: number) => Math.min(high, Math.max(low, pull));
  const pulls = (y: readonly number[]) =>
    unitTorques[0].map((_, m) => y.reduce((sum, value, j) => sum + value * unitTorques[j][m], 0));
  const missing = (pull: readonly number[], y: readonly number[]) =>
    torques.map((torque, j) => torque - softness * y[j] - dot(unitTorques[j], pull.map(clip)));
  const value = (y: readonly number[]) =>
    pulls(y).reduce((sum, pull) => sum + clip(pull) * (pull - clip(pull) / 2), 0) +
    softness * dot(y, y) / 2 - dot(y, torques);

  let y = torques.map(() => 0);
  for (let i = 0; i < 50; i++) {
    const pull = pulls(y);
    const downhill = missing(pull, y);
    if (Math.max(...downhill.map(Math.abs)) < 1e-9) break;
    const free = pull.map((value) => value >= low && value <= high);
    const step = solve(curvature(unitTorques, free), downhill);
    y = halved(value, y, step, dot(step, downhill));
  }
  return pulls(y).map(clip);
}

/** B_free B_freeᵀ, made regular by the softness. */
function curvature(unitTorques: readonly (readonly number[])[], free: readonly boolean[]) {
  const ofFree = unitTorques.map((row) => row.filter((_, m) => free[m]));
  return ofFree.map((row, j) =>
    ofFree.map((other, k) => dot(row, other) + (j === k ? softness : 0))
  );
}

/** `from` plus the longest of step, step/2, step/4, … by which `value` falls enough (Armijo's rule). */
function halved(
  value: (at: readonly number[]) => number,
  from: readonly number[],
  step: readonly number[],
  descent: number,
): number[] {
  const here = value(from);
  const along = (part: number) => from.map((start, j) => start + part * step[j]);
  let part = 1;
  while (part > 1e-9 && value(along(part)) > here - 1e-4 * part * descent) part /= 2;
  return along(part);
}

/** How the actuators share given torques at a posture. */
export interface SharedTorques {
  /** One an actuator. */
  readonly activations: readonly number[];
  /** By how much the torque of the worst joint is missed, N m. */
  readonly missing: number;
}

/** Makes the function that turns a posture (rad) and wanted torques (N m) into activations. */
export function torqueSharing(arm: Arm, actuator: Actuator) {
  const { count, command: { low, high } } = actuator;
  const kernel = capacityKernel(arm, actuator);
  const unit = new Float64Array(arm.joints.length * count);
  const passive = new Float64Array(arm.joints.length);
  return (angles: readonly number[], torques: readonly number[]): SharedTorques => {
    kernel.run(1, Float64Array.from(angles), unit, passive);
    const unitTorques = torques.map((_, j) =>
      Array.from(unit.subarray(j * count, (j + 1) * count))
    );
    const active = torques.map((torque, j) => torque - passive[j]);
    const activations = shareTorque(active, unitTorques, low, high);
    const made = unitTorques.map((row) => dot(row, activations));
    const missing = Math.max(...active.map((torque, j) => Math.abs(torque - made[j])));
    return { activations, missing };
  };
}

/**
 * Kernel: angles → torque of each actuator at activation 1, [joint][actuator], and the passive torque
 * of each joint, N m, both at rest. The isometric force of every actuator is linear in its activation,
 * so the forces at two activations tell it all.
 */
function capacityKernel(arm: Arm, actuator: Actuator) {
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const angles = arm.joints.map(() => inputLanes(graph, 1));
  const still = arm.joints.map(() => algebra.constant(0));
  const geometry = actuator.geometry(algebra, angles, still);
  const { restActivation: rest, count } = actuator;
  const forceAt = (activation: number) =>
    actuator.force(algebra, geometry, algebra.constant(Array<number>(count).fill(activation)));
  const atRest = forceAt(rest);
  const unit = algebra.multiply(
    algebra.subtract(forceAt(1), atRest),
    algebra.constant(1 / (1 - rest)),
  );
  const passive = algebra.subtract(atRest, algebra.multiply(unit, algebra.constant(rest)));
  return compileKernel("capacity", [{ name: "angles", rows: angles.flat() }], [
    {
      name: "unit",
      rows: geometry.momentArms.flatMap((arms) => algebra.negate(algebra.multiply(arms, unit))),
    },
    { name: "passive", rows: jointTorques(algebra, geometry, passive).flat() },
  ]);
}
