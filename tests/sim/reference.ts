/**
 * Reference solutions for the tests of the physics: the planar arm's equations of motion written
 * down a second time, independently of the engines under test, and a Runge-Kutta integrator of
 * fourth order.
 */
import type { Arm } from "../../sim/arms/arm.ts";
import type { JointState, PhysicsEngine } from "../../sim/physics/engine.ts";

/** What acts on the arm, constant over time. */
export interface Load {
  /** Gravitational acceleration along −y, m/s². */
  readonly gravity?: number;
  /** Joint torques, N m. */
  readonly torques?: readonly number[];
  /** External force on the hand, N. */
  readonly handForce?: readonly [x: number, y: number];
}

/** The state of one arm: angles in rad, velocities in rad/s. */
export interface ArmState {
  readonly angles: readonly number[];
  readonly velocities: readonly number[];
}

/** The arm's state as an engine takes it. */
export const jointState = ({ angles, velocities }: ArmState): JointState => ({
  angles: Float64Array.from(angles),
  velocities: Float64Array.from(velocities),
});

/** The state of the first arm of an engine, N links. */
export function readArm(engine: PhysicsEngine, joints: number, index = 0): ArmState {
  const state = {
    angles: new Float64Array(joints * engine.arms),
    velocities: new Float64Array(joints * engine.arms),
  };
  engine.readState(state);
  const column = (values: Float64Array) =>
    Array.from({ length: joints }, (_, j) => values[j * engine.arms + index]);
  return { angles: column(state.angles), velocities: column(state.velocities) };
}

/**
 * q̈ of the two-joint arm in closed form: M q̈ = τ + Jᵀ F − C − G − D q̇, with
 * M = [[α + 2k cos q2, β + k cos q2], [β + k cos q2, β]] and
 * C = [−k sin q2 (2 q̇1 + q̇2) q̇2, k sin q2 q̇1²].
 */
export function twoLinkAcceleration(arm: Arm, state: ArmState, load: Load): [number, number] {
  const [{ mass: m1, length: l1, centreOfMass: c1, inertia: i1 }, forearm] = arm.links;
  const { mass: m2, length: l2, centreOfMass: c2, inertia: i2 } = forearm;
  const { gravity: g = 0, torques: [t1, t2] = [0, 0], handForce: [fx, fy] = [0, 0] } = load;
  const [q1, q2] = state.angles;
  const [v1, v2] = state.velocities;
  const alpha = m1 * c1 ** 2 + i1 + m2 * (l1 ** 2 + c2 ** 2) + i2;
  const beta = m2 * c2 ** 2 + i2;
  const k = m2 * l1 * c2;
  const m11 = alpha + 2 * k * Math.cos(q2);
  const m12 = beta + k * Math.cos(q2);
  const m22 = beta;
  const [[d11, d12], [d21, d22]] = arm.viscosity;
  const elbowLeverX = -l2 * Math.sin(q1 + q2), elbowLeverY = l2 * Math.cos(q1 + q2);
  const r1 = t1 + (elbowLeverX - l1 * Math.sin(q1)) * fx + (elbowLeverY + l1 * Math.cos(q1)) * fy +
    k * Math.sin(q2) * (2 * v1 + v2) * v2 -
    g * ((m1 * c1 + m2 * l1) * Math.cos(q1) + m2 * c2 * Math.cos(q1 + q2)) - d11 * v1 - d12 * v2;
  const r2 = t2 + elbowLeverX * fx + elbowLeverY * fy - k * Math.sin(q2) * v1 ** 2 -
    g * m2 * c2 * Math.cos(q1 + q2) - d21 * v1 - d22 * v2;
  const determinant = m11 * m22 - m12 ** 2;
  return [(m22 * r1 - m12 * r2) / determinant, (m11 * r2 - m12 * r1) / determinant];
}

/**
 * q̈ of a chain of any number of links. In absolute link angles φ_i = q_1 + … + q_i, with r_ki the
 * part of link i between the base and the centre of mass of link k, Lagrange's equations are
 * Σ_j A_ij [cos(φ_i − φ_j) φ̈_j + sin(φ_i − φ_j) φ̇_j²] = Q_i, A_ij = Σ_k m_k r_ki r_kj + δ_ij I_i.
 */
export function chainAcceleration(arm: Arm, state: ArmState, load: Load): number[] {
  const { links, viscosity } = arm;
  const { gravity = 0, torques = [], handForce: [fx, fy] = [0, 0] } = load;
  const phi = cumulative(state.angles);
  const rate = cumulative(state.velocities);
  const arms = links.map((_, k) =>
    links.map(({ length, centreOfMass }, i) => i < k ? length : i === k ? centreOfMass : 0)
  );
  const jointTorques = links.map((_, j) =>
    (torques[j] ?? 0) - viscosity[j].reduce((sum, d, k) => sum + d * state.velocities[k], 0)
  );
  const matrix = links.map(() => new Array<number>(links.length).fill(0));
  const right = links.map(({ length }, i) => {
    let sum = jointTorques[i] - (jointTorques[i + 1] ?? 0) +
      length * (fy * Math.cos(phi[i]) - fx * Math.sin(phi[i]));
    links.forEach((_, j) => {
      const coupling = links.reduce((a, { mass }, k) => a + mass * arms[k][i] * arms[k][j], 0) +
        (i === j ? links[i].inertia : 0);
      matrix[i][j] = coupling * Math.cos(phi[i] - phi[j]);
      sum -= coupling * Math.sin(phi[i] - phi[j]) * rate[j] ** 2 +
        gravity * links[j].mass * arms[j][i] * Math.cos(phi[i]);
    });
    return sum;
  });
  return solve(matrix, right).map((value, i, all) => value - (all[i - 1] ?? 0));
}

/** Kinetic and potential energy, J, summed link by link from the motion of the centres of mass. */
export function mechanicalEnergy(arm: Arm, state: ArmState, gravity = 0): number {
  return linkMotions(arm, state).reduce(
    (sum, { mass, inertia, y, vx, vy, rate }) =>
      sum + 0.5 * mass * (vx ** 2 + vy ** 2) + 0.5 * inertia * rate ** 2 + mass * gravity * y,
    0,
  );
}

/** Angular momentum about the shoulder, kg m²/s. */
export function shoulderMomentum(arm: Arm, state: ArmState): number {
  return linkMotions(arm, state).reduce(
    (sum, { mass, inertia, x, y, vx, vy, rate }) => sum + mass * (x * vy - y * vx) + inertia * rate,
    0,
  );
}

/** Where the hand is, m. */
export function handPosition(arm: Arm, angles: readonly number[]): [x: number, y: number] {
  const phi = cumulative(angles);
  return [
    arm.links.reduce((sum, { length }, i) => sum + length * Math.cos(phi[i]), 0),
    arm.links.reduce((sum, { length }, i) => sum + length * Math.sin(phi[i]), 0),
  ];
}

/** Distance between the hands of the same arm in two postures, m. */
export function handDistance(arm: Arm, a: readonly number[], b: readonly number[]): number {
  const [ax, ay] = handPosition(arm, a);
  const [bx, by] = handPosition(arm, b);
  return Math.hypot(ax - bx, ay - by);
}

/**
 * The motion under a constant load: states at 0, dt, 2 dt, … by RK4 with `substeps` steps per dt.
 */
export function referenceTrajectory(
  arm: Arm,
  start: ArmState,
  load: Load,
  dt: number,
  steps: number,
  substeps = 4,
): ArmState[] {
  const joints = arm.links.length;
  const split = (flat: readonly number[]): ArmState => ({
    angles: flat.slice(0, joints),
    velocities: flat.slice(joints),
  });
  const derivative = (flat: readonly number[]) => {
    const state = split(flat);
    return [...state.velocities, ...chainAcceleration(arm, state, load)];
  };
  let flat: readonly number[] = [...start.angles, ...start.velocities];
  const trajectory = [split(flat)];
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < substeps; i++) flat = rungeKutta4(derivative, flat, dt / substeps);
    trajectory.push(split(flat));
  }
  return trajectory;
}

/** One step of the classical Runge-Kutta method. */
export function rungeKutta4(
  derivative: (state: readonly number[]) => readonly number[],
  state: readonly number[],
  dt: number,
): number[] {
  const moved = (slope: readonly number[], by: number) => state.map((x, i) => x + by * slope[i]);
  const k1 = derivative(state);
  const k2 = derivative(moved(k1, dt / 2));
  const k3 = derivative(moved(k2, dt / 2));
  const k4 = derivative(moved(k3, dt));
  return state.map((x, i) => x + dt / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]));
}

interface LinkMotion {
  readonly mass: number;
  readonly inertia: number;
  /** Centre of mass, m, and its velocity, m/s. */
  readonly x: number;
  readonly y: number;
  readonly vx: number;
  readonly vy: number;
  /** Absolute angular velocity, rad/s. */
  readonly rate: number;
}

function linkMotions(arm: Arm, state: ArmState): LinkMotion[] {
  const phi = cumulative(state.angles);
  const rate = cumulative(state.velocities);
  let x = 0, y = 0, vx = 0, vy = 0;
  return arm.links.map(({ mass, inertia, length, centreOfMass }, i) => {
    const cosine = Math.cos(phi[i]), sine = Math.sin(phi[i]);
    const motion = {
      mass,
      inertia,
      x: x + centreOfMass * cosine,
      y: y + centreOfMass * sine,
      vx: vx - centreOfMass * sine * rate[i],
      vy: vy + centreOfMass * cosine * rate[i],
      rate: rate[i],
    };
    x += length * cosine;
    y += length * sine;
    vx -= length * sine * rate[i];
    vy += length * cosine * rate[i];
    return motion;
  });
}

function cumulative(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => sum += value);
}

/** Solves a symmetric positive definite system by elimination, which needs no pivoting there. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  const size = rows.length;
  for (let i = 0; i < size; i++) {
    for (let below = i + 1; below < size; below++) {
      const factor = rows[below][i] / rows[i][i];
      for (let k = i; k <= size; k++) rows[below][k] -= factor * rows[i][k];
    }
  }
  const solution = new Array<number>(size);
  for (let i = size - 1; i >= 0; i--) {
    const known = solution.reduce((sum, value, k) => k > i ? sum + rows[i][k] * value : sum, 0);
    solution[i] = (rows[i][size] - known) / rows[i][i];
  }
  return solution;
}
