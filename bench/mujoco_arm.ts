/** An arm as a MuJoCo model for measurements of speed: no geometry, so nothing to collide. */
import type { Arm } from "../sim/arms/arm.ts";
import { middlePosture } from "../sim/arms/kinematics.ts";
import { muscleGeometry } from "../sim/arms/muscles.ts";

/** What drives the joints. */
export type Drive = "motors" | "muscles";

/**
 * The arm in a horizontal plane with its joint limits, contacts switched off, under MuJoCo's fastest
 * integrator (semi-implicit Euler). Motors give the torques of the controls, N m. Muscles are MuJoCo's own,
 * on tendons with the moment arms of the middle posture everywhere, since its tendons cannot bend theirs
 * with the angles.
 *
 * @param timeStep s
 */
export function mujocoArm(arm: Arm, drive: Drive, timeStep: number): string {
  const { tendons, actuators } = drive === "muscles" ? muscles(arm) : motors(arm);
  return `
    <mujoco>
      <compiler angle="radian"/>
      <option gravity="0 0 0" timestep="${timeStep}" integrator="Euler">
        <flag contact="disable"/>
      </option>
      <worldbody>${links(arm, 0)}</worldbody>
      ${tendons ? `<tendon>${tendons}</tendon>` : ""}
      <actuator>${actuators}</actuator>
    </mujoco>`;
}

/** Link j and those that hang on it. */
function links(arm: Arm, j: number): string {
  const link = arm.links[j];
  if (!link) return "";
  const { name, lower, upper } = arm.joints[j];
  const { mass, centreOfMass, inertia } = link;
  return `
    <body pos="${arm.links[j - 1]?.length ?? 0} 0 0">
      <inertial pos="${centreOfMass} 0 0" mass="${mass}"
        diaginertia="${inertia} ${inertia} ${inertia}"/>
      <joint name="${name}" type="hinge" axis="0 0 1" limited="true" range="${lower} ${upper}"/>
      ${links(arm, j + 1)}
    </body>`;
}

interface Driving {
  readonly tendons?: string;
  readonly actuators: string;
}

function motors({ joints }: Arm): Driving {
  return { actuators: joints.map(({ name }) => `<motor joint="${name}"/>`).join("") };
}

function muscles(arm: Arm): Driving {
  const posture = middlePosture(arm);
  const { lengths, momentArms } = muscleGeometry(arm, posture);
  const tendon = (m: number) =>
    arm.joints.map(({ name }, j) => `<joint joint="${name}" coef="${momentArms[m][j]}"/>`).join("");
  const actuator = (m: number) => {
    const { name, maximalForce, tendonLength, optimalLength } = arm.muscles[m];
    // MuJoCo's tendon has length 0 at angles of 0; ours has the path's length in the middle.
    const turns = arm.joints.map(({ lower, upper }, j) => [
      momentArms[m][j] * lower,
      momentArms[m][j] * upper,
    ]);
    const middle = posture.reduce((sum, angle, j) => sum + momentArms[m][j] * angle, 0);
    const ends = [Math.min, Math.max].map((choose) =>
      turns.reduce((sum, turn) => sum + choose(...turn), 0)
    );
    const range = ends.map((end) => (lengths[m] + end - middle - tendonLength) / optimalLength);
    return `<muscle tendon="${name}" force="${maximalForce}" lengthrange="${ends.join(" ")}"
      range="${range.join(" ")}"/>`;
  };
  return {
    tendons: arm.muscles.map(({ name }, m) => `<fixed name="${name}">${tendon(m)}</fixed>`).join(
      "",
    ),
    actuators: arm.muscles.map((_, m) => actuator(m)).join(""),
  };
}
