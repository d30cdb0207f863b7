/**
 * Equations of motion of a serial chain of hinges in space, M(q) q̈ + b(q, q̇) = τ + Jᵀ F, stated over an
 * `Algebra` (one value of one lane a joint).
 *
 * The mass matrix comes from composite bodies, the bias (gravity, Coriolis and centrifugal torques,
 * damping) from the recursive Newton-Euler algorithm at zero accelerations; both work in the links' own
 * frames. Sources: Featherstone 2008, Rigid Body Dynamics Algorithms, chapters 5 and 6; Luh, Walker & Paul
 * 1980 (J. Dyn. Sys. Meas. Control 102).
 */
import type { Algebra } from "../expression/algebra.ts";
import type { Matrix, Robot, Triple } from "./robot.ts";
import { type Rows, type Space, spaceOver, type Symmetric, type Vector } from "./spatial.ts";

/** A frame in another one. */
export interface Frame<Value> {
  readonly position: Vector<Value>;
  /** From this frame to the one it stands in. */
  readonly rotation: Rows<Value>;
}

/** A force and its moment about the origin of a frame, in that frame. */
interface Wrench<Value> {
  readonly force: Vector<Value>;
  readonly moment: Vector<Value>;
}

/** Mass, first moment and inertia about the origin of a frame: a rigid body, or several. */
interface Body<Value> {
  readonly mass: Value;
  /** Σ m r, kg m */
  readonly moment: Vector<Value>;
  readonly inertia: Symmetric<Value>;
}

/** Rotation by `angle` about a unit vector (Rodrigues' formula). */
function rotationAbout<Value>(
  algebra: Algebra<Value>,
  axis: Triple,
  angle: Value,
): Rows<Value> {
  const { constant, add, subtract, multiply } = algebra;
  const [sin, cos] = [algebra.sin(angle), algebra.cos(angle)];
  const rest = subtract(constant(1), cos);
  const [x, y, z] = axis;
  const skew: Matrix = [[0, -z, y], [z, 0, -x], [-y, x, 0]];
  const entry = (i: number, j: number) => {
    const along = axis[i] * axis[j];
    // cos stands alone on the diagonal of an axis' own plane: 1 · (1 − cos) + cos would cost an operation.
    const straight = i !== j
      ? multiply(constant(along), rest)
      : along === 1
      ? constant(1)
      : add(multiply(constant(along), rest), cos);
    return add(straight, multiply(constant(skew[i][j]), sin));
  };
  const row = (i: number): Vector<Value> => [entry(i, 0), entry(i, 1), entry(i, 2)];
  return [row(0), row(1), row(2)];
}

/** Each link's frame in that of the link before (the first in the base's), at joint angles `angles`. */
export function jointFrames<Value>(
  algebra: Algebra<Value>,
  robot: Robot,
  angles: readonly Value[],
): Frame<Value>[] {
  const space = spaceOver(algebra);
  return robot.joints.map(({ origin, axis }, i) => ({
    position: space.vector(origin.position),
    rotation: space.product(
      space.matrix(origin.rotation),
      rotationAbout(algebra, axis, angles[i]),
    ),
  }));
}

/** The links' frames in the base's. */
export function linkFrames<Value>(
  algebra: Algebra<Value>,
  frames: readonly Frame<Value>[],
): Frame<Value>[] {
  const space = spaceOver(algebra);
  const inBase: Frame<Value>[] = [];
  for (const frame of frames) {
    const before = inBase.at(-1);
    inBase.push(before ? within(space, before, frame) : frame);
  }
  return inBase;
}

/** `inner`, which stands in `outer`, in the frame in which `outer` stands. */
function within<Value>(
  space: Space<Value>,
  outer: Frame<Value>,
  inner: Frame<Value>,
): Frame<Value> {
  return {
    position: space.add(outer.position, space.turn(outer.rotation, inner.position)),
    rotation: space.product(outer.rotation, inner.rotation),
  };
}

/** The tool's frame in the base's. */
export function toolFrame<Value>(
  algebra: Algebra<Value>,
  robot: Robot,
  links: readonly Frame<Value>[],
): Frame<Value> {
  const space = spaceOver(algebra);
  const { position, rotation } = robot.tool;
  return within(space, links[links.length - 1], {
    position: space.vector(position),
    rotation: space.matrix(rotation),
  });
}

/** How the tool moves with one joint: ∂(position)/∂q and the axis that its frame turns about, in the base. */
export interface JacobianColumn<Value> {
  readonly linear: Vector<Value>;
  readonly angular: Vector<Value>;
}

/** The geometric Jacobian of the tool, a column a joint. */
export function toolJacobian<Value>(
  algebra: Algebra<Value>,
  robot: Robot,
  links: readonly Frame<Value>[],
  tool: Frame<Value>,
): JacobianColumn<Value>[] {
  const space = spaceOver(algebra);
  return robot.joints.map(({ axis }, i) => {
    const angular = space.turn(links[i].rotation, space.vector(axis));
    const lever = space.subtract(tool.position, links[i].position);
    return { linear: space.cross(angular, lever), angular };
  });
}

/** Linear and angular velocity of the tool in the base. */
export function toolVelocity<Value>(
  algebra: Algebra<Value>,
  jacobian: readonly JacobianColumn<Value>[],
  velocities: readonly Value[],
): { linear: Vector<Value>; angular: Vector<Value> } {
  const space = spaceOver(algebra);
  const total = (part: keyof JacobianColumn<Value>) =>
    space.add(...jacobian.map((column, i) => space.scale(velocities[i], column[part])));
  return { linear: total("linear"), angular: total("angular") };
}

/** The torques that a force at the tool amounts to, Jᵀ F, N m; force in the base's frame. */
export function torquesOfToolForce<Value>(
  algebra: Algebra<Value>,
  jacobian: readonly JacobianColumn<Value>[],
  force: Vector<Value>,
): Value[] {
  const space = spaceOver(algebra);
  return jacobian.map(({ linear }) => space.dot(linear, force));
}

/** A link as a body about the origin of its frame. */
function bodyOf<Value>(algebra: Algebra<Value>, robot: Robot, index: number): Body<Value> {
  const { mass, centreOfMass: [x, y, z], inertia } = robot.links[index];
  const { constant } = algebra;
  // Steiner's theorem: from the centre of mass to the frame's origin.
  const entry = (i: number, j: number, steiner: number) => constant(inertia[i][j] + mass * steiner);
  return {
    mass: constant(mass),
    moment: [constant(mass * x), constant(mass * y), constant(mass * z)],
    inertia: [
      entry(0, 0, y * y + z * z),
      entry(1, 1, x * x + z * z),
      entry(2, 2, x * x + y * y),
      entry(0, 1, -x * y),
      entry(0, 2, -x * z),
      entry(1, 2, -y * z),
    ],
  };
}

/** `body`, given in `frame`, together with `other`, which is given in the frame it stands in. */
function joined<Value>(
  algebra: Algebra<Value>,
  space: Space<Value>,
  other: Body<Value>,
  body: Body<Value>,
  { position, rotation }: Frame<Value>,
): Body<Value> {
  const { constant, add, subtract, multiply } = algebra;
  const turned = space.turn(rotation, body.moment);
  const inertia = space.turnTensor(rotation, body.inertia);
  // With r = p + r′: Σ m (r·r δ − r rᵀ), where Σ m r′ is `turned` and p the frame's origin.
  const half = space.add(space.scale(body.mass, position), turned);
  const pair = (i: 0 | 1 | 2, j: 0 | 1 | 2) =>
    add(multiply(position[i], half[j]), multiply(turned[i], position[j]));
  const [xx, yy, zz] = [pair(0, 0), pair(1, 1), pair(2, 2)];
  const shift: Symmetric<Value> = [
    add(yy, zz),
    add(xx, zz),
    add(xx, yy),
    subtract(constant(0), pair(0, 1)),
    subtract(constant(0), pair(0, 2)),
    subtract(constant(0), pair(1, 2)),
  ];
  const total = (k: number) => add(other.inertia[k], add(inertia[k], shift[k]));
  return {
    mass: add(other.mass, body.mass),
    moment: space.add(other.moment, half),
    inertia: [total(0), total(1), total(2), total(3), total(4), total(5)],
  };
}

/** The force and moment on a body that moves with its frame, at the origin of the frame. */
function inertialWrench<Value>(
  space: Space<Value>,
  { mass, moment, inertia }: Body<Value>,
  { spin, turning, acceleration }: Motion<Value>,
): Wrench<Value> {
  const swing = space.cross(spin, moment);
  return {
    force: space.add(
      space.scale(mass, acceleration),
      space.cross(turning, moment),
      space.cross(spin, swing),
    ),
    moment: space.add(
      space.stretch(inertia, turning),
      space.cross(spin, space.stretch(inertia, spin)),
      space.cross(moment, acceleration),
    ),
  };
}

/** How a link's frame moves, in its own axes. */
interface Motion<Value> {
  /** Angular velocity, rad/s. */
  readonly spin: Vector<Value>;
  /** Angular acceleration, rad/s². */
  readonly turning: Vector<Value>;
  /** Acceleration of the origin, gravity taken off, m/s². */
  readonly acceleration: Vector<Value>;
}

/** A link's motion from that of the link before; its joint does not accelerate unless given. */
function carriedOn<Value>(
  space: Space<Value>,
  before: Motion<Value>,
  { position, rotation }: Frame<Value>,
  axis: Vector<Value>,
  velocity: Value,
  acceleration?: Value,
): Motion<Value> {
  const swing = space.cross(before.spin, position);
  const carried = space.turnBack(rotation, before.spin);
  const own = space.scale(velocity, axis);
  const turning = space.add(
    space.turnBack(rotation, before.turning),
    space.cross(carried, own),
  );
  return {
    spin: space.add(carried, own),
    turning: acceleration === undefined
      ? turning
      : space.add(turning, space.scale(acceleration, axis)),
    acceleration: space.turnBack(
      rotation,
      space.add(
        before.acceleration,
        space.cross(before.turning, position),
        space.cross(before.spin, swing),
      ),
    ),
  };
}

/**
 * The torques that make the joints move so: inverse dynamics by the recursive Newton-Euler algorithm,
 * with armature and damping; without accelerations it is the bias b(q, q̇).
 *
 * @param gravity the acceleration of free fall in the base's frame, m/s²
 * @returns N m, one a joint
 */
export function inverseDynamics<Value>(
  algebra: Algebra<Value>,
  robot: Robot,
  frames: readonly Frame<Value>[],
  velocities: readonly Value[],
  gravity: Triple,
  accelerations?: readonly Value[],
): Value[] {
  const { constant, add, multiply } = algebra;
  const space = spaceOver(algebra);
  const axes = robot.joints.map(({ axis }) => space.vector(axis));
  let motion: Motion<Value> = {
    spin: space.zero,
    turning: space.zero,
    acceleration: space.vector([-gravity[0], -gravity[1], -gravity[2]]),
  };
  const wrenches = frames.map((frame, i) => {
    motion = carriedOn(space, motion, frame, axes[i], velocities[i], accelerations?.[i]);
    return inertialWrench(space, bodyOf(algebra, robot, i), motion);
  });
  const torques: Value[] = [];
  let beyond: Wrench<Value> | undefined;
  for (let i = frames.length - 1; i >= 0; i--) {
    const total = beyond
      ? {
        force: space.add(wrenches[i].force, beyond.force),
        moment: space.add(wrenches[i].moment, beyond.moment),
      }
      : wrenches[i];
    const { damping, armature } = robot.joints[i];
    const own = add(
      space.dot(axes[i], total.moment),
      multiply(constant(damping), velocities[i]),
    );
    torques[i] = accelerations ? add(own, multiply(constant(armature), accelerations[i])) : own;
    beyond = outside(space, total, frames[i]);
  }
  return torques;
}

/** A wrench in the axes, and about the origin, of the frame in which its frame stands. */
function outside<Value>(
  space: Space<Value>,
  { force, moment }: Wrench<Value>,
  { position, rotation }: Frame<Value>,
): Wrench<Value> {
  const turned = space.turn(rotation, force);
  return {
    force: turned,
    moment: space.add(space.turn(rotation, moment), space.cross(position, turned)),
  };
}

/** The mass matrix M(q) by composite bodies, armatures included, kg m². */
export function massMatrix<Value>(
  algebra: Algebra<Value>,
  robot: Robot,
  frames: readonly Frame<Value>[],
): Value[][] {
  const { constant, add } = algebra;
  const space = spaceOver(algebra);
  const joints = robot.joints.length;
  const composites: Body<Value>[] = [];
  for (let i = joints - 1; i >= 0; i--) {
    const own = bodyOf(algebra, robot, i);
    composites[i] = i === joints - 1
      ? own
      : joined(algebra, space, own, composites[i + 1], frames[i + 1]);
  }
  const axes = robot.joints.map(({ axis }) => space.vector(axis));
  const mass: Value[][] = robot.joints.map(() => []);
  for (let j = 0; j < joints; j++) {
    const { moment, inertia } = composites[j];
    // What an acceleration of 1 of joint j alone asks of the body beyond it.
    let wrench: Wrench<Value> = {
      force: space.cross(axes[j], moment),
      moment: space.stretch(inertia, axes[j]),
    };
    const own = space.dot(axes[j], wrench.moment);
    mass[j][j] = add(own, constant(robot.joints[j].armature));
    for (let i = j - 1; i >= 0; i--) {
      wrench = outside(space, wrench, frames[i + 1]);
      mass[i][j] = mass[j][i] = space.dot(axes[i], wrench.moment);
    }
  }
  return mass;
}
