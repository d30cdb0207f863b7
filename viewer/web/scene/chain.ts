/**
 * Forward kinematics of many copies of a robot at once: from joint coordinates to the links' matrices, as
 * the graphics card takes them (4 × 4, column by column), written where it reads them.
 *
 * A joint's rotation is O R(a, q) with O that of its origin and Rodrigues' formula for R, which is
 * cos q · A + sin q · C + B with matrices that are worked out once: A = O − O a aᵀ, B = O a aᵀ, C = O [a]×.
 */
import type { PoseDescription, RobotDescription } from "../../../cluster/scene_protocol.ts";

/** Numbers of a matrix. */
export const matrixSize = 16;

/** A joint with what its matrices are made of; 3 × 3 matrices column by column. */
interface Joint {
  readonly parent: number;
  readonly turns: boolean;
  readonly position: readonly number[];
  /** What is left of the rotation at any angle, and what goes with its cosine and its sine. */
  readonly still: readonly number[];
  readonly ofCosine: readonly number[];
  readonly ofSine: readonly number[];
  /** The axis in the parent's frame, along which it slides. */
  readonly direction: readonly number[];
}

/** The chains of `copies` robots. */
export class Chain {
  /** [copy][16] of the base. */
  readonly base: Float32Array;
  /** [link], each [copy][16]. */
  readonly links: readonly Float32Array[];
  readonly #joints: readonly Joint[];
  readonly #tool: RobotDescription["tool"];
  readonly #copies: number;

  /** @param offsets [copy][x, y, z] of the robots' places, m */
  constructor(robot: RobotDescription, offsets: Float32Array) {
    this.#copies = offsets.length / 3;
    this.#joints = robot.joints.map(jointOf);
    this.#tool = robot.tool;
    this.base = new Float32Array(matrixSize * this.#copies);
    this.links = robot.links.map(() => new Float32Array(matrixSize * this.#copies));
    for (let copy = 0; copy < this.#copies; copy++) {
      writePose(robot.place, this.base, copy, offsets);
    }
  }

  /**
   * Take on postures.
   * @param coordinates [copy][coordinate], the joints' first: rad, or m where they slide
   * @param stride coordinates of one copy
   */
  pose(coordinates: ArrayLike<number>, stride: number): void {
    this.#joints.forEach((joint, link) => {
      const parents = joint.parent < 0 ? this.base : this.links[joint.parent];
      const into = this.links[link];
      for (let copy = 0; copy < this.#copies; copy++) {
        follow(joint, coordinates[copy * stride + link], parents, into, copy * matrixSize);
      }
    });
  }

  /** Where the tool of a copy is, x, y, z, m. */
  tool(copy: number): [x: number, y: number, z: number] {
    const matrix = this.links[this.#tool.link];
    const at = copy * matrixSize;
    const [x, y, z] = this.#tool.pose.position;
    const row = (i: number) =>
      matrix[at + i] * x + matrix[at + 4 + i] * y + matrix[at + 8 + i] * z + matrix[at + 12 + i];
    return [row(0), row(1), row(2)];
  }
}

/**
 * Write the matrix of a frame.
 * @param into [copy][16]
 * @param offsets [copy][x, y, z] by which it is moved, m
 */
export function writePose(
  { position: [x, y, z], rotation }: PoseDescription,
  into: Float32Array,
  copy: number,
  offsets: ArrayLike<number>,
): void {
  const at = copy * matrixSize;
  const turn = rotationMatrix(rotation);
  for (let column = 0; column < 3; column++) {
    for (let row = 0; row < 3; row++) into[at + 4 * column + row] = turn[3 * column + row];
    into[at + 4 * column + 3] = 0;
  }
  into[at + 12] = x + offsets[3 * copy];
  into[at + 13] = y + offsets[3 * copy + 1];
  into[at + 14] = z + offsets[3 * copy + 2];
  into[at + 15] = 1;
}

function jointOf({ parent, motion, origin, axis }: RobotDescription["joints"][number]): Joint {
  const turn = rotationMatrix(origin.rotation);
  const times = (values: readonly number[]) =>
    [0, 3, 6].flatMap((column) =>
      [0, 1, 2].map((row) =>
        [0, 1, 2].reduce((sum, k) => sum + turn[3 * k + row] * values[column + k], 0)
      )
    );
  const [x, y, z] = axis;
  const alongAxis = times([x * x, x * y, x * z, y * x, y * y, y * z, z * x, z * y, z * z]);
  const turns = motion === "turns";
  return {
    parent,
    turns,
    position: origin.position,
    still: turns ? alongAxis : turn,
    ofCosine: turn.map((value, i) => value - alongAxis[i]),
    ofSine: times([0, z, -y, -z, 0, x, y, -x, 0]),
    direction: times([x, y, z, 0, 0, 0, 0, 0, 0]).slice(0, 3),
  };
}

/** The link's matrix from its parent's: all at `at` in their arrays. */
function follow(
  joint: Joint,
  coordinate: number,
  parents: Float32Array,
  into: Float32Array,
  at: number,
): void {
  const { turns, position, still, ofCosine, ofSine, direction } = joint;
  const cosine = turns ? Math.cos(coordinate) : 0;
  const sine = turns ? Math.sin(coordinate) : 0;
  const way = turns ? 0 : coordinate;
  for (let column = 0; column < 4; column++) {
    const isPlace = column === 3;
    const from = 3 * column;
    const x = isPlace
      ? position[0] + way * direction[0]
      : still[from] + cosine * ofCosine[from] + sine * ofSine[from];
    const y = isPlace
      ? position[1] + way * direction[1]
      : still[from + 1] + cosine * ofCosine[from + 1] + sine * ofSine[from + 1];
    const z = isPlace
      ? position[2] + way * direction[2]
      : still[from + 2] + cosine * ofCosine[from + 2] + sine * ofSine[from + 2];
    const to = at + 4 * column;
    for (let row = 0; row < 3; row++) {
      into[to + row] = parents[at + row] * x + parents[at + 4 + row] * y +
        parents[at + 8 + row] * z + (isPlace ? parents[at + 12 + row] : 0);
    }
    into[to + 3] = isPlace ? 1 : 0;
  }
}

/** The rotation matrix of a unit quaternion x, y, z, w, column by column. */
function rotationMatrix([x, y, z, w]: PoseDescription["rotation"]): number[] {
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y + z * w),
    2 * (x * z - y * w),
    2 * (x * y - z * w),
    1 - 2 * (x * x + z * z),
    2 * (y * z + x * w),
    2 * (x * z + y * w),
    2 * (y * z - x * w),
    1 - 2 * (x * x + y * y),
  ];
}
