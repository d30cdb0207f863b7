/** How measures are written where several runs stand side by side. */
import { isKnownMeasure, significant, writeMeasure } from "../measures.ts";

/** The measure's name, with the unit in which its amounts are written. */
export function writeName(measure: string): string {
  if (!isKnownMeasure(measure)) return measure;
  const { label, unit } = writeMeasure(measure, 0);
  return unit ? `${label} (${unit})` : label;
}

/** An amount of a measure, without its unit. */
export function writeAmount(measure: string, amount: number): string {
  if (isKnownMeasure(measure)) return writeMeasure(measure, amount).value;
  const magnitude = Math.abs(amount);
  // Steps and sizes are read as whole numbers.
  return magnitude >= 1000 && magnitude < 1e9
    ? Math.round(amount).toLocaleString("en").replace("-", "−")
    : significant(amount);
}

/** "[0.91, 0.93]", or nothing where there is no interval. */
export const writeInterval = (
  measure: string,
  interval: readonly [low: number, high: number] | undefined,
): string => interval ? `[${interval.map((end) => writeAmount(measure, end)).join(", ")}]` : "";

/** A difference, with its sign. */
export function writeDifference(measure: string, amount: number): string {
  const text = writeAmount(measure, amount);
  return amount > 0 ? `+${text}` : text;
}
