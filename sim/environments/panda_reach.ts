/**
 * `PandaReach`: Isaac Lab's Reach-Franka without the rotation of the tool.
 *
 * | | |
 * | --- | --- |
 * | robot | Panda without its hand, in gravity; the tool is the flange (where Isaac's `panda_hand` stands) |
 * | action | 7, −3 … 3: joint targets, default posture + 0.5 rad · action, within the joints' limits |
 * | drive | position servos with the gains of the MuJoCo Menagerie, torques within 87 and 12 N m |
 * | observation | 24: q − default, q̇, commanded position x, y, z, last action |
 * | reward | 1/30 s · (−0.2 d + 0.1 (1 − tanh(d/0.1 m)) − 1e-4 ‖a − a′‖² − 1e-4 ‖q̇‖²), after the step |
 * | start | each angle its default times a number uniform in 0.5 … 1.5, within the limits; at rest |
 * | command | uniform in x 0.35 … 0.65, y −0.2 … 0.2, z 0.15 … 0.5 m; a new one every 4 s |
 * | end | never; truncated after 360 steps (12 s) |
 * | success | tool within 2 cm of the command |
 * | rates | physics 60 Hz (implicit servos), control 30 Hz |
 * | version | 1 |
 *
 * Rewards are multiplied by the control step's length, as Isaac Lab does it.
 *
 * Differences from Isaac Lab: the command is a position, so the term of the angle error and its four
 * rows are left out; observations are free of noise; the weights stay those of the first 4500 steps;
 * Isaac's action has no bounds (its published gains, 80 N m/rad and 4 N m s/rad, are softer too).
 */
import type { Algebra } from "../expression/algebra.ts";
import type { RandomStream } from "../random.ts";
import { clip } from "../actuators/actuator.ts";
import { jointTargets, servoStep } from "../robots/actuation.ts";
import { jointFrames, linkFrames, toolFrame } from "../robots/chain.ts";
import { panda, pandaServoGains } from "../robots/panda.ts";
import type { EquationsTask } from "./equations_task.ts";
import { reachReward, reachRewardFormula } from "./reach_reward.ts";
import { atMost, difference, norm } from "./terms.ts";

const physicsStep = 1 / 60;
const substeps = 2;
const controlStep = physicsStep * substeps;
const gravity = [0, 0, -9.81] as const;

/** Control steps between two commands. */
export const commandSteps = 120;
const commandsAnEpisode = 3;

/** Isaac Lab's default posture, rad. */
const defaultAngles = [0, -0.569, 0, -2.81, 0, 3.037, 0.741];

/** Largest action, and rad at an action of 1. */
const largestAction = 3;
const actionScale = 0.5;

const commandRanges = [[0.35, 0.65], [-0.2, 0.2], [0.15, 0.5]] as const;

const nearCommand = 0.02;

const gains = {
  stiffness: pandaServoGains,
  damping: pandaServoGains.map((stiffness) => stiffness / 10),
};

const eachJoint = (row: (joint: number) => string) => panda.joints.map((_, j) => row(j + 1));

function drawStart(random: RandomStream): number[] {
  return panda.joints.map(({ lower, upper }, j) =>
    Math.min(upper, Math.max(lower, defaultAngles[j] * random.uniform(0.5, 1.5)))
  );
}

function drawCommands(random: RandomStream): number[] {
  return Array.from(
    { length: commandsAnEpisode },
    () => commandRanges.map(([low, high]) => random.uniform(low, high)),
  ).flat();
}

/** The command after so many steps of the episode: x, y, z. */
function commandAt<Value>(
  algebra: Algebra<Value>,
  commands: readonly Value[],
  steps: Value,
): Value[] {
  return commandRanges.map((_, axis) => {
    const ofAxis = commands.filter((_, i) => i % commandRanges.length === axis);
    return ofAxis.reduce((earlier, later, i) =>
      algebra.whereLess(steps, algebra.constant(i * commandSteps), earlier, later)
    );
  });
}

function tool<Value>(algebra: Algebra<Value>, angles: readonly Value[]): readonly Value[] {
  return toolFrame(algebra, panda, linkFrames(algebra, jointFrames(algebra, panda, angles)))
    .position;
}

/** Reaching with the Panda. */
export const pandaReach: EquationsTask = {
  specification: {
    name: "PandaReach",
    version: 1,
    summary: "Bring the Panda's flange to commanded positions: Isaac Lab's Reach-Franka",
    action: eachJoint((j) => `target of joint ${j}, 0.5 rad about its default, −3 … 3`),
    observation: [
      ...eachJoint((j) => `q${j} − default, rad`),
      ...eachJoint((j) => `q̇${j}, rad/s`),
      "command x, m",
      "command y, m",
      "command z, m",
      ...eachJoint((j) => `last action of joint ${j}`),
    ],
    reward: `1/30 s · (${reachRewardFormula})`,
    start:
      "each angle its default times a number uniform in 0.5 … 1.5, within the limits, at rest; " +
      "three commands uniform in x 0.35 … 0.65, y −0.2 … 0.2, z 0.15 … 0.5 m, 4 s each",
    success: "tool within 2 cm of the command",
    physicsStep,
    controlStep,
    horizon: commandSteps * commandsAnEpisode,
    source: "Isaac Lab, Isaac-Reach-Franka-v0; servo gains of the MuJoCo Menagerie",
  },
  actionSpace: {
    low: panda.joints.map(() => -largestAction),
    high: panda.joints.map(() => largestAction),
  },
  state: { angles: 7, velocities: 7, commands: 9, lastAction: 7, steps: 1 },
  start: (random) => ({
    angles: drawStart(random),
    velocities: panda.joints.map(() => 0),
    commands: drawCommands(random),
    lastAction: panda.joints.map(() => 0),
    steps: [0],
  }),
  step(algebra, { angles, velocities, commands, lastAction, steps: [steps] }, action) {
    const { constant, add, multiply } = algebra;
    const bounded = action.map((value) => clip(algebra, value, -largestAction, largestAction));
    const targets = jointTargets(algebra, panda, defaultAngles, actionScale, bounded);
    let motion = { angles, velocities };
    for (let substep = 0; substep < substeps; substep++) {
      motion = servoStep(algebra, panda, gains, motion, targets, {
        gravity,
        timeStep: physicsStep,
      });
    }
    const command = commandAt(algebra, commands, steps);
    const distance = norm(algebra, difference(algebra, tool(algebra, motion.angles), command));
    const reward = reachReward(algebra, {
      distance,
      action: bounded,
      lastAction,
      velocities: motion.velocities,
    });
    return {
      state: { ...motion, commands, lastAction: bounded, steps: [add(steps, constant(1))] },
      reward: multiply(constant(controlStep), reward),
      success: atMost(algebra, distance, nearCommand),
    };
  },
  observe: (algebra, { angles, velocities, commands, lastAction, steps: [steps] }) => [
    ...angles.map((angle, j) => algebra.subtract(angle, algebra.constant(defaultAngles[j]))),
    ...velocities,
    ...commandAt(algebra, commands, steps),
    ...lastAction,
  ],
};
