/**
 * The description of a robot arm in space: a chain of links, each turned by a hinge, with a tool at its
 * end. SI units, angles in radians, right-handed frames.
 *
 * A link's frame stands at its joint and moves with the link. `joints[i]` joins link i − 1 (the base for
 * i = 0) to link i. Planar arms with muscles are described by `sim/arms/arm.ts`.
 */

/** x, y, z */
export type Triple = readonly [number, number, number];

/** The rows of a 3 × 3 matrix. */
export type Matrix = readonly [Triple, Triple, Triple];

/** A frame within another one. */
export interface Pose {
  /** The frame's origin, m. */
  readonly position: Triple;
  /** The rotation from the frame to the one it stands in. */
  readonly rotation: Matrix;
}

/** One rigid link. */
export interface RobotLink {
  readonly name: string;
  /** kg */
  readonly mass: number;
  /** m, in the link's frame */
  readonly centreOfMass: Triple;
  /** About the centre of mass, along the axes of the link's frame, kg m². */
  readonly inertia: Matrix;
}

/** The hinge before the link with the same index. */
export interface RobotJoint {
  readonly name: string;
  /** The link's frame in the frame of the link before, at angle 0. */
  readonly origin: Pose;
  /** Unit vector of the axis in the link's frame. */
  readonly axis: Triple;
  /** Smallest and largest angle, rad; infinite where the joint turns freely. */
  readonly lower: number;
  readonly upper: number;
  /** Largest torque of its motor, N m. */
  readonly maximalTorque: number;
  /** Largest speed of its motor, rad/s; infinite where none is known. */
  readonly maximalSpeed: number;
  /** Inertia of the rotor as it acts on the joint, kg m². */
  readonly armature: number;
  /** N m s/rad */
  readonly damping: number;
}

/** A robot arm. */
export interface Robot {
  readonly name: string;
  readonly summary: string;
  /** Where the numbers come from. */
  readonly source: string;
  readonly joints: readonly RobotJoint[];
  readonly links: readonly RobotLink[];
  /** The tool's frame in that of the last link: what reaches for targets. */
  readonly tool: Pose;
}

/** No rotation. */
export const identity: Matrix = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

/** The product of two matrices. */
export function times(a: Matrix, b: Matrix): Matrix {
  const entry = (i: number, j: number) => a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
  const row = (i: number): Triple => [entry(i, 0), entry(i, 1), entry(i, 2)];
  return [row(0), row(1), row(2)];
}

/** `matrix` times `vector`. */
export function turned(matrix: Matrix, [x, y, z]: Triple): Triple {
  const row = ([a, b, c]: Triple) => a * x + b * y + c * z;
  return [row(matrix[0]), row(matrix[1]), row(matrix[2])];
}

/** Rows and columns exchanged: a rotation the other way. */
export function transposed([a, b, c]: Matrix): Matrix {
  return [[a[0], b[0], c[0]], [a[1], b[1], c[1]], [a[2], b[2], c[2]]];
}

/** Sine and cosine that are exact at whole quarter turns, so that frames stay free of rounding. */
function turn(angle: number): readonly [sin: number, cos: number] {
  const quarters = angle / (Math.PI / 2);
  const whole = Math.round(quarters);
  if (Math.abs(quarters - whole) > 1e-12) return [Math.sin(angle), Math.cos(angle)];
  const step = ((whole % 4) + 4) % 4;
  return [[0, 1, 0, -1][step], [1, 0, -1, 0][step]];
}

/** Roll, pitch and yaw about the fixed axes x, y and z, in this order (URDF's convention). */
export function rollPitchYaw([roll, pitch, yaw]: Triple): Matrix {
  const [[sx, cx], [sy, cy], [sz, cz]] = [turn(roll), turn(pitch), turn(yaw)];
  const x: Matrix = [[1, 0, 0], [0, cx, -sx], [0, sx, cx]];
  const y: Matrix = [[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]];
  const z: Matrix = [[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]];
  return times(z, times(y, x));
}

/** A pose by position and roll, pitch, yaw. */
export function poseAt(position: Triple, angles: Triple = [0, 0, 0]): Pose {
  return { position, rotation: rollPitchYaw(angles) };
}

/** A symmetric matrix by its entries. */
export function symmetric(
  [xx, yy, zz]: Triple,
  [xy, xz, yz]: Triple = [0, 0, 0],
): Matrix {
  return [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
}
