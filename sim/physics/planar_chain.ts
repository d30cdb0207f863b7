/**
 * Equations of motion of a planar chain of n links, M(q) q̈ + C(q, q̇) + G(q) + D q̇ = τ + J(q)ᵀ F_hand,
 * stated over an `Algebra` (one value of one lane a joint).
 *
 * In absolute link angles φ_i = q_1 + … + q_i the mass matrix is A_ij cos(φ_i − φ_j) with constant A
 * (`inertialConstants`) and the centripetal terms are Σ_j A_ij sin(φ_i − φ_j) φ̇_j²; both are summed over
 * the links beyond each joint. For two links this is the closed form with α, β and k.
 */
import type { Algebra } from "../expression/algebra.ts";
import { type Arm, inertialConstants, staticMoments } from "../arms/arm.ts";

/** A vector in the plane. */
export interface Planar<Value> {
  readonly x: Value;
  readonly y: Value;
}

/** Sine and cosine of an angle. */
interface Turn<Value> {
  readonly sin: Value;
  readonly cos: Value;
}

/** The chain in one posture; everything that needs trigonometry is worked out once. */
export interface Posture<Value> {
  /** Angle of each link from the x axis. */
  readonly links: readonly Turn<Value>[];
  readonly joints: readonly Turn<Value>[];
}

function sumOf<Value>(algebra: Algebra<Value>, values: readonly Value[]): Value {
  return values.reduce((sum, value) => algebra.add(sum, value), algebra.constant(0));
}

/** sin and cos of a sum of two angles. */
function turnBy<Value>(algebra: Algebra<Value>, a: Turn<Value>, b: Turn<Value>): Turn<Value> {
  const { add, subtract, multiply } = algebra;
  return {
    sin: add(multiply(a.sin, b.cos), multiply(a.cos, b.sin)),
    cos: subtract(multiply(a.cos, b.cos), multiply(a.sin, b.sin)),
  };
}

/** The posture at joint angles `angles`. */
export function posture<Value>(algebra: Algebra<Value>, angles: readonly Value[]): Posture<Value> {
  const joints = angles.map((angle) => ({ sin: algebra.sin(angle), cos: algebra.cos(angle) }));
  const links: Turn<Value>[] = [];
  for (const joint of joints) {
    const previous = links.at(-1);
    links.push(previous ? turnBy(algebra, previous, joint) : joint);
  }
  return { links, joints };
}

/** The turn from link `from` to the later link `to`. */
function turnBetween<Value>(
  algebra: Algebra<Value>,
  { joints }: Posture<Value>,
  from: number,
  to: number,
): Turn<Value> {
  return joints.slice(from + 2, to + 1).reduce(
    (turn, joint) => turnBy(algebra, turn, joint),
    joints[from + 1],
  );
}

/** Position of the hand, m. */
export function handPosition<Value>(
  algebra: Algebra<Value>,
  arm: Arm,
  { links }: Posture<Value>,
): Planar<Value> {
  const along = (part: "sin" | "cos") =>
    sumOf(
      algebra,
      links.map((link, i) => algebra.multiply(algebra.constant(arm.links[i].length), link[part])),
    );
  return { x: along("cos"), y: along("sin") };
}

/** Columns of the hand's Jacobian: ∂p/∂q_j = Σ_{i≥j} l_i (−sin φ_i, cos φ_i). */
export function handJacobian<Value>(
  algebra: Algebra<Value>,
  arm: Arm,
  { links }: Posture<Value>,
): Planar<Value>[] {
  return arm.joints.map((_, j) => {
    const beyond = (part: "sin" | "cos") =>
      sumOf(
        algebra,
        links.slice(j).map((link, i) =>
          algebra.multiply(algebra.constant(arm.links[i + j].length), link[part])
        ),
      );
    return { x: algebra.negate(beyond("sin")), y: beyond("cos") };
  });
}

/** Velocity of the hand, m/s. */
export function handVelocity<Value>(
  algebra: Algebra<Value>,
  jacobian: readonly Planar<Value>[],
  velocities: readonly Value[],
): Planar<Value> {
  const component = (axis: "x" | "y") =>
    sumOf(algebra, jacobian.map((column, j) => algebra.multiply(column[axis], velocities[j])));
  return { x: component("x"), y: component("y") };
}

/** Torques of each joint that a force at the hand amounts to: Jᵀ F, N m. */
export function torquesOfHandForce<Value>(
  algebra: Algebra<Value>,
  jacobian: readonly Planar<Value>[],
  force: Planar<Value>,
): Value[] {
  return jacobian.map(({ x, y }) =>
    algebra.add(algebra.multiply(x, force.x), algebra.multiply(y, force.y))
  );
}

/** Mass matrix and bias C + G + D q̇ in one state. */
export function dynamics<Value>(
  algebra: Algebra<Value>,
  arm: Arm,
  shape: Posture<Value>,
  velocities: readonly Value[],
  gravity: number,
): { mass: Value[][]; bias: Value[] } {
  const { constant, add, multiply, negate } = algebra;
  const joints = arm.joints.length;
  const inertia = inertialConstants(arm);
  const moments = staticMoments(arm);
  const indices = Array.from({ length: joints }, (_, i) => i);

  const linkRates: Value[] = [];
  for (const velocity of velocities) {
    const previous = linkRates.at(-1);
    linkRates.push(previous === undefined ? velocity : add(previous, velocity));
  }
  const rateSquares = linkRates.map((rate) => multiply(rate, rate));

  // Between absolute link angles; `turns[b][a]` for b < a.
  const turns = indices.map((b) =>
    indices.map((a) => a > b ? turnBetween(algebra, shape, b, a) : undefined)
  );
  const coupling = (a: number, b: number): Value => {
    const turn = turns[Math.min(a, b)][Math.max(a, b)];
    const scale = constant(inertia[a][b]);
    return turn ? multiply(scale, turn.cos) : scale;
  };
  const linkMass = indices.map((a) => indices.map((b) => b <= a ? coupling(a, b) : constant(0)));
  const linkBias = indices.map((a) => {
    const centripetal = indices.filter((b) => b !== a).map((b) => {
      const turn = turns[Math.min(a, b)][Math.max(a, b)]!;
      const term = multiply(multiply(constant(inertia[a][b]), turn.sin), rateSquares[b]);
      return a > b ? term : negate(term);
    });
    const weight = multiply(constant(gravity * moments[a]), shape.links[a].cos);
    return add(sumOf(algebra, centripetal), weight);
  });

  const mass = indices.map((i) =>
    indices.map((j) =>
      sumOf(
        algebra,
        indices.slice(i).flatMap((a) =>
          indices.slice(j).map((b) => linkMass[Math.max(a, b)][Math.min(a, b)])
        ),
      )
    )
  );
  const bias = indices.map((i) => {
    const friction = indices.map((j) => multiply(constant(arm.viscosity[i][j]), velocities[j]));
    return add(sumOf(algebra, linkBias.slice(i)), sumOf(algebra, friction));
  });
  return { mass, bias };
}

/**
 * The solution of M x = b for a symmetric positive definite M, by elimination from the last row
 * (in a planar chain the last pivot is a constant, which saves a division).
 */
export function solveSymmetric<Value>(
  algebra: Algebra<Value>,
  matrix: readonly (readonly Value[])[],
  right: readonly Value[],
): Value[] {
  const { subtract, multiply, divide } = algebra;
  const m = matrix.map((row) => [...row]);
  const b = [...right];
  for (let pivot = b.length - 1; pivot > 0; pivot--) {
    for (let i = 0; i < pivot; i++) {
      const factor = divide(m[pivot][i], m[pivot][pivot]);
      b[i] = subtract(b[i], multiply(factor, b[pivot]));
      for (let j = 0; j <= i; j++) m[i][j] = subtract(m[i][j], multiply(factor, m[pivot][j]));
    }
  }
  const solution: Value[] = [];
  for (let i = 0; i < b.length; i++) {
    const rest = solution.reduce((sum, x, j) => subtract(sum, multiply(m[i][j], x)), b[i]);
    solution.push(divide(rest, m[i][i]));
  }
  return solution;
}
