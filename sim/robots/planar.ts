/** Planar arms as robots in space, so that what works with robots works with them. */
import type { Arm } from "../arms/arm.ts";
import { poseAt, type Robot, symmetric } from "./robot.ts";

/**
 * `arm` as a robot in the plane z = 0; its tool is the hand. Only its turning about z counts: across,
 * a link has its moment of inertia, along its own axis none. Muscles are left out.
 *
 * @throws {RangeError} when the viscosity of one joint acts on another, which robots do not have
 */
export function robotOfArm(arm: Arm): Robot {
  return {
    name: arm.name,
    summary: arm.summary,
    source: arm.source,
    joints: arm.joints.map(({ name, lower, upper }, j) => ({
      name,
      origin: poseAt([arm.links[j - 1]?.length ?? 0, 0, 0]),
      axis: [0, 0, 1],
      lower,
      upper,
      maximalTorque: arm.torqueLimits[j],
      maximalSpeed: Infinity,
      armature: 0,
      damping: ownViscosity(arm, j),
    })),
    links: arm.links.map(({ name, mass, centreOfMass, inertia }) => ({
      name,
      mass,
      centreOfMass: [centreOfMass, 0, 0],
      inertia: symmetric([0, inertia, inertia]),
    })),
    tool: poseAt([arm.links[arm.links.length - 1].length, 0, 0]),
  };
}

/** The viscosity of a joint, N m s/rad, which must be all there is in its row. */
function ownViscosity({ name, viscosity }: Arm, joint: number): number {
  const coupled = viscosity[joint].findIndex((value, k) => k !== joint && value !== 0);
  if (coupled < 0) return viscosity[joint][joint];
  throw new RangeError(
    `${name}: the rate of joint ${coupled} acts on joint ${joint} with ` +
      `${viscosity[joint][coupled]} N m s/rad; a robot's joints have a damping of their own only`,
  );
}
