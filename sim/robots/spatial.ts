/** Vectors and rotations in space over an `Algebra`: constants are folded, zeros cost nothing. */
import type { Algebra } from "../expression/algebra.ts";
import type { Matrix, Triple } from "./robot.ts";

/** x, y, z, one lane each. */
export type Vector<Value> = readonly [Value, Value, Value];

/** The rows of a 3 × 3 matrix. */
export type Rows<Value> = readonly [Vector<Value>, Vector<Value>, Vector<Value>];

/** The entries xx, yy, zz, xy, xz, yz of a symmetric matrix. */
export type Symmetric<Value> = readonly [Value, Value, Value, Value, Value, Value];

/** The operations on vectors that an algebra brings. */
export interface Space<Value> {
  readonly zero: Vector<Value>;
  vector(values: Triple): Vector<Value>;
  matrix(values: Matrix): Rows<Value>;
  add(...vectors: readonly Vector<Value>[]): Vector<Value>;
  subtract(a: Vector<Value>, b: Vector<Value>): Vector<Value>;
  scale(factor: Value, a: Vector<Value>): Vector<Value>;
  dot(a: Vector<Value>, b: Vector<Value>): Value;
  cross(a: Vector<Value>, b: Vector<Value>): Vector<Value>;
  /** M a */
  turn(matrix: Rows<Value>, a: Vector<Value>): Vector<Value>;
  /** Mᵀ a: with a rotation, into the frame that it turns from. */
  turnBack(matrix: Rows<Value>, a: Vector<Value>): Vector<Value>;
  product(a: Rows<Value>, b: Rows<Value>): Rows<Value>;
  /** S a */
  stretch(matrix: Symmetric<Value>, a: Vector<Value>): Vector<Value>;
  /** R S Rᵀ */
  turnTensor(rotation: Rows<Value>, tensor: Symmetric<Value>): Symmetric<Value>;
}

const axes = [0, 1, 2] as const;

const three = <T>(entry: (axis: 0 | 1 | 2) => T): readonly [T, T, T] => [
  entry(0),
  entry(1),
  entry(2),
];

/** Vectors of `algebra`. */
export function spaceOver<Value>(algebra: Algebra<Value>): Space<Value> {
  const { constant, add, subtract, multiply } = algebra;
  const sum = (values: readonly Value[]) => values.reduce((total, value) => add(total, value));
  const dot = (a: Vector<Value>, b: Vector<Value>) => sum(axes.map((i) => multiply(a[i], b[i])));
  const column = (matrix: Rows<Value>, j: 0 | 1 | 2) => three((i) => matrix[i][j]);
  const rowsOf = ([xx, yy, zz, xy, xz, yz]: Symmetric<Value>): Rows<Value> => [
    [xx, xy, xz],
    [xy, yy, yz],
    [xz, yz, zz],
  ];
  const turn = (matrix: Rows<Value>, a: Vector<Value>) => three((i) => dot(matrix[i], a));
  const product = (a: Rows<Value>, b: Rows<Value>) =>
    three((i) => three((j) => dot(a[i], column(b, j))));
  return {
    zero: three(() => constant(0)),
    vector: (values) => three((i) => constant(values[i])),
    matrix: (values) => three((i) => three((j) => constant(values[i][j]))),
    add: (...vectors) => three((i) => sum(vectors.map((vector) => vector[i]))),
    subtract: (a, b) => three((i) => subtract(a[i], b[i])),
    scale: (factor, a) => three((i) => multiply(factor, a[i])),
    dot,
    cross: (a, b) =>
      three((i) => {
        const [j, k] = [axes[(i + 1) % 3], axes[(i + 2) % 3]];
        return subtract(multiply(a[j], b[k]), multiply(a[k], b[j]));
      }),
    turn,
    turnBack: (matrix, a) => three((j) => dot(column(matrix, j), a)),
    product,
    stretch: (matrix, a) => turn(rowsOf(matrix), a),
    turnTensor(rotation, tensor) {
      const half = product(rotation, rowsOf(tensor));
      const entry = (i: 0 | 1 | 2, j: 0 | 1 | 2) => dot(half[i], rotation[j]);
      return [entry(0, 0), entry(1, 1), entry(2, 2), entry(0, 1), entry(0, 2), entry(1, 2)];
    },
  };
}
