/**
 * `ArmHold`: keep the hand where it is under a constant force that is not shown.
 *
 * | | |
 * | --- | --- |
 * | robot | arm26: links of 30.9 and 33.3 cm in a horizontal plane, limits 0 … 135° and 0 … 155° |
 * | action | 2: motor commands −1 … 1, torque 10 N m at 1; commands beyond are clipped |
 * | observation | 12, as of `ArmReach`; the target is where the hand started; nothing of the force |
 * | reward | as of `ArmReach`: Isaac Lab's for reaching, per step |
 * | start | q uniform within the joints' limits, at rest; each component of the force uniform in ±10 N |
 * | end | never; truncated after 100 steps (2 s) |
 * | success | hand within 2 cm of its start throughout the last 0.2 s |
 * | rates | physics 100 Hz (fourth-order Runge-Kutta), control 50 Hz |
 * | version | 1 |
 *
 * The motors can hold every such force: 10 √2 N at 64.2 cm is 9.1 N m.
 */
import { reachingTask } from "./arm_reach.ts";
import { drawPosture, handAt } from "./human_arm.ts";

/** Largest component of the force, N. */
const largestLoad = 10;

/** Holding against an unknown force. */
export const armHold = reachingTask({
  name: "ArmHold",
  version: 1,
  summary: "Keep the hand where it is under a constant unknown force",
  start:
    "q uniform within the joints' limits, at rest; target the hand's start; force on the hand " +
    "uniform in ±10 N, x and y",
  source: "Rinaldo et al. 2024 (arXiv 2401.14057), holding with the non-dominant arm",
  loaded: true,
  draw(random) {
    const angles = drawPosture(random);
    const load = [0, 1].map(() => random.uniform(-largestLoad, largestLoad));
    return { angles, target: handAt(angles), load };
  },
});
