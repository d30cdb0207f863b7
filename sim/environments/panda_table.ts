/** The world of the Panda's tasks with contacts: the arm with its hand, an endless table, and a cube. */
import { padMaterial, pandaGripper, pandaHandShapes, pandaWithHand } from "../robots/panda_hand.ts";
import { RobotWorld } from "../robots/cannon/robot_world.ts";
import { poseAt, type Triple } from "../robots/robot.ts";

/** Edge of the cube, m, and its mass at 1000 kg/m³, kg. */
export const cubeEdge = 0.04;
const cubeMass = 1000 * cubeEdge ** 3;

/** Friction of cube and table, and of the fingers' pads with the cube. */
export const tableFriction = 0.3;
export const padFriction = 2;

/** Gains of a position servo: N m/rad and N m s/rad, N/m and N s/m. */
export interface Gains {
  readonly stiffness: number;
  readonly damping: number;
}

/** How the arm is held and driven. */
export interface TableOptions {
  /** Gains of each joint of the arm, and of both fingers. */
  readonly arm: readonly Gains[];
  readonly fingers: Gains;
  readonly gravityCompensated: boolean;
}

/** Arm, table and cube. */
export class PandaTable {
  readonly #world: RobotWorld;
  readonly #options: TableOptions;

  constructor(options: TableOptions) {
    this.#options = options;
    this.#world = new RobotWorld({
      gravity: [0, 0, -9.81],
      frictions: [
        { materials: ["table", "cube"], coefficient: tableFriction },
        { materials: [padMaterial, "cube"], coefficient: padFriction },
      ],
      objects: [
        {
          name: "table",
          primitive: { kind: "plane" },
          material: "table",
          mass: 0,
          pose: poseAt([0, 0, 0]),
        },
        {
          name: "cube",
          primitive: { kind: "box", size: [cubeEdge, cubeEdge, cubeEdge] },
          material: "cube",
          mass: cubeMass,
          pose: poseAt([0.5, 0, cubeEdge / 2]),
        },
      ],
    }, [{
      robot: pandaWithHand,
      gripper: pandaGripper,
      shapes: pandaHandShapes,
      gravityCompensated: options.gravityCompensated,
    }]);
  }

  get #robot() {
    return this.#world.robots[0];
  }

  /** Puts the arm into a posture and the cube onto the table, at rest; fingers `opening` apart each, m. */
  start(angles: readonly number[], opening: number, [x, y]: readonly number[]): void {
    const positions = [...angles, opening, opening];
    this.#robot.place(positions, positions.map(() => 0));
    this.#world.placeObject("cube", [x, y, cubeEdge / 2]);
  }

  /** Drives the joints to targets, the fingers to `opening`, for so many steps of the physics. */
  drive(targets: readonly number[], opening: number, steps: number, timeStep: number): void {
    const { arm, fingers } = this.#options;
    this.#robot.setServos([
      ...targets.map((target, j) => ({ target, ...arm[j] })),
      { target: opening, ...fingers },
      { target: opening, ...fingers },
    ]);
    for (let step = 0; step < steps; step++) this.#world.step(timeStep);
  }

  /** rad of the arm's joints, then m of the fingers */
  positions(): number[] {
    return this.#robot.positions();
  }

  /** rad/s of the arm's joints, then m/s of the fingers */
  rates(): number[] {
    return this.#robot.rates();
  }

  /** The middle between the fingers' pads, m. */
  tool(): Triple {
    return this.#robot.toolPose().position;
  }

  /** The cube's middle, m. */
  cube(): Triple {
    const { x, y, z } = this.#world.object("cube").position;
    return [x, y, z];
  }

  /** The cube's rotation as a unit quaternion x, y, z, w with w ≥ 0. */
  cubeRotation(): readonly number[] {
    const { x, y, z, w } = this.#world.object("cube").quaternion;
    const sign = w < 0 ? -1 : 1;
    return [sign * x, sign * y, sign * z, sign * w];
  }

  save(): number[] {
    return this.#world.save();
  }

  /** How many numbers `save` gives. */
  get stateRows(): number {
    return this.#world.stateRows;
  }

  restore(state: readonly number[]): void {
    this.#world.restore(state);
  }
}

/** The distance of two points. */
export function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, axis) => value - b[axis]));
}

/** A number within −most … most. */
export function bounded(value: number, most: number): number {
  return Math.min(most, Math.max(-most, value));
}
