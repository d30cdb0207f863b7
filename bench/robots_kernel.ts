/** Our equations of motion of a robot as a compiled kernel, and the run in which they are measured. */
import type { Precision } from "../sim/expression/batch.ts";
import { createBatch } from "../sim/expression/batches.ts";
import { Graph } from "../sim/expression/graph.ts";
import { inputLanes, type Lanes, lanesAlgebra } from "../sim/expression/lanes.ts";
import type { KernelStatement } from "../sim/expression/lowering.ts";
import { motorTorques } from "../sim/robots/actuation.ts";
import { inverseDynamics, jointFrames } from "../sim/robots/chain.ts";
import { panda, pandaHome } from "../sim/robots/panda.ts";
import type { Robot, Triple } from "../sim/robots/robot.ts";
import { robotStep } from "../sim/robots/robot_step.ts";
import { samePosture } from "../sim/tasks/draws.ts";
import type { StepWork } from "./step_speeds.ts";

const gravity: Triple = [0, 0, -9.81];

/** A robot that is driven by its motors from rest. */
export interface RobotRun {
  readonly robot: Robot;
  readonly gravity: Triple;
  /** s */
  readonly timeStep: number;
  /** rad */
  readonly start: readonly number[];
  readonly steps: number;
  /** Both commands by turns, −1 … 1, one value a joint. */
  readonly commands: readonly (readonly number[])[];
  /** Steps after which commands turn round. */
  readonly halfPeriod: number;
}

/** The turn of a run's commands in a step. */
export const turnAt = ({ halfPeriod, commands }: RobotRun, step: number) =>
  Math.floor(step / halfPeriod) % commands.length;

/**
 * The Panda from its home posture: what holds it there, and a little more or less at each joint; so that it
 * sways by up to a radian and a half within a second and does not reach its limits, where MuJoCo has springs.
 */
export function pandaRun(): RobotRun {
  const swing = 0.03;
  const holding = holdingTorques(panda, pandaHome)
    .map((torque, j) => torque / panda.joints[j].maximalTorque);
  const commands = [swing, -swing].map((more) =>
    holding.map((command, j) => j % 2 ? command - more : command + more)
  );
  return {
    robot: panda,
    gravity,
    timeStep: 0.002,
    start: pandaHome,
    steps: 500,
    commands,
    halfPeriod: 50,
  };
}

/** New values of one lane, a row each. */
const inputs = (graph: Graph, rows: number) =>
  Array.from({ length: rows }, () => inputLanes(graph, 1));

const rows = (values: readonly Lanes[]) => values.flat();

/** The torques that hold a robot against gravity, N m. */
function holdingTorques(robot: Robot, posture: readonly number[]): number[] {
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const angles = inputs(graph, posture.length);
  const still = posture.map(() => algebra.constant(0));
  const frames = jointFrames(algebra, robot, angles);
  const torques = inverseDynamics(algebra, robot, frames, still, gravity);
  const batch = createBatch("double", 1, { angles: posture.length, torques: posture.length });
  batch.array("angles").set(posture);
  batch.compile([
    { take: ["angles"] },
    {
      kernel: {
        name: "holding_torques",
        inputs: [{ name: "angles", rows: rows(angles) }],
        outputs: [{ name: "torques", rows: rows(torques) }],
      },
    },
    { publish: ["torques"] },
  ])();
  return [...batch.array("torques")];
}

/** One step: commands to torques, accelerations, semi-implicit Euler, limits. */
function stepStatement({ robot, gravity, timeStep }: RobotRun): KernelStatement {
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const joints = robot.joints.length;
  const [angles, velocities, command] = [joints, joints, joints].map((n) => inputs(graph, n));
  const torques = motorTorques(algebra, robot, command);
  const after = robotStep(algebra, robot, { angles, velocities }, torques, {
    gravity,
    integrator: "semi-implicit",
    timeStep,
  });
  return {
    name: `${robot.name.replaceAll(/\W/g, "_")}_step`,
    inputs: [
      { name: "angles", rows: rows(angles) },
      { name: "velocities", rows: rows(velocities) },
      { name: "command", rows: rows(command) },
    ],
    outputs: [
      { name: "newAngles", rows: rows(after.angles) },
      { name: "newVelocities", rows: rows(after.velocities) },
    ],
  };
}

/** How a run goes about commands and states. */
export const handlings = {
  inside: "states stay in its memory as in a roll-out, commands are taken where they change",
  outside: "commands are written and the joints' state is read at every step",
} as const;

/** The run of many copies of a robot. */
export interface RobotWork extends StepWork {
  /** The angles of the first copy where a run has ended, rad. */
  end(): number[];
}

/** A run of so many copies. */
export function robotWork(
  run: RobotRun,
  copies: number,
  precision: Precision,
  handling: keyof typeof handlings,
): RobotWork {
  const joints = run.robot.joints.length;
  const batch = createBatch(precision, copies, {
    angles: joints,
    velocities: joints,
    command: joints,
  });
  const [angles, velocities, command] = ["angles", "velocities", "command"]
    .map((name) => batch.array(name));
  const step = {
    kernel: stepStatement(run),
    arrays: { newAngles: "angles", newVelocities: "velocities" },
  };
  const take = batch.compile([{ take: ["command"] }]);
  const advance = batch.compile([step]);
  const everything = batch.compile([
    { take: ["command"] },
    step,
    { publish: ["angles", "velocities"] },
  ]);
  const begin = batch.compile([{ take: ["angles", "velocities"] }]);
  const publish = batch.compile([{ publish: ["angles"] }]);
  const start = samePosture(run.start, copies);
  const commands = run.commands.map((command) => samePosture(command, copies));
  const kinds = {
    inside(number: number) {
      if (number % run.halfPeriod === 0) {
        command.set(commands[turnAt(run, number)]);
        take();
      }
      advance();
    },
    outside(number: number) {
      command.set(commands[turnAt(run, number)]);
      everything();
    },
  };
  const stepOnce = kinds[handling];
  return {
    steps: copies * run.steps,
    run() {
      angles.set(start);
      velocities.fill(0);
      begin();
      for (let number = 0; number < run.steps; number++) stepOnce(number);
    },
    end() {
      publish();
      return Array.from({ length: joints }, (_, j) => angles[j * copies]);
    },
  };
}
