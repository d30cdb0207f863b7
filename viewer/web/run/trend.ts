/** Whether a curve moves: what there is to say of it in a word. */
import type { Points } from "../laboratory/mean_curve.ts";

/** How a curve went from its beginning to its end. */
export interface Trend {
  readonly first: { readonly place: number; readonly value: number };
  readonly last: { readonly place: number; readonly value: number };
  readonly direction: "falls" | "rises" | "level";
  /** Whether it has hardly moved towards the end. */
  readonly isSettled: boolean;
}

/** The beginning, and each of the two parts of the end that are compared, as shares of the way. */
const beginning = 0.1;
const ending = 0.2;
/** Of all that the curve spans: less is no change, and less still no movement towards the end. */
const leastChange = 0.1;
const leastMovement = 0.05;

/** The trend of a curve with growing places; undefined of one with fewer than two points. */
export function trendOf({ x, y }: Points): Trend | undefined {
  const last = x.length - 1;
  if (last < 1) return undefined;
  const at = (share: number) => x[0] + share * (x[last] - x[0]);
  const mean = (from: number, to: number) => {
    const values = y.filter((_, i) => x[i] >= at(from) && x[i] <= at(to));
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const early = mean(0, beginning);
  const late = mean(1 - ending, 1);
  const before = mean(1 - 2 * ending, 1 - ending);
  const span = Math.max(...y) - Math.min(...y);
  const change = late - early;
  const isLevel = !(Math.abs(change) > leastChange * span);
  return {
    first: { place: x[0], value: y[0] },
    last: { place: x[last], value: y[last] },
    direction: isLevel ? "level" : change < 0 ? "falls" : "rises",
    // Where there are too few points to compare, nothing is settled.
    isSettled: Math.abs(late - before) <= leastMovement * span,
  };
}
