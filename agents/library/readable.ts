/** Numbers to be read. */

/** A number with four significant digits. */
export function readable(value: number): string {
  if (!Number.isFinite(value)) return "not a number";
  const rounded = Number(value.toPrecision(4));
  const isExtreme = rounded !== 0 && (Math.abs(rounded) >= 1e6 || Math.abs(rounded) < 1e-4);
  return isExtreme ? rounded.toExponential() : String(rounded);
}
