/**
 * `PandaLift`: Isaac Lab's Lift-Cube-Franka: grasp a cube, lift it, and bring it to a commanded place.
 *
 * | | |
 * | --- | --- |
 * | robot | Panda with its hand, in gravity |
 * | object | cube of 4 cm, 64 g; friction with the table 0.3, with the fingers 2 |
 * | action | 8: joint targets, default posture + 0.5 rad · action (−3 … 3), and the gripper (−1 … 1): < 0 closes it |
 * | drive | position servos with the gains of the MuJoCo Menagerie, torques within 87 and 12 N m; fingers 2000 N/m and 100 N s/m, forces within 70 N |
 * | observation | 32: q − default and q̇ with the fingers', cube x, y, z, target x, y, z, last action |
 * | reward | 0.02 s · ((1 − tanh(d/0.1 m)) + [z > 4 cm] (15 + 16 (1 − tanh(e/0.3 m)) + 5 (1 − tanh(e/0.05 m))) − 1e-4 ‖a − a′‖² − 1e-4 ‖q̇‖²), after the step |
 * | start | default posture, fingers open, at rest; cube uniform in x 0.4 … 0.6, y −0.25 … 0.25 m |
 * | target | uniform in x 0.4 … 0.6, y −0.25 … 0.25, z 0.25 … 0.5 m |
 * | end | never; truncated after 250 steps (5 s) |
 * | success | the cube's middle more than 4 cm above the table (robosuite's rule for Lift) |
 * | rates | physics 100 Hz, control 50 Hz |
 * | version | 1 |
 *
 * Here d is the distance of the tool from the cube, e that of the cube from the target, z the height of the
 * cube's middle. Rewards are multiplied by the control step's length, as Isaac Lab does it.
 *
 * Differences from Isaac Lab: the cube is a plain one of 4 cm; the target is a position; the weights stay
 * those of the first 10 000 steps; the table has no end, so that no cube falls from it (which ends the
 * episode there); the arm's servos are stiffer (80 N m/rad and 4 N m s/rad there); Isaac has no success rule.
 */
import type { RandomStream } from "../random.ts";
import { pandaServoGains } from "../robots/panda.ts";
import { fingerTravel, pandaWithHand } from "../robots/panda_hand.ts";
import type { CannonCell, CannonTask } from "./cannon_environment.ts";
import { bounded, distance, PandaTable } from "./panda_table.ts";

const physicsStep = 0.01;
const substeps = 2;
const controlStep = physicsStep * substeps;

/** Isaac Lab's default posture, rad. */
const defaultAngles = [0, -0.569, 0, -2.81, 0, 3.037, 0.741];

/** Largest action, and rad at an action of 1. */
const largestAction = 3;
const actionScale = 0.5;

const cubeRegion = [[0.4, 0.6], [-0.25, 0.25]] as const;
const targetRegion = [[0.4, 0.6], [-0.25, 0.25], [0.25, 0.5]] as const;

/** Height of the cube's middle from which it counts as lifted, m. */
const lifted = 0.04;

const joints = pandaWithHand.joints.length;
const fingers = 2;

/** What the reward depends on. */
export interface Lifting {
  /** From the tool to the cube, m. */
  readonly toCube: number;
  /** From the cube to its target, m. */
  readonly toTarget: number;
  /** Of the cube's middle, m. */
  readonly height: number;
  /** ‖a − a′‖² */
  readonly actionChange: number;
  /** ‖q̇‖² */
  readonly speed: number;
}

/** Isaac Lab's reward for lifting, not multiplied by the step's length. */
export function liftReward(
  { toCube, toTarget, height, actionChange, speed }: Lifting,
): number {
  const near = (distance: number, scale: number) => 1 - Math.tanh(distance / scale);
  const carrying = height > lifted ? 15 + 16 * near(toTarget, 0.3) + 5 * near(toTarget, 0.05) : 0;
  return near(toCube, 0.1) + carrying - 1e-4 * (actionChange + speed);
}

function sumOfSquares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}

function createCell(): CannonCell {
  const table = new PandaTable({
    arm: pandaServoGains.map((stiffness) => ({ stiffness, damping: stiffness / 10 })),
    fingers: { stiffness: 2000, damping: 100 },
    gravityCompensated: false,
  });
  let target: readonly number[] = [];
  let lastAction: readonly number[] = [];
  const noAction = [...defaultAngles.map(() => 0), 0];
  return {
    start(drawn) {
      table.start(defaultAngles, fingerTravel, drawn.slice(0, 2));
      target = drawn.slice(2);
      lastAction = noAction;
    },
    step(action) {
      const taken = action.map((command, i) => bounded(command, i < joints ? largestAction : 1));
      const targets = pandaWithHand.joints.map(({ lower, upper }, j) =>
        Math.min(upper, Math.max(lower, defaultAngles[j] + actionScale * taken[j]))
      );
      table.drive(targets, taken[joints] < 0 ? 0 : fingerTravel, substeps, physicsStep);
      const cube = table.cube();
      const reward = liftReward({
        toCube: distance(table.tool(), cube),
        toTarget: distance(cube, target),
        height: cube[2],
        actionChange: sumOfSquares(taken.map((value, i) => value - lastAction[i])),
        speed: sumOfSquares(table.rates()),
      });
      lastAction = taken;
      return { reward: controlStep * reward, success: cube[2] > lifted };
    },
    observe: () => [
      ...table.positions().map((position, j) => position - (defaultAngles[j] ?? fingerTravel)),
      ...table.rates(),
      ...table.cube(),
      ...target,
      ...lastAction,
    ],
    stateRows: table.stateRows + targetRegion.length + joints + 1,
    save: () => [...table.save(), ...target, ...lastAction],
    restore(state) {
      const rest = state.slice(table.stateRows);
      table.restore(state.slice(0, table.stateRows));
      target = rest.slice(0, targetRegion.length);
      lastAction = rest.slice(targetRegion.length);
    },
  };
}

const eachJoint = (row: (name: string) => string) => [
  ...pandaWithHand.joints.map((_, j) => row(`${j + 1}`)),
  ...Array.from({ length: fingers }, (_, j) => row(` of finger ${j + 1}`)),
];

/** Lifting a cube with the Panda. */
export const pandaLift: CannonTask = {
  specification: {
    name: "PandaLift",
    version: 1,
    summary:
      "Grasp a cube, lift it and bring it to a target with the Panda: Isaac Lab's Lift-Cube-Franka",
    action: [
      ...pandaWithHand.joints.map((_, j) =>
        `target of joint ${j + 1}, 0.5 rad about its default, −3 … 3`
      ),
      "gripper: closes below 0, opens from 0 on",
    ],
    observation: [
      ...eachJoint((name) => `q${name} − default, rad or m`),
      ...eachJoint((name) => `q̇${name}, rad/s or m/s`),
      ...["x", "y", "z"].map((axis) => `cube ${axis}, m`),
      ...["x", "y", "z"].map((axis) => `target ${axis}, m`),
      ...pandaWithHand.joints.map((_, j) => `last action of joint ${j + 1}`),
      "last action of the gripper",
    ],
    reward: "0.02 s · ((1 − tanh(d/0.1 m)) + [z > 4 cm] (15 + 16 (1 − tanh(e/0.3 m)) + " +
      "5 (1 − tanh(e/0.05 m))) − 1e-4 ‖a − a′‖² − 1e-4 ‖q̇‖²); d: tool to cube, e: cube to target, " +
      "z: height of the cube",
    start:
      "default posture, fingers open, at rest; cube uniform in x 0.4 … 0.6, y −0.25 … 0.25 m; " +
      "target uniform in x 0.4 … 0.6, y −0.25 … 0.25, z 0.25 … 0.5 m",
    success: "the cube's middle more than 4 cm above the table",
    physicsStep,
    controlStep,
    horizon: 250,
    source:
      "Isaac Lab, Isaac-Lift-Cube-Franka-v0; success: robosuite, Lift; robot: MuJoCo Menagerie",
  },
  actionSpace: {
    low: [...pandaWithHand.joints.map(() => -largestAction), -1],
    high: [...pandaWithHand.joints.map(() => largestAction), 1],
  },
  draw: (random: RandomStream) =>
    [...cubeRegion, ...targetRegion].map(([low, high]) => random.uniform(low, high)),
  create: createCell,
};
