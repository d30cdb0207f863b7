/**
 * The Franka Emika Panda, seven joints.
 *
 * Frames: modified Denavit-Hartenberg parameters of the manufacturer (Craig's convention). Masses,
 * centres of mass and inertias as identified by Gaz et al. 2019 (IEEE RA-L 4(4), 4147) and distributed
 * with the manufacturer's URDF. Armature and damping of the joints, and the servos' gains, are those of the
 * MuJoCo Menagerie.
 */
import { identity, type Pose, poseAt, type Robot, symmetric, type Triple } from "./robot.ts";

/** a_{i−1} (m), d_i (m), α_{i−1} (quarter turns) of each joint. */
const frames: readonly Triple[] = [
  [0, 0.333, 0],
  [0, 0, -1],
  [0, 0.316, 1],
  [0.0825, 0, 1],
  [-0.0825, 0.384, -1],
  [0, 0, 1],
  [0.088, 0, 1],
];

/** Rot_x(α) Trans_x(a) and then d along the new z axis. */
function craig([a, d, quarters]: Triple): Pose {
  const { rotation } = poseAt([0, 0, 0], [quarters * Math.PI / 2, 0, 0]);
  return { position: [a, d * rotation[1][2], d * rotation[2][2]], rotation };
}

const limits: readonly (readonly [lower: number, upper: number])[] = [
  [-2.8973, 2.8973],
  [-1.7628, 1.7628],
  [-2.8973, 2.8973],
  [-3.0718, -0.0698],
  [-2.8973, 2.8973],
  [-0.0175, 3.7525],
  [-2.8973, 2.8973],
];

/** Mass, centre of mass, moments xx, yy, zz and products xy, xz, yz of inertia of each link. */
const bodies: readonly (readonly [mass: number, com: Triple, moments: Triple, products: Triple])[] =
  [
    [
      4.970684,
      [0.003875, 0.002081, -0.04762],
      [0.70337, 0.70661, 0.009117],
      [-0.000139, 0.006772, 0.019169],
    ],
    [
      0.646926,
      [-0.003141, -0.02872, 0.003495],
      [0.007962, 0.02811, 0.025995],
      [-0.003925, 0.010254, 0.000704],
    ],
    [
      3.228604,
      [0.027518, 0.039252, -0.066502],
      [0.037242, 0.036155, 0.01083],
      [-0.004761, -0.011396, -0.012805],
    ],
    [
      3.587895,
      [-0.05317, 0.104419, 0.027454],
      [0.025853, 0.019552, 0.028323],
      [0.007796, -0.001332, 0.008641],
    ],
    [
      1.225946,
      [-0.011953, 0.041065, -0.038437],
      [0.035549, 0.029474, 0.008627],
      [-0.002117, -0.004037, 0.000229],
    ],
    [
      1.666555,
      [0.060149, -0.014117, -0.010517],
      [0.001964, 0.004354, 0.005433],
      [0.000109, -0.001158, 0.000341],
    ],
    [
      0.735522,
      [0.010517, -0.004252, 0.061597],
      [0.012516, 0.010027, 0.004815],
      [-0.000428, -0.001196, -0.000741],
    ],
  ];

/** The posture from which tasks start, rad. */
export const pandaHome: readonly number[] = [0, 0, 0, -1.57079, 0, 1.57079, -0.7853];

/** Stiffness of the joints' position servos, N m/rad; their damping is a tenth of it, N m s/rad. */
export const pandaServoGains: readonly number[] = [4500, 4500, 3500, 3500, 2000, 2000, 2000];

/** The Panda without its hand; the tool is the flange. */
export const panda: Robot = {
  name: "panda",
  summary: "Franka Emika Panda, seven joints",
  source: "manufacturer's kinematics; inertias of Gaz et al. 2019; armature and damping of the " +
    "MuJoCo Menagerie",
  joints: frames.map((frame, i) => ({
    name: `joint${i + 1}`,
    origin: craig(frame),
    axis: [0, 0, 1],
    lower: limits[i][0],
    upper: limits[i][1],
    maximalTorque: i < 4 ? 87 : 12,
    maximalSpeed: i < 4 ? 2.175 : 2.61,
    armature: 0.1,
    damping: 1,
  })),
  links: bodies.map(([mass, centreOfMass, moments, products], i) => ({
    name: `link${i + 1}`,
    mass,
    centreOfMass,
    inertia: symmetric(moments, products),
  })),
  tool: { position: [0, 0, 0.107], rotation: identity },
};
