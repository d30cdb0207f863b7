/** Deltas of the tool's position as joint targets, compiled for one robot at a time. */
import { Graph } from "../expression/graph.ts";
import { compileKernel } from "../expression/kernel.ts";
import { inputLanes, lanesAlgebra } from "../expression/lanes.ts";
import { toolDeltaTargets } from "./actuation.ts";
import type { Robot, Triple } from "./robot.ts";

/**
 * A function of the joints' angles (rad) and an action (x, y, z in the base's frame): the joint targets
 * that displace the tool by `scale` (m) times the action, by damped least squares.
 */
export function toolDeltaControl(
  robot: Robot,
  options: { readonly scale: number; readonly damping: number },
): (angles: readonly number[], action: Triple) => number[] {
  const graph = new Graph();
  const inputs = (rows: number) => Array.from({ length: rows }, () => inputLanes(graph, 1));
  const joints = robot.joints.length;
  const [angles, [x, y, z]] = [inputs(joints), inputs(3)];
  const targets = toolDeltaTargets(lanesAlgebra(graph), robot, angles, options, [x, y, z]);
  const { run } = compileKernel(
    "toolDelta",
    [{ name: "angles", rows: angles.flat() }, { name: "action", rows: [x, y, z].flat() }],
    [{ name: "targets", rows: targets.flat() }],
  );
  const result = new Float64Array(joints);
  return (at, action) => {
    run(1, Float64Array.from(at), Float64Array.from(action), result);
    return [...result];
  };
}
