/**
 * Whether two results of one job that are not the same bits say the same: those of different devices within a
 * tolerance, and those of a job whose numbers depend on who was how fast in any case.
 */
import type { JobSpec } from "../../cluster/jobs/records.ts";
import { largestDifference } from "../verification/difference.ts";

/**
 * The largest difference, in the sense of `Difference.size`, that is laid to the devices: sums of floats in
 * another order, carried through a training.
 */
const tolerance = 0.01;

/** See the file's head. Results are JSON. */
export function resultsAgree(_spec: JobSpec, first: Uint8Array, second: Uint8Array): boolean {
  const [expected, found] = [first, second].map((bytes) =>
    JSON.parse(new TextDecoder().decode(bytes))
  );
  if (expected.reproducible === false && found.reproducible === false) return true;
  return (largestDifference(expected, found)?.size ?? 0) <= tolerance;
}
