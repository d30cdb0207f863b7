/**
 * The rigid-body engine of record: each arm is a chain of hinged bodies in a cannon-es world of its
 * own, so N arms are N worlds and cannot touch one another.
 *
 * cannon-es 0.20 needs five corrections before it follows the equations of motion:
 * - it replaces a body's inertia by that of its bounding box, so the link's own inertia is written
 *   back;
 * - it damps every body by 1 % per second unless told otherwise;
 * - it gives every joint equation SPOOK parameters for a step of 1/60 s whatever the step is
 *   (Lacoursière 2007 for SPOOK), so they are set again whenever the step changes;
 * - it leaves out the gyroscopic torque −ω × (I ω);
 * - its hinges have no limits, and their motor is a velocity servo: torques act on the bodies, +τ
 *   on the joint's distal link and −τ on its proximal one, and limits are equations of the solver.
 *
 * The integrator is symplectic Euler: errors are of first order in the step.
 */
import { Body, Constraint, GSSolver, HingeConstraint, Vec3, World } from "cannon-es";
import type { Arm } from "../arms/arm.ts";
import { requireLength } from "./arrays.ts";
import {
  addGyroscopicTorque,
  JointLimitEquation,
  pivotGap,
  setConstraintTimeStep,
  setInertia,
} from "./cannon_bodies.ts";
import type { JointState, PhysicsEngine, Scene } from "./engine.ts";

/**
 * How the solver works and, for studies of what goes wrong otherwise, how cannon-es would have it.
 */
export interface CannonOptions {
  /** How many independent arms are stepped at once; default 1. */
  readonly arms?: number;
  /**
   * Largest number of Gauss-Seidel sweeps over the joint equations per step; default 50. The solver
   * stops earlier once a sweep changes the impulses by less than 1e-7 N s in total: a free arm of
   * two or three links takes 12 to 26, hits on limits up to all 50.
   */
  readonly iterations?: number;
  /**
   * Time step assumed by the SPOOK parameters of the joints, s; default: the step being made. A
   * constant such as cannon-es's own 1/60 makes the joints too soft for shorter steps.
   */
  readonly constraintTimeStep?: number;
  /** Share of its velocity that a body loses per second, 0 … 1; default 0 (cannon-es: 0.01). */
  readonly damping?: number;
}

/** A cannon-es engine, which also tells what its bodies do behind the joint state. */
export interface CannonEngine extends PhysicsEngine {
  /**
   * The largest distance between the two bodies' views of one joint, m, over all joints and arms:
   * how far the solver let the chain come apart. Zero in exact mechanics.
   */
  jointGap(): number;
  /**
   * Kinetic energy of the bodies of the arm with this index, J. The solver makes the bodies'
   * velocities fit the joints to first order in the step only, so it differs by as much from
   * ½ q̇ᵀ M q̇ of the joint state.
   *
   * @throws {RangeError} when there is no such arm
   */
  kineticEnergy(index: number): number;
}

/**
 * A limit nearer than this is within reach even at rest, rad: the arms' largest torques move no
 * joint further in a step of 10 ms.
 */
const limitMargin = 0.1;

const fullTurn = 2 * Math.PI;

/**
 * An engine that steps arms with cannon-es.
 *
 * @throws {RangeError} when an option is out of its range
 *
 * @example
 * ```ts
 * import { findArm } from "../arms/catalogue.ts";
 * import { cannonEngine } from "./cannon.ts";
 * import { horizontalScene } from "./engine.ts";
 *
 * const engine = cannonEngine(findArm("arm26"), horizontalScene);
 * engine.reset({ angles: Float64Array.of(0.5, 1.2), velocities: Float64Array.of(0, 0) });
 * engine.setTorques(Float64Array.of(1, -0.5));
 * engine.step(0.002);
 * ```
 */
export function cannonEngine(
  arm: Arm,
  scene: Scene,
  options: CannonOptions = {},
): CannonEngine {
  const { arms = 1, iterations = 50, constraintTimeStep, damping = 0 } = options;
  requireRange("arms", arms, Number.isSafeInteger(arms) && arms > 0, "an integer of at least 1");
  requireRange(
    "iterations",
    iterations,
    Number.isSafeInteger(iterations) && iterations > 0,
    "an integer of at least 1",
  );
  requireRange("damping", damping, damping >= 0 && damping <= 1, "a share from 0 to 1");
  if (constraintTimeStep !== undefined) requireTimeStep("constraintTimeStep", constraintTimeStep);

  const joints = arm.joints.length;
  const arrays: ArmArrays = {
    stride: arms,
    angles: new Float64Array(joints * arms),
    velocities: new Float64Array(joints * arms),
    torques: new Float64Array(joints * arms),
    handForces: new Float64Array(2 * arms),
  };
  const chains = Array.from(
    { length: arms },
    (_, index) => new HingedChain(arm, scene, { iterations, damping }, arrays, index),
  );
  let spookTimeStep: number | undefined;

  const useTimeStep = (dt: number) => {
    if (dt === spookTimeStep) return;
    for (const chain of chains) chain.setConstraintTimeStep(dt);
    spookTimeStep = dt;
  };

  return {
    name: "cannon",
    arms,
    reset({ angles, velocities }) {
      requireLength("angles", angles, joints * arms);
      requireLength("velocities", velocities, joints * arms);
      arrays.angles.set(angles);
      arrays.velocities.set(velocities);
      arrays.torques.fill(0);
      arrays.handForces.fill(0);
      for (const chain of chains) chain.place();
    },
    setTorques: (torques) => arrays.torques.set(requireLength("torques", torques, joints * arms)),
    setHandForces: (forces) =>
      arrays.handForces.set(requireLength("hand forces", forces, 2 * arms)),
    step(dt) {
      requireTimeStep("dt", dt);
      useTimeStep(constraintTimeStep ?? dt);
      for (const chain of chains) chain.step(dt);
    },
    readState(into: JointState) {
      requireLength("angles", into.angles, joints * arms);
      requireLength("velocities", into.velocities, joints * arms);
      into.angles.set(arrays.angles);
      into.velocities.set(arrays.velocities);
    },
    jointGap: () => Math.max(...chains.map((chain) => chain.jointGap())),
    kineticEnergy(index) {
      requireRange("arm index", index, index in chains, `an integer from 0 to ${arms - 1}`);
      return chains[index].kineticEnergy();
    },
  };
}

/** The engine's arrays, [variable][arm]; each chain reads and writes the column of its index. */
interface ArmArrays {
  /** Distance between two variables of one arm: the number of arms. */
  readonly stride: number;
  /** rad */
  readonly angles: Float64Array;
  /** rad/s */
  readonly velocities: Float64Array;
  /** N m */
  readonly torques: Float64Array;
  /** N */
  readonly handForces: Float64Array;
}

/** One arm as a chain of hinged bodies in its own world. */
class HingedChain {
  readonly #world: World;
  readonly #links: readonly Body[];
  readonly #hinges: readonly HingeConstraint[];
  readonly #limits: readonly JointLimit[];
  readonly #viscosity: readonly (readonly number[])[] | undefined;
  /** Absolute angles of the links, counted through full turns, rad. */
  readonly #linkAngles: Float64Array;
  /** Torques of the joints less their viscosity, and a last 0 for the end of the chain, N m. */
  readonly #jointTorques: Float64Array;

  constructor(
    readonly arm: Arm,
    scene: Scene,
    solver: { readonly iterations: number; readonly damping: number },
    readonly arrays: ArmArrays,
    readonly index: number,
  ) {
    const world = new World({ gravity: new Vec3(0, -scene.gravity, 0) });
    const gaussSeidel = new GSSolver();
    gaussSeidel.iterations = solver.iterations;
    world.solver = gaussSeidel;
    const base = new Body({ type: Body.STATIC, mass: 0 });
    const links = arm.links.map(({ mass, inertia }) => {
      const body = new Body({
        mass,
        linearDamping: solver.damping,
        angularDamping: solver.damping,
        allowSleep: false,
      });
      // Hinges about z leave only that axis free, and equal values turn with the body unchanged.
      setInertia(body, inertia, inertia, inertia);
      return body;
    });
    for (const body of [base, ...links]) world.addBody(body);
    this.#world = world;
    this.#links = links;
    this.#hinges = arm.links.map((link, j) => {
      const proximal = arm.links[j - 1];
      return new HingeConstraint(links[j - 1] ?? base, links[j], {
        pivotA: new Vec3(proximal ? proximal.length - proximal.centreOfMass : 0, 0, 0),
        pivotB: new Vec3(-link.centreOfMass, 0, 0),
        axisA: Vec3.UNIT_Z,
        axisB: Vec3.UNIT_Z,
        collideConnected: false,
      });
    });
    this.#limits = scene.limits
      ? arm.joints.map(({ lower, upper }, j) =>
        new JointLimit(links[j - 1] ?? base, links[j], lower, upper)
      )
      : [];
    for (const constraint of [...this.#hinges, ...this.#limits]) world.addConstraint(constraint);
    this.#viscosity = arm.viscosity.some((row) => row.some((value) => value !== 0))
      ? arm.viscosity
      : undefined;
    this.#linkAngles = new Float64Array(links.length);
    this.#jointTorques = new Float64Array(links.length + 1);
    this.place();
  }

  /** Sets the joints' SPOOK parameters for a step of `dt` seconds. */
  setConstraintTimeStep(dt: number): void {
    for (const hinge of this.#hinges) setConstraintTimeStep(hinge, dt);
  }

  /** Puts the bodies where the joint state says, moving as it says, free of load. */
  place(): void {
    const { stride, angles, velocities } = this.arrays;
    let angle = 0, rate = 0;
    // Position and velocity of the joint at the proximal end of the link.
    let x = 0, y = 0, vx = 0, vy = 0;
    for (let j = 0; j < this.#links.length; j++) {
      angle += angles[j * stride + this.index];
      rate += velocities[j * stride + this.index];
      const { centreOfMass, length } = this.arm.links[j];
      const body = this.#links[j];
      const cosine = Math.cos(angle), sine = Math.sin(angle);
      body.position.set(x + centreOfMass * cosine, y + centreOfMass * sine, 0);
      body.velocity.set(vx - centreOfMass * sine * rate, vy + centreOfMass * cosine * rate, 0);
      body.quaternion.set(0, 0, Math.sin(angle / 2), Math.cos(angle / 2));
      body.angularVelocity.set(0, 0, rate);
      body.force.setZero();
      body.torque.setZero();
      body.updateInertiaWorld(true);
      this.#linkAngles[j] = angle;
      x += length * cosine;
      y += length * sine;
      vx -= length * sine * rate;
      vy += length * cosine * rate;
    }
  }

  step(dt: number): void {
    this.#applyJointTorques();
    this.#applyHandForce();
    for (const body of this.#links) addGyroscopicTorque(body);
    this.#watchLimits(dt);
    this.#world.step(dt); // clears the bodies' forces and torques at its end
    this.#measure();
  }

  /** The largest distance between the two pivots of a joint, m. */
  jointGap(): number {
    return Math.max(...this.#hinges.map(pivotGap));
  }

  /** J */
  kineticEnergy(): number {
    return this.#links.reduce(
      (sum, { mass, velocity, inertia, angularVelocity }) =>
        sum + 0.5 * mass * velocity.lengthSquared() +
        0.5 * inertia.z * angularVelocity.lengthSquared(),
      0,
    );
  }

  #applyJointTorques(): void {
    const { stride, torques, velocities } = this.arrays;
    const total = this.#jointTorques;
    const joints = this.#links.length;
    for (let j = 0; j < joints; j++) {
      total[j] = torques[j * stride + this.index];
      if (!this.#viscosity) continue;
      for (let k = 0; k < joints; k++) {
        total[j] -= this.#viscosity[j][k] * velocities[k * stride + this.index];
      }
    }
    for (let j = 0; j < joints; j++) this.#links[j].torque.z += total[j] - total[j + 1];
  }

  #applyHandForce(): void {
    const { stride, handForces } = this.arrays;
    const fx = handForces[this.index], fy = handForces[stride + this.index];
    if (fx === 0 && fy === 0) return;
    const last = this.#links.length - 1;
    const { length, centreOfMass } = this.arm.links[last];
    const lever = length - centreOfMass;
    const angle = this.#linkAngles[last];
    const { force, torque } = this.#links[last];
    force.x += fx;
    force.y += fy;
    torque.z += lever * (Math.cos(angle) * fy - Math.sin(angle) * fx);
  }

  #watchLimits(dt: number): void {
    const { stride, angles, velocities } = this.arrays;
    let reachable = false;
    for (let j = 0; j < this.#limits.length; j++) {
      const column = j * stride + this.index;
      this.#limits[j].observe(angles[column]);
      reachable ||= this.#limits[j].withinReach(velocities[column], dt);
    }
    // A joint that is stopped throws the others, so all are watched as soon as one limit is within
    // reach.
    for (let j = 0; j < this.#limits.length; j++) this.#limits[j].active = reachable;
  }

  #measure(): void {
    const { stride, angles, velocities } = this.arrays;
    let proximalAngle = 0, proximalRate = 0;
    for (let j = 0; j < this.#links.length; j++) {
      const { quaternion, angularVelocity } = this.#links[j];
      // The quaternion tells the angle up to full turns; they are counted by continuity.
      const turned = 2 * Math.atan2(quaternion.z, quaternion.w);
      const angle = turned + fullTurn * Math.round((this.#linkAngles[j] - turned) / fullTurn);
      const rate = angularVelocity.z;
      this.#linkAngles[j] = angle;
      angles[j * stride + this.index] = angle - proximalAngle;
      velocities[j * stride + this.index] = rate - proximalRate;
      proximalAngle = angle;
      proximalRate = rate;
    }
  }
}

/** The limits of one joint; the nearer of the two is an equation of the solver while active. */
class JointLimit extends Constraint {
  readonly #equation: PlanarLimitEquation;

  constructor(
    proximal: Body,
    distal: Body,
    readonly lower: number,
    readonly upper: number,
  ) {
    super(proximal, distal, { collideConnected: false });
    this.#equation = new PlanarLimitEquation(proximal, distal);
    this.equations.push(this.#equation);
  }

  set active(active: boolean) {
    this.#equation.enabled = active && this.#equation.gap < Infinity;
  }

  /** Takes in the joint's angle at the start of the step. */
  observe(angle: number): void {
    const toLower = angle - this.lower;
    const toUpper = this.upper - angle;
    if (toLower < toUpper) this.#equation.setLimit(1, toLower);
    else this.#equation.setLimit(-1, toUpper);
  }

  /** Whether the joint, now at `velocity`, could come to the limit within `dt` seconds. */
  withinReach(velocity: number, dt: number): boolean {
    return this.#equation.gap < limitMargin + 2 * dt * Math.abs(velocity);
  }

  /** Nothing to update when the solver asks: the equation was set from the joint's angle. */
  override update(): void {}
}

/** The limit of a hinge about z, solved by Gauss-Seidel sweeps. */
class PlanarLimitEquation extends JointLimitEquation {
  /**
   * `side` is 1 at the lower limit, which pushes towards larger angles, and −1 at the upper one.
   */
  setLimit(side: 1 | -1, gap: number): void {
    this.jacobianElementA.rotational.set(0, 0, -side);
    this.jacobianElementB.rotational.set(0, 0, side);
    this.gap = gap;
  }

  /** Without the inverse masses that cannon-es adds to every row, though a torque moves no mass. */
  override computeGiMGt(): number {
    return this.bi.invInertiaWorldSolve.elements[8] + this.bj.invInertiaWorldSolve.elements[8];
  }
}

function requireRange(name: string, value: number, holds: boolean, expected: string): void {
  if (!holds) throw new RangeError(`${name} is ${value}; expected ${expected}`);
}

function requireTimeStep(name: string, seconds: number): void {
  requireRange(
    name,
    seconds,
    Number.isFinite(seconds) && seconds > 0,
    "a positive number of seconds",
  );
}
