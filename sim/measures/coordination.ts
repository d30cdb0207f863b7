/**
 * Coordination: whether opposed muscles work against each other, and whether the elbow's torque allows
 * for the motion of the shoulder.
 */
import { coriolisTorques, massMatrix } from "../arms/dynamics.ts";
import { muscleGeometry } from "../arms/muscles.ts";
import { mean, regression } from "./arithmetic.ts";
import { armOf, midSteps, type MovementRecord, rowsOf } from "./record.ts";

/**
 * The mean over steps of Σ_j min(flexor torque, extensor torque), N m: the torque that muscles spend
 * against each other. Moment arms are those of the sample before the step.
 */
export function coContraction(record: MovementRecord): number {
  const arm = armOf(record, "coContraction");
  const angles = rowsOf(record, "jointAngles");
  return mean(
    rowsOf(record, "forces").map((forces, k) => {
      const { momentArms } = muscleGeometry(arm, angles[k]);
      return arm.joints.reduce((sum, _, j) => {
        const torques = forces.map((force, m) => -momentArms[m][j] * force);
        const flexion = torques.reduce((total, torque) => total + Math.max(torque, 0), 0);
        const extension = torques.reduce((total, torque) => total + Math.max(-torque, 0), 0);
        return sum + Math.min(flexion, extension);
      }, 0);
    }),
  );
}

/**
 * The correlation over the steps of the second joint's torque with the interaction torque that it has
 * to cancel, C_2 + M_21 q̈_1 (elbow and upper arm): 1 when the elbow is driven only so as to stay
 * unmoved by the shoulder. States are those of the middle of each step.
 */
export function coordinationIndex(record: MovementRecord): number {
  const arm = armOf(record, "coordinationIndex");
  if (arm.joints.length < 2) {
    throw new RangeError(`coordinationIndex needs two joints; ${arm.name} has one`);
  }
  const samplesOfRates = rowsOf(record, "jointVelocities");
  const angles = midSteps(rowsOf(record, "jointAngles"));
  const rates = midSteps(samplesOfRates);
  const interaction = angles.map((posture, k) => {
    const acceleration = (samplesOfRates[k + 1][0] - samplesOfRates[k][0]) / record.timeStep;
    return coriolisTorques(arm, posture, rates[k])[1] +
      massMatrix(arm, posture)[1][0] * acceleration;
  });
  return regression(interaction, rowsOf(record, "torques").map((row) => row[1])).correlation;
}
