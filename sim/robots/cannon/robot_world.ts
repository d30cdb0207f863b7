/**
 * Robots and objects in one cannon-es world, which touch each other and rub as Coulomb says.
 *
 * cannon-es steps the bodies (symplectic Euler, errors of first order in the step) and finds the contacts;
 * `solver.ts` finds the impulses. Contacts are inelastic.
 */
import { Body, type ContactEquation, Material, NaiveBroadphase, Vec3, World } from "cannon-es";
import { addGyroscopicTorque, setInertia } from "../../physics/cannon_bodies.ts";
import { solidInertia } from "../collision.ts";
import { poseAt, type Robot, type Triple } from "../robot.ts";
import type { RobotScene, SceneObject } from "../scene.ts";
import { principalAxes, quaternionOf, tripleOf, vectorOf } from "./frames.ts";
import {
  bodyState,
  bodyStateRows,
  RobotBodies,
  type RobotPlacement,
  setBodyState,
} from "./robot_bodies.ts";
import { addShape } from "./shapes.ts";
import { ContactSolver, type SolverOptions } from "./solver.ts";

/** A robot and how it is put into the world. */
export interface PlacedRobot extends RobotPlacement {
  readonly robot: Robot;
}

/** A world of robots and objects. */
export class RobotWorld {
  readonly robots: readonly RobotBodies[];
  readonly #world: World;
  readonly #solver: ContactSolver;
  readonly #objects = new Map<string, Body>();
  readonly #materials = new Map<string, Material>();
  /** [material][material]: µ */
  readonly #frictions = new Map<number, Map<number, number>>();
  #timeStep = 0;

  /** @throws {RangeError} when an inertia has a principal moment that is not positive */
  constructor(
    scene: RobotScene,
    robots: readonly PlacedRobot[] = [],
    options: SolverOptions = {},
  ) {
    const world = new World({ gravity: vectorOf(scene.gravity) });
    this.#world = world;
    this.#solver = new ContactSolver((contact) => this.#frictionOf(contact), options);
    world.solver = this.#solver;
    world.broadphase = new NaiveBroadphase();
    // Friction is the solver's, and nothing bounces.
    world.defaultContactMaterial.friction = 0;
    world.defaultContactMaterial.restitution = 0;
    for (const { materials: [first, second], coefficient } of scene.frictions) {
      const [a, b] = [this.#material(first).id, this.#material(second).id];
      for (const [one, other] of [[a, b], [b, a]]) {
        this.#frictions.set(
          one,
          (this.#frictions.get(one) ?? new Map<number, number>()).set(other, coefficient),
        );
      }
    }
    this.robots = robots.map(({ robot, ...placement }) =>
      new RobotBodies(
        world,
        robot,
        placement,
        (name) => name === undefined ? null : this.#material(name),
      )
    );
    for (const object of scene.objects) {
      const body = objectBody(object, this.#material(object.material));
      this.#objects.set(object.name, body);
      world.addBody(body);
    }
  }

  #material(name: string): Material {
    const known = this.#materials.get(name);
    if (known) return known;
    const material = new Material(name);
    this.#materials.set(name, material);
    return material;
  }

  #frictionOf({ si, sj }: ContactEquation): number {
    if (!si.material || !sj.material) return 0;
    return this.#frictions.get(si.material.id)?.get(sj.material.id) ?? 0;
  }

  /**
   * The body of an object, which may be moved and pushed.
   * @throws {RangeError} when the scene has no such object
   */
  object(name: string): Body {
    const body = this.#objects.get(name);
    if (body) return body;
    const names = [...this.#objects.keys()].join(", ");
    throw new RangeError(`no object "${name}" in the scene; there are ${names || "none"}`);
  }

  /** Puts an object somewhere, at rest. */
  placeObject(name: string, position: Triple, rollPitchYaw: Triple = [0, 0, 0]): void {
    const body = this.object(name);
    const { x, y, z, w } = quaternionOf(poseAt([0, 0, 0], rollPitchYaw).rotation);
    setBodyState(body, [...position, x, y, z, w, 0, 0, 0, 0, 0, 0]);
  }

  /** Advances all by `dt` seconds; loads of objects act for this step only. */
  step(dt: number): void {
    if (!(dt > 0 && dt < Infinity)) throw new RangeError(`dt is ${dt} s; it must be positive`);
    if (dt !== this.#timeStep) {
      for (const robot of this.robots) robot.setTimeStep(dt);
      this.#timeStep = dt;
    }
    for (const robot of this.robots) robot.prepare(dt);
    for (const body of this.#objects.values()) {
      if (body.type === Body.DYNAMIC) addGyroscopicTorque(body);
    }
    this.#world.step(dt);
    for (const robot of this.robots) robot.measure();
  }

  /** The force with which an object was touched in the last step, by one other body or by all, N. */
  contactForce(name: string, touches: (other: Body) => boolean = () => true): Triple {
    const body = this.object(name);
    const force = new Vec3();
    for (const contact of this.#world.contacts) {
      const { bi, bj } = contact;
      if (bj === body && touches(bi)) force.vadd(this.#solver.forceOf(contact), force);
      else if (bi === body && touches(bj)) force.vsub(this.#solver.forceOf(contact), force);
    }
    return tripleOf(force);
  }

  /** The state of all bodies, from which `restore` goes on with the same bits. */
  save(): number[] {
    return [
      ...this.robots.flatMap((robot) => robot.save()),
      ...[...this.#objects.values()].flatMap(bodyState),
    ];
  }

  /** How many numbers `save` gives. */
  get stateRows(): number {
    return this.robots.reduce((sum, robot) => sum + robot.stateRows, 0) +
      this.#objects.size * bodyStateRows;
  }

  /** Takes back what `save` gave. */
  restore(values: readonly number[]): void {
    let start = 0;
    for (const robot of this.robots) {
      robot.restore(values.slice(start, start + robot.stateRows));
      start += robot.stateRows;
    }
    for (const body of this.#objects.values()) {
      setBodyState(body, values.slice(start, start + bodyStateRows));
      start += bodyStateRows;
    }
  }
}

function objectBody({ primitive, mass, pose }: SceneObject, material: Material): Body {
  const body = new Body({
    mass,
    type: mass === 0 ? Body.STATIC : Body.DYNAMIC,
    linearDamping: 0,
    angularDamping: 0,
    allowSleep: false,
  });
  addShape(body, { primitive, pose: poseAt([0, 0, 0]) }, material);
  if (mass > 0) setInertia(body, ...principalAxes(solidInertia(primitive, mass)).moments);
  body.position.copy(vectorOf(pose.position));
  body.quaternion.copy(quaternionOf(pose.rotation));
  body.updateInertiaWorld();
  return body;
}
