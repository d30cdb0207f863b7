/** How the numbers of results are written. */

const unknown = "–";

/** With so many decimals, else with four digits that count; without an exponent where that is readable. */
export function writeNumber(value: number, decimals?: number): string {
  if (!Number.isFinite(value)) return unknown;
  return minus(
    decimals === undefined ? String(Number(value.toPrecision(4))) : value.toFixed(decimals),
  );
}

/** With three digits that count: what is read at a glance. */
export function writeBriefly(value: number): string {
  if (!Number.isFinite(value)) return unknown;
  const magnitude = Math.abs(value);
  // Digits before the point are said, whether they count or not.
  return minus(magnitude >= 1000 && magnitude < 1e6 ? value.toFixed(0) : value.toPrecision(3));
}

/** A chance, such as "0.023"; very small ones only by their bound. */
export function writeProbability(p: number): string {
  if (Number.isNaN(p)) return unknown;
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

/** With a true minus sign, also in exponents. */
const minus = (text: string) => text.replaceAll("-", "−");
