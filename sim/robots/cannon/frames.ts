/** Frames and inertias of robots as cannon-es takes them: vectors, quaternions, principal axes. */
import { Quaternion, Vec3 } from "cannon-es";
import { identity, type Matrix, times, transposed, type Triple } from "../robot.ts";

export function vectorOf([x, y, z]: Triple): Vec3 {
  return new Vec3(x, y, z);
}

export function tripleOf({ x, y, z }: Vec3): Triple {
  return [x, y, z];
}

/** A rotation as a unit quaternion, by its largest component (Shepperd 1978, J. Guidance 1(3), 223). */
export function quaternionOf([[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]]: Matrix): Quaternion {
  const squares = [1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz, 1 + xx + yy + zz];
  const largest = squares.indexOf(Math.max(...squares));
  const [x, y, z, w] = [
    [squares[0], xy + yx, xz + zx, zy - yz],
    [xy + yx, squares[1], yz + zy, xz - zx],
    [xz + zx, yz + zy, squares[2], yx - xy],
    [zy - yz, xz - zx, yx - xy, squares[3]],
  ][largest];
  const quaternion = new Quaternion(x, y, z, w);
  quaternion.normalize();
  return quaternion;
}

/** The rotation matrix of a unit quaternion. */
export function matrixOf({ x, y, z, w }: Quaternion): Matrix {
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
    [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
    [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
  ];
}

/** Moments of inertia about the axes in which they are diagonal. */
export interface PrincipalInertia {
  /** kg m² */
  readonly moments: Triple;
  /** From the principal axes to the frame of the inertia. */
  readonly rotation: Matrix;
}

/** The plane of each rotation of a sweep. */
const planes = [[0, 1], [0, 2], [1, 2]] as const;

/** Sweeps converge quadratically: from 3 × 3 matrices, in four or five to the last bit. */
const largestSweeps = 20;

/**
 * The principal axes of an inertia, by Jacobi rotations (Golub & Van Loan, Matrix Computations, section
 * 8.5). A diagonal inertia keeps its axes.
 *
 * @throws {RangeError} when a moment is not positive
 */
export function principalAxes(inertia: Matrix): PrincipalInertia {
  let matrix = inertia;
  let rotation = identity;
  for (let sweep = 0; sweep < largestSweeps; sweep++) {
    for (const [i, j] of planes) {
      if (matrix[i][j] === 0) continue;
      const ratio = (matrix[j][j] - matrix[i][i]) / (2 * matrix[i][j]);
      const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(1, ratio));
      const turn = rotationIn(i, j, tangent);
      const diagonalised = times(transposed(turn), times(matrix, turn));
      // The rotation was made for this entry to vanish.
      matrix = withZeroAt(diagonalised, i, j);
      rotation = times(rotation, turn);
    }
    if (planes.every(([i, j]) => matrix[i][j] === 0)) break;
  }
  const moments: Triple = [matrix[0][0], matrix[1][1], matrix[2][2]];
  if (!moments.every((moment) => moment > 0)) {
    throw new RangeError(
      `principal moments of inertia are ${moments.join(", ")} kg m²; all must be positive`,
    );
  }
  return { moments, rotation };
}

function rotationIn(i: number, j: number, tangent: number): Matrix {
  const cos = 1 / Math.hypot(1, tangent), sin = tangent * cos;
  return entries((row, column) => {
    if (row === column) return row === i || row === j ? cos : 1;
    if (row === i && column === j) return sin;
    if (row === j && column === i) return -sin;
    return 0;
  });
}

function withZeroAt(matrix: Matrix, i: number, j: number): Matrix {
  return entries((row, column) =>
    (row === i && column === j) || (row === j && column === i) ? 0 : matrix[row][column]
  );
}

function entries(entry: (row: number, column: number) => number): Matrix {
  const row = (i: number): Triple => [entry(i, 0), entry(i, 1), entry(i, 2)];
  return [row(0), row(1), row(2)];
}
