/**
 * The state of an arm's joints from what the arm senses: angles from where the hand is seen (two links)
 * or from cosine and sine; rates from the motors' sensors, or from muscle velocities by least squares
 * through the moment arms.
 */
import type { Arm } from "../../sim/arms/arm.ts";
import { inverseKinematics, middlePosture, nearestInReach } from "../../sim/arms/kinematics.ts";
import { muscleGeometry } from "../../sim/arms/muscles.ts";
import { observationLayout } from "../../sim/sensors/observation.ts";
import { solve } from "./vectors.ts";

/** Joint angles (rad) and rates (rad/s) of one arm. */
export interface JointEstimate {
  readonly angles: readonly number[];
  readonly velocities: readonly number[];
}

/**
 * The joint state behind one observation.
 *
 * Rates are those of proprioception, so one control step old. Angles are current: two links are solved
 * for the hand that is seen; other arms (torque motors only) turn on from the sensed angles for one
 * step at the sensed rates.
 *
 * @param muscles whether the observation is that of an arm driven by muscles
 * @param timeStep s
 * @param observation one column, laid out as `observationLayout` says
 * @param previous the angles estimated one step before, to which the sensed muscle velocities belong;
 * without them the arm is taken to have been where it is
 */
export function estimateJoints(
  arm: Arm,
  muscles: boolean,
  timeStep: number,
  observation: Float64Array,
  previous?: readonly number[],
): JointEstimate {
  const joints = arm.joints.length;
  const { hand } = observationLayout(arm, muscles);
  const row = (start: number) => Array.from(observation.subarray(start, start + joints));
  const seen = () =>
    inverseKinematics(arm, nearestInReach(arm, [observation[hand], observation[hand + 1]]), {
      elbow: middlePosture(arm)[1] < 0 ? -1 : 1,
      near: previous,
    });
  if (muscles) {
    const angles = seen();
    const speeds = observation.subarray(arm.muscles.length, 2 * arm.muscles.length);
    return { angles, velocities: jointRates(arm, previous ?? angles, speeds) };
  }
  const [cosines, sines, velocities] = [row(0), row(joints), row(2 * joints)];
  const angles = joints === 2
    ? seen()
    : cosines.map((cosine, j) => Math.atan2(sines[j], cosine) + timeStep * velocities[j]);
  return { angles, velocities };
}

/** Joint rates whose muscle velocities V = R q̇ fit the sensed V/(10 l0) best. */
function jointRates(arm: Arm, angles: readonly number[], sensed: Float64Array): number[] {
  const { momentArms } = muscleGeometry(arm, angles);
  const speeds = arm.muscles.map(({ optimalLength }, m) => 10 * optimalLength * sensed[m]);
  const product = (f: (m: number) => number) => arm.muscles.reduce((sum, _, m) => sum + f(m), 0);
  return solve(
    arm.joints.map((_, i) =>
      arm.joints.map((_, j) => product((m) => momentArms[m][i] * momentArms[m][j]))
    ),
    arm.joints.map((_, i) => product((m) => momentArms[m][i] * speeds[m])),
  );
}
