/**
 * Universal Robots' UR5e, six joints.
 *
 * Frames, masses, centres of mass and inertias (cylinders, as the manufacturer approximates the links) of
 * the manufacturer's URDF description; lengths by the names of its Denavit-Hartenberg parameters.
 */
import { type Pose, poseAt, type Robot, symmetric, type Triple } from "./robot.ts";

/** Lengths, m. */
const [d1, a2, a3, d4, d5, d6] = [0.1625, -0.425, -0.3922, 0.1333, 0.0997, 0.0996];

/** Name, mass (kg), centre of mass (m), moments across and along the cylinder that stands for the link. */
const bodies: readonly (readonly [
  name: string,
  mass: number,
  centreOfMass: Triple,
  across: number,
  along: number,
])[] = [
  ["shoulder", 3.761, [0, -0.00193, -0.02561], 0.0102675, 0.00666],
  ["upper arm", 8.058, [-0.2125, 0, 0.11336], 0.133886, 0.0151074],
  ["forearm", 2.846, [-0.2422, 0, 0.0265], 0.0312094, 0.004095],
  ["wrist 1", 1.37, [0, -0.01634, -0.0018], 0.0025599, 0.0021942],
  ["wrist 2", 1.3, [0, 0.01634, -0.0018], 0.0025599, 0.0021942],
  ["wrist 3", 0.365, [0, 0, -0.001159], 9.89e-5, 1.3212e-4],
];

const quarter = Math.PI / 2;

const origins: readonly (readonly [name: string, origin: Pose])[] = [
  ["shoulder pan", poseAt([0, 0, d1])],
  ["shoulder lift", poseAt([0, 0, 0], [quarter, 0, 0])],
  ["elbow", poseAt([a2, 0, 0])],
  ["wrist 1", poseAt([a3, 0, d4])],
  ["wrist 2", poseAt([0, -d5, 0], [quarter, 0, 0])],
  ["wrist 3", poseAt([0, d6, 0], [quarter, Math.PI, Math.PI])],
];

/** The UR5e; the tool is the flange. */
export const ur5e: Robot = {
  name: "ur5e",
  summary: "Universal Robots UR5e, six joints",
  source: "manufacturer's URDF description",
  joints: origins.map(([name, origin], i) => ({
    name,
    origin,
    axis: [0, 0, 1],
    lower: i === 2 ? -Math.PI : -2 * Math.PI,
    upper: i === 2 ? Math.PI : 2 * Math.PI,
    maximalTorque: i < 3 ? 150 : 28,
    maximalSpeed: Math.PI,
    armature: 0,
    damping: 0,
  })),
  links: bodies.map(([name, mass, centreOfMass, across, along], i) => ({
    name,
    mass,
    centreOfMass,
    // The cylinders of upper arm and forearm lie along x, the others along z.
    inertia: i === 1 || i === 2
      ? symmetric([along, across, across])
      : symmetric([across, across, along]),
  })),
  tool: poseAt([0, 0, 0]),
};
