/**
 * `arm-states`: the dynamics of a planar arm as pairs to learn from.
 *
 * Joint angles are uniform within the arm's limits, velocities uniform up to `fastest` either way. The
 * joints' limits do not stop the motion, so that the functions are smooth. All values are in SI units and
 * unscaled; every sample is drawn independently of the others, and splits as well.
 *
 * | model | inputs | targets |
 * | --- | --- | --- |
 * | `forward` | angles, velocities, torques uniform within the arm's torque limits | change of angles and velocities in one time step under constant torque (Runge-Kutta of 4th order) |
 * | `inverse` | angles, velocities, accelerations uniform up to `fastest` / 0.1 s | torques that give these accelerations |
 */
import type { Arm } from "../../sim/arms/arm.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import { inverseDynamics } from "../../sim/arms/dynamics.ts";
import { equationsEngine } from "../../sim/physics/equations.ts";
import { type RandomStream, randomStream } from "../../sim/random.ts";
import { uniformPostures } from "../../sim/tasks/draws.ts";
import type { RegressionSet } from "./dataset.ts";

/** Raised whenever equal options give other data than before. */
export const armStatesVersion = 1;

/** Which pairs are wanted. */
export interface ArmStateOptions {
  /** How many. */
  readonly count: number;
  /** An integer of at least 0. */
  readonly seed: number;
  /** Which of the independent sets of this seed; `train` unless given. */
  readonly split?: string;
  /** What is to be predicted; `forward` unless given. */
  readonly model?: "forward" | "inverse";
  /** `arm26` unless given. */
  readonly arm?: Arm;
  /** Mass held in the hand, a point, kg; 0 unless given. */
  readonly payload?: number;
  /** Gravitational acceleration along −y, m/s²; 0 (a horizontal plane) unless given. */
  readonly gravity?: number;
  /** Largest joint velocity, rad/s; 6 unless given. */
  readonly fastest?: number;
  /** Length of a step of the forward model, s; 0.01 unless given. */
  readonly timeStep?: number;
}

/** Time in which the largest acceleration gives the largest velocity, s. */
const accelerationTime = 0.1;

/**
 * The pairs that `options` describe.
 * @throws {RangeError} when an option has no meaning
 */
export function armStates(options: ArmStateOptions): RegressionSet {
  const { count, seed, split = "train", model = "forward", payload = 0, gravity = 0 } = options;
  const { arm: bareArm = findArm("arm26"), fastest = 6, timeStep = 0.01 } = options;
  checkCount(count);
  if (!(fastest >= 0 && fastest < Infinity)) {
    throw new RangeError(`fastest ${fastest} rad/s is not a velocity of at least 0`);
  }
  if (!Number.isFinite(gravity)) throw new RangeError(`gravity ${gravity} m/s² is not a number`);
  const arm = withPayload(bareArm, payload);
  const stream = randomStream(seed, `arm-states/${split}`);
  const angles = uniformPostures(arm, stream, count);
  const velocities = uniformRows(stream, arm.joints.map(() => fastest), count);
  const names = (quantity: string, unit: string) =>
    arm.joints.map(({ name }) => `${name} ${quantity} (${unit})`);
  const state = [...names("angle", "rad"), ...names("velocity", "rad/s")];
  const set = { name: `arm-states, ${model} model of ${arm.name}, ${split}`, count };

  if (model === "forward") {
    const torques = uniformRows(stream, arm.torqueLimits, count);
    const after = step(arm, gravity, timeStep, { angles, velocities }, torques);
    return {
      ...set,
      inputNames: [...state, ...names("torque", "N m")],
      inputs: samples(count, [angles, velocities, torques]),
      targetNames: [...names("change of angle", "rad"), ...names("change of velocity", "rad/s")],
      targets: samples(count, [
        after.angles.map((angle, i) => angle - angles[i]),
        after.velocities.map((velocity, i) => velocity - velocities[i]),
      ]),
    };
  }
  const accelerations = uniformRows(
    stream,
    arm.joints.map(() => fastest / accelerationTime),
    count,
  );
  return {
    ...set,
    inputNames: [...state, ...names("acceleration", "rad/s²")],
    inputs: samples(count, [angles, velocities, accelerations]),
    targetNames: names("torque", "N m"),
    targets: samples(count, [torquesFor(arm, gravity, angles, velocities, accelerations)]),
  };
}

/**
 * The arm with a point mass in its hand: the last link's mass, centre of mass and inertia change
 * (parallel-axis theorem).
 *
 * @param payload kg
 * @throws {RangeError} when the mass is negative or not finite
 */
export function withPayload(arm: Arm, payload: number): Arm {
  if (!(payload >= 0 && payload < Infinity)) {
    throw new RangeError(`payload ${payload} kg is not a mass of at least 0`);
  }
  const last = arm.links[arm.links.length - 1];
  const mass = last.mass + payload;
  const centreOfMass = (last.mass * last.centreOfMass + payload * last.length) / mass;
  const inertia = last.inertia + last.mass * (last.centreOfMass - centreOfMass) ** 2 +
    payload * (last.length - centreOfMass) ** 2;
  return { ...arm, links: [...arm.links.slice(0, -1), { ...last, mass, centreOfMass, inertia }] };
}

function checkCount(count: number): void {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`count ${count} is not an integer of at least 1`);
  }
}

/** [row][sample], row r uniform from −limits[r] to limits[r]. */
function uniformRows(stream: RandomStream, limits: readonly number[], count: number): Float64Array {
  return Float64Array.from({ length: limits.length * count }, (_, i) => {
    const limit = limits[Math.floor(i / count)];
    return stream.uniform(-limit, limit);
  });
}

function step(
  arm: Arm,
  gravity: number,
  timeStep: number,
  before: { readonly angles: Float64Array; readonly velocities: Float64Array },
  torques: Float64Array,
) {
  const arms = before.angles.length / arm.joints.length;
  const engine = equationsEngine(arm, { gravity, limits: false }, { arms, precision: "double" });
  engine.reset(before);
  engine.setTorques(torques);
  engine.step(timeStep);
  const after = { angles: before.angles.slice(), velocities: before.velocities.slice() };
  engine.readState(after);
  return after;
}

function torquesFor(
  arm: Arm,
  gravity: number,
  angles: Float64Array,
  velocities: Float64Array,
  accelerations: Float64Array,
): Float64Array {
  const count = angles.length / arm.joints.length;
  const torques = new Float64Array(angles.length);
  for (let i = 0; i < count; i++) {
    const [q, rate, acceleration] = [angles, velocities, accelerations].map((rows) =>
      arm.joints.map((_, j) => rows[j * count + i])
    );
    inverseDynamics(arm, q, rate, acceleration, gravity).forEach((torque, j) =>
      torques[j * count + i] = torque
    );
  }
  return torques;
}

/** Rows [row][sample] of several arrays, as samples [count, rows in all]. */
function samples(count: number, arrays: readonly Float64Array[]): Float32Array {
  const rows = arrays.flatMap((array) =>
    Array.from(
      { length: array.length / count },
      (_, r) => array.subarray(r * count, (r + 1) * count),
    )
  );
  return Float32Array.from(
    { length: count * rows.length },
    (_, i) => rows[i % rows.length][Math.floor(i / rows.length)],
  );
}
