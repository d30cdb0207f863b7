/**
 * The planar two-link reachers of Gymnasium and of the DeepMind Control Suite, in the plane z = 0.
 *
 * Both are capsules of density 1000 kg/m³ in MuJoCo's sense: a cylinder with half a ball at either end.
 */
import { poseAt, type Robot, type RobotJoint, type RobotLink, symmetric } from "./robot.ts";

/** kg/m³ */
const density = 1000;

/**
 * A capsule along x from the joint on.
 *
 * @param length between the centres of its half balls, m
 * @param radius m
 */
function capsule(name: string, length: number, radius: number): RobotLink {
  const cylinder = density * Math.PI * radius ** 2 * length;
  const ball = density * (4 / 3) * Math.PI * radius ** 3;
  const along = cylinder * radius ** 2 / 2 + ball * 2 * radius ** 2 / 5;
  // Half balls about the middle: their own centres lie 3/8 of the radius beyond the cylinder's ends.
  const across = cylinder * (length ** 2 / 12 + radius ** 2 / 4) +
    ball * (2 * radius ** 2 / 5 + length ** 2 / 4 + 3 * length * radius / 8);
  return {
    name,
    mass: cylinder + ball,
    centreOfMass: [length / 2, 0, 0],
    inertia: symmetric([along, across, across]),
  };
}

/** A ball as a link, or as a part of one, with its centre at `x`. */
function withBall(link: RobotLink, radius: number, x: number): RobotLink {
  const ball = density * (4 / 3) * Math.PI * radius ** 3;
  const own = ball * 2 * radius ** 2 / 5;
  const mass = link.mass + ball;
  const centre = (link.mass * link.centreOfMass[0] + ball * x) / mass;
  const apart = link.mass * (link.centreOfMass[0] - centre) ** 2 + ball * (x - centre) ** 2;
  const [[along], [, across]] = link.inertia;
  return {
    ...link,
    mass,
    centreOfMass: [centre, 0, 0],
    inertia: symmetric([along + own, across + own + apart, across + own + apart]),
  };
}

const hinge = (
  name: string,
  x: number,
  rest: Pick<RobotJoint, "lower" | "upper" | "maximalTorque" | "armature" | "damping">,
): RobotJoint => ({
  name,
  origin: poseAt([x, 0, 0]),
  axis: [0, 0, 1],
  maximalSpeed: Infinity,
  ...rest,
});

const gymDrive = { maximalTorque: 200, armature: 1, damping: 1 };

/** Gymnasium's Reacher: light links, whose joints carry an armature of 1 kg m² each. */
export const gymReacher: Robot = {
  name: "gym-reacher",
  summary: "Gymnasium's Reacher, two links of 10 cm",
  source: "Gymnasium, reacher.xml of Reacher-v5",
  joints: [
    hinge("shoulder", 0, { ...gymDrive, lower: -Infinity, upper: Infinity }),
    hinge("elbow", 0.1, { ...gymDrive, lower: -3, upper: 3 }),
  ],
  links: [
    capsule("upper arm", 0.1, 0.01),
    withBall(capsule("forearm", 0.1, 0.01), 0.01, 0.11),
  ],
  tool: poseAt([0.11, 0, 0]),
};

const suiteDrive = { maximalTorque: 0.05, armature: 0, damping: 0.01 };
const suiteElbow = 160 * Math.PI / 180;

/** The Control Suite's reacher: the finger's centre is 12 cm from the elbow. */
export const controlSuiteReacher: Robot = {
  name: "dm-reacher",
  summary: "DeepMind Control Suite's reacher, two links of 12 cm",
  source: "dm_control, reacher.xml",
  joints: [
    hinge("shoulder", 0, { ...suiteDrive, lower: -Infinity, upper: Infinity }),
    hinge("wrist", 0.12, { ...suiteDrive, lower: -suiteElbow, upper: suiteElbow }),
  ],
  links: [
    capsule("arm", 0.12, 0.01),
    withBall(capsule("hand", 0.1, 0.01), 0.01, 0.12),
  ],
  tool: poseAt([0.12, 0, 0]),
};
