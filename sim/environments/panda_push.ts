/**
 * `PandaPush`: ManiSkill's PushCube-v1, with the tool moved along x, y and z.
 *
 * | | |
 * | --- | --- |
 * | robot | Panda with its hand, fingers closed; gravity is taken off its links, as ManiSkill does it |
 * | object | cube of 4 cm, 64 g; friction with the table 0.3, with the fingers 2 |
 * | action | 3, −1 … 1: displacement of the tool by 0.1 m · action, by damped least squares (λ = 0.05 m/rad) |
 * | drive | position servos, 1000 N m/rad and 100 N m s/rad, torques within 87 and 12 N m |
 * | observation | 27: q, q̇, tool x, y, z, cube x, y, z and quaternion x, y, z, w, goal x, y, z |
 * | reward | (r + [d < 1 cm] (1 − tanh(5 e)))/3 with r = 1 − tanh(5 d); 1 on success; after the step |
 * | start | q the rest posture + N(0, 0.02) rad; cube uniform in x 0.515 … 0.715, y −0.1 … 0.1 m |
 * | goal | 20 cm beyond the cube along x |
 * | end | never; truncated after 50 steps (2.5 s) |
 * | success | cube within 10 cm of the goal in x and y, and not lifted by more than 5 mm |
 * | rates | physics 100 Hz, control 20 Hz |
 * | version | 1 |
 *
 * Here d is the tool's distance from the push point, 2.5 cm before the cube's middle along x, and e that of
 * the cube from the goal in x and y. Lengths are in the frame of the robot's base (ManiSkill has it at
 * x = −0.615 m).
 *
 * Differences from ManiSkill: the tool's displacement is the action (its `pd_ee_delta_pos`; the default
 * there is joint deltas and a gripper), success does not end the episode, the fingers' rows and the tool's
 * rotation are not observed, and the table has no end.
 */
import type { RandomStream } from "../random.ts";
import { pandaWithHand } from "../robots/panda_hand.ts";
import { toolDeltaControl } from "../robots/tool_control.ts";
import type { CannonCell, CannonTask } from "./cannon_environment.ts";
import { bounded, cubeEdge, distance, PandaTable } from "./panda_table.ts";

const physicsStep = 0.01;
const substeps = 5;

/** Displacement of the tool at an action of 1, m. */
export const toolScale = 0.1;

/** λ, m/rad */
const leastSquaresDamping = 0.05;

/** ManiSkill's rest posture, rad. */
const restAngles = [0, Math.PI / 8, 0, -5 * Math.PI / 8, 0, 3 * Math.PI / 4, Math.PI / 4];
const restDeviation = 0.02;

const cubeRegion = [[0.515, 0.715], [-0.1, 0.1]] as const;
const goalAhead = 0.2;
const goalRadius = 0.1;

/** The push point lies so far before the cube's middle along x, m. */
export const pushPointBefore = cubeEdge / 2 + 0.005;
const atPushPoint = 0.01;
const largestLift = 0.005;

const gains = { stiffness: 1000, damping: 100 };
const joints = pandaWithHand.joints.length;

/** The first row of each part of the observation. */
export const pandaPushRows = { tool: 14, cube: 17, goal: 24 } as const;

/** ManiSkill's reward for pushing, by the distances of the task's table, m. */
export function pushReward(toPushPoint: number, toGoal: number, success: boolean): number {
  if (success) return 1;
  const reaching = 1 - Math.tanh(5 * toPushPoint);
  const placing = toPushPoint < atPushPoint ? 1 - Math.tanh(5 * toGoal) : 0;
  return (reaching + placing) / 3;
}

function createCell(): CannonCell {
  const table = new PandaTable({
    arm: pandaWithHand.joints.map(() => gains),
    fingers: gains,
    gravityCompensated: true,
  });
  const control = toolDeltaControl(pandaWithHand, {
    scale: toolScale,
    damping: leastSquaresDamping,
  });
  let goal: readonly number[] = [];
  return {
    start(drawn) {
      const cube = drawn.slice(joints);
      table.start(drawn.slice(0, joints), 0, cube);
      goal = [cube[0] + goalAhead, cube[1], cubeEdge / 2];
    },
    step(action) {
      const [x, y, z] = action.map((command) => bounded(command, 1));
      const targets = control(table.positions().slice(0, joints), [x, y, z]);
      table.drive(targets, 0, substeps, physicsStep);
      const cube = table.cube();
      const toGoal = distance(cube.slice(0, 2), goal.slice(0, 2));
      const success = toGoal < goalRadius && cube[2] < cubeEdge / 2 + largestLift;
      const pushPoint = [cube[0] - pushPointBefore, cube[1], cube[2]];
      return { reward: pushReward(distance(table.tool(), pushPoint), toGoal, success), success };
    },
    observe: () => [
      ...table.positions().slice(0, joints),
      ...table.rates().slice(0, joints),
      ...table.tool(),
      ...table.cube(),
      ...table.cubeRotation(),
      ...goal,
    ],
    stateRows: table.stateRows + 3,
    save: () => [...table.save(), ...goal],
    restore(state) {
      table.restore(state.slice(0, table.stateRows));
      goal = state.slice(table.stateRows);
    },
  };
}

const eachJoint = (row: (joint: number) => string) =>
  pandaWithHand.joints.map((_, j) => row(j + 1));

/** Pushing a cube with the Panda. */
export const pandaPush: CannonTask = {
  specification: {
    name: "PandaPush",
    version: 1,
    summary:
      "Push a cube over a table to a goal with the Panda's closed fingers: ManiSkill's PushCube",
    action: ["x", "y", "z"].map((axis) => `tool's displacement along ${axis}, 0.1 m, −1 … 1`),
    observation: [
      ...eachJoint((j) => `q${j}, rad`),
      ...eachJoint((j) => `q̇${j}, rad/s`),
      ...["x", "y", "z"].map((axis) => `tool ${axis}, m`),
      ...["x", "y", "z"].map((axis) => `cube ${axis}, m`),
      ...["x", "y", "z", "w"].map((axis) => `cube's quaternion ${axis}`),
      ...["x", "y", "z"].map((axis) => `goal ${axis}, m`),
    ],
    reward:
      "(1 − tanh(5 d) + [d < 1 cm] (1 − tanh(5 e)))/3, 1 on success; d: tool to the push point, " +
      "e: cube to goal",
    start:
      "rest posture + N(0, 0.02) rad, at rest; cube uniform in x 0.515 … 0.715, y −0.1 … 0.1 m; " +
      "goal 20 cm beyond it along x",
    success: "cube within 10 cm of the goal in x and y, and not lifted by more than 5 mm",
    physicsStep,
    controlStep: physicsStep * substeps,
    horizon: 50,
    source: "ManiSkill 3, PushCube-v1 (Tao et al. 2024); frames and masses of the MuJoCo Menagerie",
  },
  actionSpace: { low: [-1, -1, -1], high: [1, 1, 1] },
  draw: (random: RandomStream) => [
    ...restAngles.map((angle) => angle + random.normal(0, restDeviation)),
    ...cubeRegion.map(([low, high]) => random.uniform(low, high)),
  ],
  create: createCell,
};
