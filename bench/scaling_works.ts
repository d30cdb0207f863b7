/** What is measured on several cores: the same work in each thread, with copies of its own. */
import { manyReachers, reacherWork } from "./robots_environment.ts";
import { manyRobots } from "./robots_dynamics.ts";
import { pandaRun, robotWork } from "./robots_kernel.ts";
import { ppoWork } from "./rl_ppo.ts";
import type { StepWork } from "./step_speeds.ts";

/** A work and what its steps are. */
export interface ScalingWork {
  readonly title: string;
  readonly work: () => StepWork;
}

export const scalingWorks = {
  environment: {
    title: `control steps of ArmReacher, ${manyReachers} copies a thread`,
    work: () => reacherWork(manyReachers, "single"),
  },
  dynamics: {
    title: `steps of the Panda's equations of motion, ${manyRobots} copies a thread`,
    work: () => robotWork(pandaRun(), manyRobots, "single", "outside"),
  },
  training: {
    title: "frames of PPO on ArmReacher, a training a thread",
    work: ppoWork,
  },
} as const satisfies Record<string, ScalingWork>;

export type ScalingSubject = keyof typeof scalingWorks;
