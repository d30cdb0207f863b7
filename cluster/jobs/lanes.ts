/** The lanes in which hints wait, and the order in which a worker looks into them. */
import { resumedLane } from "./identity.ts";
import type { JobState, LaneRecord, Needs } from "./records.ts";

/**
 * The lanes that a worker looks into, first to last: by priority, and within one priority interrupted
 * jobs before new ones.
 *
 * @param able whether the worker has what such jobs need
 */
export function lanesInOrder(
  lanes: Iterable<readonly [string, LaneRecord]>,
  able: (needs: Needs) => boolean,
): string[] {
  return [...lanes]
    .filter(([, { needs }]) => able(needs))
    .sort(([a, first], [b, second]) =>
      first.priority - second.priority ||
      Number(second.resumed) - Number(first.resumed) ||
      (a < b ? -1 : 1)
    )
    .map(([lane]) => lane);
}

/** The lane in which a hint of a queued job belongs. */
export function hintLane({ lane, attempts }: JobState): string {
  const end = attempts.at(-1)?.end;
  // A job that fails by its own doing waits its turn again.
  return end === "lost" || end === "handed-over" ? resumedLane(lane) : lane;
}
