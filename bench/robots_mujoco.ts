/** A robot as a MuJoCo model for measurements of speed: no geometry, so nothing to collide. */
import { type Robot, type RobotJoint, transposed, type Triple } from "../sim/robots/robot.ts";

/** What the model is to do with the robot. */
export interface RobotModelOptions {
  /** The acceleration of free fall, m/s². */
  readonly gravity: Triple;
  /** s */
  readonly timeStep: number;
  /** Semi-implicit Euler with explicit damping, or the fourth-order Runge-Kutta method. */
  readonly integrator: "Euler" | "RK4";
}

/**
 * The robot with its armature, damping and finite limits, contacts switched off, each joint driven by a
 * motor that gives its largest torque at a command of ±1 and clips what is beyond.
 */
export function robotModel(
  robot: Robot,
  { gravity, timeStep, integrator }: RobotModelOptions,
): string {
  const motors = robot.joints.map(({ name, maximalTorque }) =>
    `<motor joint="${name}" gear="${maximalTorque}" ctrllimited="true" ctrlrange="-1 1"/>`
  );
  return `
    <mujoco>
      <compiler angle="radian" balanceinertia="false"/>
      <option gravity="${gravity.join(" ")}" timestep="${timeStep}" integrator="${integrator}">
        <flag contact="disable" eulerdamp="disable"/>
      </option>
      <worldbody>${bodies(robot, 0)}</worldbody>
      <actuator>${motors.join("")}</actuator>
    </mujoco>`;
}

/** Link i and those that hang on it. */
function bodies(robot: Robot, i: number): string {
  const [joint, link] = [robot.joints[i], robot.links[i]];
  if (!joint) return "";
  const { position, rotation } = joint.origin;
  const [x, y] = transposed(rotation);
  const [[xx, xy, xz], [, yy, yz], [, , zz]] = link.inertia;
  return `
    <body pos="${position.join(" ")}" xyaxes="${[...x, ...y].join(" ")}">
      <inertial pos="${link.centreOfMass.join(" ")}" mass="${link.mass}"
        fullinertia="${[xx, yy, zz, xy, xz, yz].join(" ")}"/>
      <joint name="${joint.name}" type="hinge" axis="${joint.axis.join(" ")}" ${range(joint)}
        armature="${joint.armature}" damping="${joint.damping}"/>
      ${bodies(robot, i + 1)}
    </body>`;
}

function range({ lower, upper }: RobotJoint): string {
  const isFree = lower === -Infinity && upper === Infinity;
  return isFree ? `limited="false"` : `limited="true" range="${lower} ${upper}"`;
}
