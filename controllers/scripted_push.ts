/**
 * A scripted policy for pushing a cube with the Panda, the baseline that a learned one is to beat: rise, go
 * behind the cube, come down, push along the line to the goal. It sees what a policy sees.
 */
import { pandaPushRows, pushPointBefore, toolScale } from "../sim/environments/panda_push.ts";

/** Height of the ways over the table, m; how far behind the cube the tool comes down, m. */
const travelHeight = 0.09;
const behind = 0.07;

/** So far off its place the tool may be to come down, and so high to begin to push, m. */
const overPlace = 0.015;
const lowEnough = 0.03;

/**
 * The action for one copy's observation, a number a row.
 * @returns x, y, z, each −1 … 1
 */
export function scriptedPush(observation: ArrayLike<number>): readonly number[] {
  const at = (start: number) => [0, 1, 2].map((axis) => observation[start + axis]);
  const { tool: toolRow, cube: cubeRow, goal: goalRow } = pandaPushRows;
  const [tool, cube, goal] = [at(toolRow), at(cubeRow), at(goalRow)];
  const way = wayOf(tool, cube, goal);
  return way.map((value, axis) => Math.min(1, Math.max(-1, (value - tool[axis]) / toolScale)));
}

/** Where the tool is to go next, m. */
function wayOf(
  tool: readonly number[],
  cube: readonly number[],
  goal: readonly number[],
): readonly number[] {
  const start = [cube[0] - behind, cube[1]];
  const isBehind = tool[0] < cube[0] - pushPointBefore / 2 &&
    Math.abs(tool[1] - cube[1]) < overPlace;
  if (isBehind && tool[2] < lowEnough) return [goal[0] - pushPointBefore, cube[1], cube[2]];
  const off = Math.hypot(tool[0] - start[0], tool[1] - start[1]);
  if (off < overPlace || (isBehind && tool[2] < travelHeight)) return [...start, cube[2]];
  // First up, then across: not through the cube.
  return tool[2] < travelHeight - overPlace
    ? [tool[0], tool[1], travelHeight]
    : [...start, travelHeight];
}
