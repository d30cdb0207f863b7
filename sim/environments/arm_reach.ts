/**
 * `ArmReach`: reach a target with the human-sized arm and stay there.
 *
 * | | |
 * | --- | --- |
 * | robot | arm26: links of 30.9 and 33.3 cm in a horizontal plane, limits 0 … 135° and 0 … 155° |
 * | action | 2: motor commands −1 … 1, torque 10 N m at 1; commands beyond are clipped |
 * | observation | 12: cos q₁, cos q₂, sin q₁, sin q₂, q̇₁, q̇₂, target x, y, (hand − target) x, y, last action |
 * | reward | Isaac Lab's for reaching, per step: not multiplied by the step's length |
 * | start | q uniform within the joints' limits, at rest; target the hand of another such posture |
 * | end | never; truncated after 100 steps (2 s) |
 * | success | hand within 2 cm of the target throughout the last 0.2 s |
 * | rates | physics 100 Hz (fourth-order Runge-Kutta), control 50 Hz |
 * | version | 1 |
 */
import type { Algebra } from "../expression/algebra.ts";
import type { RandomStream } from "../random.ts";
import { motorTorques } from "../robots/actuation.ts";
import { clip } from "../actuators/actuator.ts";
import type { TaskSpecification } from "./environment.ts";
import type { EquationsTask, Parts } from "./equations_task.ts";
import {
  drawPosture,
  hand,
  handAt,
  humanArm,
  jointRows,
  jointValues,
  loadedStep,
  motorCommands,
  motorSpace,
} from "./human_arm.ts";
import { reachReward, reachRewardFormula } from "./reach_reward.ts";
import { atLeast, atMost, difference, norm, stepsInARow } from "./terms.ts";

const physicsStep = 0.01;
const substeps = 2;
const controlStep = physicsStep * substeps;

/** How near the hand has to stay, m, and for how long before it counts, in control steps. */
const nearTarget = 0.02;
const settledSteps = Math.round(0.2 / controlStep);

/** What tells reaching apart from holding. */
interface ReachingTask
  extends Pick<TaskSpecification, "name" | "version" | "summary" | "start" | "source"> {
  /** Whether a force acts on the hand. */
  readonly loaded: boolean;
  /** The `angles` (rad), the `target` (m) and, where there is one, the `load` (N) of an episode. */
  draw(random: RandomStream): Parts<number>;
}

function offTarget<Value>(algebra: Algebra<Value>, { angles, target }: Parts<Value>): Value[] {
  return difference(algebra, hand(algebra, angles), target);
}

/** The task of bringing the hand to a target and keeping it there, the load on it not observed. */
export function reachingTask({ draw, loaded, ...described }: ReachingTask): EquationsTask {
  return {
    specification: {
      ...described,
      action: motorCommands,
      observation: [
        ...jointRows,
        "target x, m",
        "target y, m",
        "hand − target, x, m",
        "hand − target, y, m",
        "last shoulder command",
        "last elbow command",
      ],
      reward: reachRewardFormula,
      success: "hand within 2 cm of the target throughout the last 0.2 s",
      physicsStep,
      controlStep,
      horizon: 100,
    },
    actionSpace: motorSpace,
    state: {
      angles: 2,
      velocities: 2,
      target: 2,
      lastAction: 2,
      settled: 1,
      ...(loaded ? { load: 2 } : {}),
    },
    start: (random) => ({
      ...draw(random),
      velocities: [0, 0],
      lastAction: [0, 0],
      settled: [0],
    }),
    step(algebra, state, action) {
      const { angles, velocities, target, lastAction, settled: [settled] } = state;
      const load = loaded ? state.load : [algebra.constant(0), algebra.constant(0)];
      const commands = action.map((command) => clip(algebra, command, -1, 1));
      const torques = motorTorques(algebra, humanArm, commands);
      let motion = { angles, velocities };
      for (let substep = 0; substep < substeps; substep++) {
        motion = loadedStep(algebra, motion, torques, load, physicsStep);
      }
      const distance = norm(algebra, offTarget(algebra, { ...motion, target }));
      const within = stepsInARow(algebra, atMost(algebra, distance, nearTarget), settled);
      return {
        state: { ...motion, target, load, lastAction: commands, settled: [within] },
        reward: reachReward(algebra, {
          distance,
          action: commands,
          lastAction,
          velocities: motion.velocities,
        }),
        success: atLeast(algebra, within, settledSteps),
      };
    },
    observe(algebra, state) {
      const { angles, velocities, target, lastAction } = state;
      return [
        ...jointValues(algebra, { angles, velocities }),
        ...target,
        ...offTarget(algebra, state),
        ...lastAction,
      ];
    },
  };
}

/** Reaches from anywhere to anywhere. */
export const armReach: EquationsTask = reachingTask({
  name: "ArmReach",
  version: 1,
  summary: "Reach a target with the human-sized arm, by torques, and stay there",
  start: "q uniform within the joints' limits, at rest; target the hand of another such posture",
  source: "reward: Isaac Lab, Reach-Franka; starts: Rinaldo et al. 2024 (arXiv 2401.14057)",
  loaded: false,
  draw: (random) => ({ angles: drawPosture(random), target: handAt(drawPosture(random)) }),
});
