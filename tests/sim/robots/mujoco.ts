/** MuJoCo's WebAssembly build as an oracle for robot arms: the same chain, described in its own format. */
import type { MjData } from "@mujoco/mujoco";
import { type Robot, transposed, type Triple } from "../../../sim/robots/robot.ts";
import { mujoco } from "../mujoco.ts";

/** A MuJoCo model of a robot; `using` frees its memory. */
export interface MujocoRobot extends Disposable {
  /** q̈, rad/s², of the robot in free motion: its limits are left out. */
  accelerations(
    angles: readonly number[],
    velocities: readonly number[],
    torques: readonly number[],
  ): number[];
}

/** The robot as a MuJoCo model: bodies within bodies, inertias in full. */
export function robotModel(robot: Robot, gravity: Triple): string {
  const body = (i: number): string => {
    const [joint, link] = [robot.joints[i], robot.links[i]];
    if (!joint) return "";
    const { position, rotation } = joint.origin;
    // MuJoCo takes the first two columns of the rotation.
    const columns = transposed(rotation);
    const [[xx, xy, xz], [, yy, yz], [, , zz]] = link.inertia;
    return `
      <body pos="${position.join(" ")}" xyaxes="${columns[0].join(" ")} ${columns[1].join(" ")}">
        <inertial pos="${link.centreOfMass.join(" ")}" mass="${link.mass}"
          fullinertia="${xx} ${yy} ${zz} ${xy} ${xz} ${yz}"/>
        <joint type="hinge" axis="${joint.axis.join(" ")}" armature="${joint.armature}"
          damping="${joint.damping}"/>
        ${body(i + 1)}
      </body>`;
  };
  return `
    <mujoco>
      <compiler angle="radian" balanceinertia="false"/>
      <option gravity="${gravity.join(" ")}" integrator="RK4"/>
      <worldbody>${body(0)}</worldbody>
    </mujoco>`;
}

interface Views {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly qacc: Float64Array;
  readonly qfrc_applied: Float64Array;
}

const views = (data: MjData): Views => data;

/** `robot` in MuJoCo. */
export function mujocoRobot(robot: Robot, gravity: Triple): MujocoRobot {
  const model = mujoco.MjModel.from_xml_string(robotModel(robot, gravity));
  const data = new mujoco.MjData(model);
  return {
    accelerations(angles, velocities, torques) {
      const { qpos, qvel, qfrc_applied } = views(data);
      qpos.set(angles);
      qvel.set(velocities);
      qfrc_applied.set(torques);
      mujoco.mj_forward(model, data);
      return [...views(data).qacc];
    },
    [Symbol.dispose]() {
      data.delete();
      model.delete();
    },
  };
}
