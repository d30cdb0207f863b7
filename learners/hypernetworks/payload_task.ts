/**
 * The inverse dynamics of an arm whose body and surroundings are turned by knobs: what a hypernetwork is to learn
 * all at once.
 *
 *     [cos q, sin q, q̇/fastest, q̈/quickest]  [4 joints] ↦ τ/scale  [joints]
 *
 * q uniform within the joints' limits, q̇ and q̈ uniform up to the bench's `fastest` and `quickest` either way; τ by
 * the arm's equations of motion.
 * A knob γ_i in 0 … 1 has the strength s_i = 1 − γ_i ("heavy-first": γ = 0 is the strongest) or γ_i
 * ("light-first"); how it is coded is arbitrary, but a hypernetwork whose weights grow with γ feels it.
 *
 * | knob | effect at strength s |
 * | --- | --- |
 * | 1 | a point mass of s times the bench's heaviest payload in the hand |
 * | 2 | gravity of 9.81 s m/s²: the plane of motion is tilted (9.81 without this knob) |
 * | 3 | viscosity of s times the bench's in every joint |
 * | 4 | the first link's mass and inertia, 1 + 2 s times |
 */
import type { Arm, Joint, Link } from "../../sim/arms/arm.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import { inverseDynamics } from "../../sim/arms/dynamics.ts";
import type { RandomStream } from "../../sim/random.ts";
import { withPayload } from "../data/arm_states.ts";

/** An arm with the ranges in which it is moved. */
export interface Bench {
  readonly arm: Arm;
  /** kg */
  readonly heaviestPayload: number;
  /** N m s/rad */
  readonly strongestViscosity: number;
  /** Largest joint velocity, rad/s. */
  readonly fastest: number;
  /** Largest joint acceleration, rad/s². */
  readonly quickest: number;
  /** What torques are divided by, N m, one a joint. */
  readonly torqueScales: readonly number[];
}

const uniformLink = (name: string): Link => ({
  name,
  mass: 1,
  length: 1,
  centreOfMass: 0.5,
  inertia: 1 / 12,
});

const freeJoint = (name: string): Joint => ({ name, lower: -Math.PI, upper: Math.PI });

/** Two uniform rods of 1 m and 1 kg, the text-book arm. */
const rods: Arm = {
  name: "rods",
  summary: "two uniform rods of 1 m and 1 kg",
  source: "the text-book two-link arm",
  links: [uniformLink("upper arm"), uniformLink("forearm")],
  joints: [freeJoint("shoulder"), freeJoint("elbow")],
  viscosity: [[0, 0], [0, 0]],
  torqueLimits: [200, 100],
  muscles: [],
  muscleReference: [],
};

/** The arms that may be learnt; torques are scaled so that the heaviest payload's are about 1. */
export const benches = {
  "rods": {
    arm: rods,
    heaviestPayload: 5,
    strongestViscosity: 5,
    fastest: 2,
    quickest: 4,
    torqueScales: [60, 30],
  },
  "two-dof": {
    arm: findArm("two-dof"),
    heaviestPayload: 3,
    strongestViscosity: 1,
    fastest: 3,
    quickest: 12,
    torqueScales: [14, 7],
  },
} as const satisfies Record<string, Bench>;

export type BenchName = keyof typeof benches;

/** Which end of a knob is strong. */
export type Coding = "heavy-first" | "light-first";

/** An arm and the gravity that it moves in, m/s² along −y. */
export interface Plant {
  readonly arm: Arm;
  readonly gravity: number;
}

const earthGravity = 9.81;

/** What each knob turns, in order: the plant with the knob at a strength of 0 … 1. */
const knobEffects: readonly ((plant: Plant, strength: number, bench: Bench) => Plant)[] = [
  ({ arm, gravity }, s, { heaviestPayload }) => ({
    arm: withPayload(arm, s * heaviestPayload),
    gravity,
  }),
  ({ arm }, s) => ({ arm, gravity: s * earthGravity }),
  ({ arm, gravity }, s, { strongestViscosity }) => ({
    arm: {
      ...arm,
      viscosity: arm.viscosity.map((row, i) =>
        row.map((value, j) => i === j ? value + s * strongestViscosity : value)
      ),
    },
    gravity,
  }),
  ({ arm, gravity }, s) => {
    const [first, ...others] = arm.links;
    const [mass, inertia] = [first.mass, first.inertia].map((value) => (1 + 2 * s) * value);
    return { arm: { ...arm, links: [{ ...first, mass, inertia }, ...others] }, gravity };
  },
];

/** How many knobs there are at most. */
export const mostKnobs = knobEffects.length;

/** The plant at γ, as many knobs as γ has numbers. */
export function plantAt(bench: Bench, coding: Coding, γ: readonly number[]): Plant {
  if (γ.length < 1 || γ.length > mostKnobs) {
    throw new RangeError(`${γ.length} knobs; expected 1 to ${mostKnobs}`);
  }
  return γ.reduce<Plant>(
    (plant, value, i) => knobEffects[i](plant, coding === "heavy-first" ? 1 - value : value, bench),
    { arm: bench.arm, gravity: earthGravity },
  );
}

/** What a network is told of a motion: [cos q, sin q, q̇, q̈], scaled. */
export function features(
  { fastest, quickest }: Bench,
  angles: readonly number[],
  velocities: readonly number[],
  accelerations: readonly number[],
): number[] {
  return [
    ...angles.map(Math.cos),
    ...angles.map(Math.sin),
    ...velocities.map((value) => value / fastest),
    ...accelerations.map((value) => value / quickest),
  ];
}

/** Motions of plants, with the torques that they need. */
export interface Motions {
  /** [plants, count, 4 joints] */
  readonly inputs: Float32Array;
  /** [plants, count, joints] */
  readonly targets: Float32Array;
}

/** `count` random motions of each of the plants, every one drawn by itself. */
export function drawMotions(
  bench: Bench,
  plants: readonly Plant[],
  count: number,
  stream: RandomStream,
): Motions {
  const { joints } = bench.arm;
  const inputs = new Float32Array(plants.length * count * 4 * joints.length);
  const targets = new Float32Array(plants.length * count * joints.length);
  plants.forEach(({ arm, gravity }, p) => {
    for (let i = p * count; i < (p + 1) * count; i++) {
      const q = joints.map(({ lower, upper }) => stream.uniform(lower, upper));
      const rate = joints.map(() => stream.uniform(-bench.fastest, bench.fastest));
      const acceleration = joints.map(() => stream.uniform(-bench.quickest, bench.quickest));
      const torques = inverseDynamics(arm, q, rate, acceleration, gravity);
      inputs.set(features(bench, q, rate, acceleration), i * 4 * joints.length);
      targets.set(torques.map((torque, j) => torque / bench.torqueScales[j]), i * joints.length);
    }
  });
  return { inputs, targets };
}
