/** Which units the callosum connects. */

/**
 * From where in the other hemisphere's layer a unit receives: a unit's index, halves lying between two
 * units, or nothing where it never receives.
 *
 * The pooling callosum takes the larger of each pair of neighbours and hands the results to the last
 * half of the units; the others connect like with like.
 */
export function callosalSource(callosum: string, unit: number, units: number): number | undefined {
  if (callosum === "none" || callosum === "") return undefined;
  if (!callosum.startsWith("maxpool")) return unit;
  const pairs = Math.floor(units / 2);
  const pair = unit - (units - pairs);
  return pair < 0 ? undefined : 2 * pair + 0.5;
}
