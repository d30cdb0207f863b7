/** The robot arms that the laboratory offers, by name. A new one is one more entry here. */
import { controlSuiteReacher, gymReacher } from "./reachers.ts";
import { panda } from "./panda.ts";
import type { Robot } from "./robot.ts";
import { ur5e } from "./universal_robots.ts";

/** All robots. */
export const robots: readonly Robot[] = [gymReacher, controlSuiteReacher, ur5e, panda];

/**
 * The robot called `name`.
 * @throws {RangeError} when there is none of that name
 */
export function findRobot(name: string): Robot {
  const robot = robots.find((robot) => robot.name === name);
  if (robot) return robot;
  throw new RangeError(
    `no robot "${name}"; there are ${robots.map(({ name }) => name).join(", ")}`,
  );
}
