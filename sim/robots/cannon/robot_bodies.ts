/**
 * A robot as bodies and joints in cannon-es, and with it the gripper at its end.
 *
 * cannon-es keeps three moments of inertia a body, about the body's own axes. So each link's body stands
 * at the link's centre of mass and is turned to the link's principal axes; pivots, axes and shapes are
 * turned with it.
 */
import { Body, Material, Quaternion, Vec3, type World } from "cannon-es";
import { addGyroscopicTorque, setInertia } from "../../physics/cannon_bodies.ts";
import type { CollisionShape } from "../collision.ts";
import { placedIn } from "../composite.ts";
import type { Gripper } from "../gripper.ts";
import {
  type Pose,
  poseAt,
  type Robot,
  type RobotJoint,
  type RobotLink,
  transposed,
  turned,
} from "../robot.ts";
import type { Servo } from "./drive.ts";
import { matrixOf, principalAxes, quaternionOf, tripleOf, vectorOf } from "./frames.ts";
import { type CannonJoint, Hinge, Slide } from "./joints.ts";
import { addShape } from "./shapes.ts";

/** Bodies of one group do not touch each other. */
const robotGroup = 2;
const objectGroup = 1;

/** How a robot is put into a world. */
export interface RobotPlacement {
  /** Where its base stands; default: the world's origin. */
  readonly base?: Pose;
  /** Its links' shapes, one list a link; none touches anything unless given. */
  readonly shapes?: readonly (readonly CollisionShape[])[];
  /** Its base's shapes. */
  readonly baseShapes?: readonly CollisionShape[];
  readonly gripper?: Gripper;
  /** Whether gravity is taken off its links, as a robot's own control does it; default false. */
  readonly gravityCompensated?: boolean;
}

/** One link with the joint before it. */
interface Part {
  readonly link: RobotLink;
  readonly joint: RobotJoint;
  readonly slides: boolean;
  /** Index of the part before; −1 for the base. */
  readonly before: number;
  readonly shapes: readonly CollisionShape[];
}

/** A part's body and how it stands in the link's frame. */
interface PartBody {
  readonly body: Body;
  /** The principal axes at the centre of mass. */
  readonly inLink: Pose;
}

function partsOf(robot: Robot, { gripper, shapes }: RobotPlacement): Part[] {
  const arm = robot.links.map((link, i): Part => ({
    link,
    joint: robot.joints[i],
    slides: false,
    before: i - 1,
    shapes: shapes?.[i] ?? [],
  }));
  const fingers = gripper?.fingers.map(({ link, joint, shapes }): Part => ({
    link,
    joint,
    slides: true,
    before: arm.length - 1,
    shapes,
  }));
  return [...arm, ...(fingers ?? [])];
}

/** A robot in a world: its joints in order, the gripper's fingers last. */
export class RobotBodies {
  readonly joints: readonly CannonJoint[];
  readonly #parts: readonly Part[];
  readonly #bodies: readonly PartBody[];
  readonly #base: Body;
  readonly #world: World;
  readonly #gravityCompensated: boolean;

  constructor(
    world: World,
    readonly robot: Robot,
    placement: RobotPlacement,
    material: (name: string | undefined) => Material | null,
  ) {
    this.#world = world;
    this.#parts = partsOf(robot, placement);
    this.#gravityCompensated = placement.gravityCompensated ?? false;
    this.#base = baseBody(placement, material);
    world.addBody(this.#base);
    this.#bodies = this.#parts.map((part) => partBody(part, material));
    for (const { body } of this.#bodies) world.addBody(body);
    this.joints = this.#parts.map((part, i) => this.#join(part, i));
    for (const { constraints } of this.joints) {
      for (const constraint of constraints) world.addConstraint(constraint);
    }
    this.place(this.joints.map(() => 0), this.joints.map(() => 0));
  }

  #join({ joint, slides, before }: Part, i: number): CannonJoint {
    const own = this.#bodies[i];
    const proximal = this.#bodies[before];
    const onProximal = within(proximal?.inLink ?? poseAt([0, 0, 0]), joint.origin);
    const onOwn = within(own.inLink, poseAt([0, 0, 0]));
    const frames = {
      pivotA: vectorOf(onProximal.position),
      pivotB: vectorOf(onOwn.position),
      rotationA: quaternionOf(onProximal.rotation),
      rotationB: quaternionOf(onOwn.rotation),
      axis: vectorOf(joint.axis),
    };
    const ends = [proximal?.body ?? this.#base, own.body] as const;
    return slides ? new Slide(...ends, joint, frames) : new Hinge(...ends, joint, frames);
  }

  /**
   * Puts the joints into a state: rad and rad/s, m and m/s for fingers.
   * @throws {RangeError} when there is not one number a joint
   */
  place(positions: readonly number[], rates: readonly number[]): void {
    this.#requireOneEach(positions);
    this.#requireOneEach(rates);
    const motions: LinkMotion[] = [];
    this.#parts.forEach((part, i) => {
      const before = motions[part.before] ?? resting(this.#base);
      const motion = carriedBy(before, part, positions[i], rates[i]);
      motions.push(motion);
      const { body, inLink } = this.#bodies[i];
      const arm = motion.rotation.vmult(vectorOf(inLink.position));
      body.position.copy(motion.position.vadd(arm));
      body.velocity.copy(motion.velocity.vadd(motion.spin.cross(arm)));
      body.quaternion.copy(motion.rotation.mult(quaternionOf(inLink.rotation)));
      body.angularVelocity.copy(motion.spin);
      body.force.setZero();
      body.torque.setZero();
      body.updateInertiaWorld();
      // Angles are counted from where they were last.
      this.joints[i].position = positions[i];
    });
    this.measure();
  }

  /** The joints' positions, rad or m. */
  positions(): number[] {
    return this.joints.map(({ position }) => position);
  }

  /** The joints' rates, rad/s or m/s. */
  rates(): number[] {
    return this.joints.map(({ rate }) => rate);
  }

  /**
   * Sets the motors' torques, N m (forces, N), which stay until they are set again.
   * @throws {RangeError} when there is not one number a joint
   */
  setTorques(torques: readonly number[]): void {
    this.#requireOneEach(torques);
    torques.forEach((torque, j) => this.joints[j].drive.torque = torque);
  }

  /**
   * Sets the joints' position servos; `undefined` switches one off. They give no more than the joints'
   * largest torques (as the step would be without contacts).
   * @throws {RangeError} when there is not one a joint
   */
  setServos(servos: readonly (Servo | undefined)[]): void {
    this.#requireOneEach(servos);
    servos.forEach((servo, j) => this.joints[j].drive.servo = servo);
  }

  #requireOneEach(values: readonly unknown[]): void {
    if (values.length === this.joints.length) return;
    throw new RangeError(`${values.length} values were given for ${this.joints.length} joints`);
  }

  /** Gets ready for a step of `dt` seconds. */
  prepare(dt: number): void {
    const { gravity } = this.#world;
    for (const { body } of this.#bodies) {
      addGyroscopicTorque(body);
      if (this.#gravityCompensated) body.force.addScaledVector(-body.mass, gravity, body.force);
    }
    for (const joint of this.joints) joint.prepare(dt);
  }

  setTimeStep(dt: number): void {
    for (const joint of this.joints) joint.setTimeStep(dt);
  }

  /** Takes in how the bodies stand after a step. */
  measure(): void {
    for (const joint of this.joints) joint.measure();
  }

  /** The frame of link `index` in the world. */
  linkPose(index: number): Pose {
    const { body, inLink } = this.#bodies[index];
    const ofBody = { position: tripleOf(body.position), rotation: matrixOf(body.quaternion) };
    return placedIn(ofBody, within(inLink, poseAt([0, 0, 0])));
  }

  /** The tool's frame in the world. */
  toolPose(): Pose {
    return placedIn(this.linkPose(this.robot.links.length - 1), this.robot.tool);
  }

  /** Whether `body` is the body of joint `index`'s link. */
  isLink(body: Body, index: number): boolean {
    return this.#bodies[index].body === body;
  }

  /** The largest distance by which the bodies of a joint have come apart, m. */
  jointGap(): number {
    return Math.max(...this.joints.map((joint) => joint.gap()));
  }

  /** Kinetic and potential energy, the rotors' with them, J; potential 0 at the world's origin. */
  energy(): number {
    const { gravity } = this.#world;
    const ofBodies = this.#bodies.reduce((sum, { body }) => sum + bodyEnergy(body, gravity), 0);
    return this.joints.reduce(
      (sum, { joint, rate }) => sum + joint.armature * rate ** 2 / 2,
      ofBodies,
    );
  }

  /** The bodies' states, from which `restore` goes on with the same bits. */
  save(): number[] {
    const ofBodies = this.#bodies.flatMap(({ body }) => bodyState(body));
    return [...ofBodies, ...this.positions()];
  }

  /** How many numbers `save` gives. */
  get stateRows(): number {
    return this.#bodies.length * bodyStateRows + this.joints.length;
  }

  /** Takes back what `save` gave. */
  restore(values: readonly number[]): void {
    this.#bodies.forEach(({ body }, i) => {
      setBodyState(body, values.slice(i * bodyStateRows, (i + 1) * bodyStateRows));
    });
    const angles = values.slice(this.#bodies.length * bodyStateRows);
    this.joints.forEach((joint, j) => joint.position = angles[j]);
    this.measure();
  }
}

/** Numbers of a body's state: place, rotation and velocities. */
export const bodyStateRows = 13;

export function bodyState({ position, quaternion, velocity, angularVelocity }: Body): number[] {
  return [
    ...position.toArray(),
    ...quaternion.toArray(),
    ...velocity.toArray(),
    ...angularVelocity.toArray(),
  ];
}

/** Puts a body into a state that `bodyState` gave, free of load. */
export function setBodyState(body: Body, values: readonly number[]): void {
  const [x, y, z, qx, qy, qz, qw, vx, vy, vz, wx, wy, wz] = values;
  body.position.set(x, y, z);
  body.quaternion.set(qx, qy, qz, qw);
  body.velocity.set(vx, vy, vz);
  body.angularVelocity.set(wx, wy, wz);
  body.force.setZero();
  body.torque.setZero();
  body.aabbNeedsUpdate = true;
  // Not forced: with three equal moments nothing is to turn, and turning would change the last bits.
  body.updateInertiaWorld();
}

/** J; potential 0 at the world's origin. */
export function bodyEnergy(body: Body, gravity: Vec3): number {
  const { mass, velocity, position, inertia, quaternion, angularVelocity } = body;
  const { x, y, z } = quaternion.conjugate().vmult(angularVelocity);
  const turning = inertia.x * x * x + inertia.y * y * y + inertia.z * z * z;
  return mass * (velocity.lengthSquared() / 2 - gravity.dot(position)) + turning / 2;
}

function baseBody(
  { base = poseAt([0, 0, 0]), baseShapes = [] }: RobotPlacement,
  material: (name: string | undefined) => Material | null,
): Body {
  const body = new Body({
    type: Body.STATIC,
    mass: 0,
    collisionFilterGroup: robotGroup,
    collisionFilterMask: objectGroup,
  });
  for (const shape of baseShapes) addShape(body, shape, material(shape.material));
  body.position.copy(vectorOf(base.position));
  body.quaternion.copy(quaternionOf(base.rotation));
  return body;
}

function partBody(
  { link, shapes }: Part,
  material: (name: string | undefined) => Material | null,
): PartBody {
  const { moments, rotation } = principalAxes(link.inertia);
  const inLink = { position: link.centreOfMass, rotation };
  const body = new Body({
    mass: link.mass,
    linearDamping: 0,
    angularDamping: 0,
    allowSleep: false,
    collisionFilterGroup: robotGroup,
    collisionFilterMask: objectGroup,
  });
  for (const shape of shapes) {
    addShape(body, { ...shape, pose: within(inLink, shape.pose) }, material(shape.material));
  }
  setInertia(body, ...moments);
  return { body, inLink };
}

/** A pose that is given in the frame in which `frame` stands, seen from `frame`. */
function within({ position, rotation }: Pose, pose: Pose): Pose {
  const back = transposed(rotation);
  const [x, y, z] = turned(back, position);
  return placedIn({ position: [-x, -y, -z], rotation: back }, pose);
}

/** How a link's frame stands and moves in the world. */
interface LinkMotion {
  readonly position: Vec3;
  readonly rotation: Quaternion;
  readonly velocity: Vec3;
  readonly spin: Vec3;
}

function resting({ position, quaternion }: Body): LinkMotion {
  return { position, rotation: quaternion, velocity: new Vec3(), spin: new Vec3() };
}

function carriedBy(
  before: LinkMotion,
  { joint, slides }: Part,
  position: number,
  rate: number,
): LinkMotion {
  const axis = vectorOf(joint.axis);
  const atZero = before.rotation.mult(quaternionOf(joint.origin.rotation));
  const direction = atZero.vmult(axis);
  const lever = before.rotation.vmult(vectorOf(joint.origin.position));
  if (slides) lever.addScaledVector(position, direction, lever);
  const carried = before.velocity.vadd(before.spin.cross(lever));
  const moving = direction.scale(rate);
  return {
    position: before.position.vadd(lever),
    rotation: slides ? atZero : atZero.mult(new Quaternion().setFromAxisAngle(axis, position)),
    velocity: slides ? carried.vadd(moving) : carried,
    spin: slides ? before.spin : before.spin.vadd(moving),
  };
}
