/** Which variants of a method a user means. */
import { combinationsOf } from "../learners/axes.ts";
import type { Method } from "../learners/method.ts";
import { UsageError } from "./failure.ts";

/** What was asked for: names of variants, or values on the method's axes, by the axes' names. */
export interface VariantWish {
  readonly names?: readonly string[];
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/**
 * The variants that are wished, each once.
 * @param standard those of the profile, where nothing is wished; on an axis of which nothing is said, their
 * values are taken
 * @throws {UsageError} when there is no such variant, naming those there are
 */
export function chosenVariants(
  method: Method,
  standard: readonly string[],
  { names, values }: VariantWish,
): string[] {
  const [axis] = values.keys();
  if (axis === undefined) return named(method, names ?? standard);
  if (!names) return combined(method, standard, values);
  throw new UsageError(`--variant names variants and --${axis} combines them; give one of the two`);
}

function named({ id, variants }: Method, names: readonly string[]): string[] {
  const unknown = names.find((name) => !Object.hasOwn(variants, name));
  if (unknown === undefined) return [...new Set(names)];
  const known = Object.keys(variants).join(", ");
  throw new UsageError(`--variant ${unknown}: ${id} has no such variant; it has ${known}`);
}

/** All combinations of the values that there are, in the order of the axes. */
function combined(
  { id, axes = [], variants }: Method,
  standard: readonly string[],
  wished: VariantWish["values"],
): string[] {
  const combinations = combinationsOf(axes);
  const usual = standard.map((variant) => combinations.get(variant))
    .filter((combination) => combination !== undefined);
  const allowed = new Map(axes.map(({ name }) => [
    name,
    new Set(wished.get(name) ?? usual.map((combination) => combination[name])),
  ]));
  const chosen = [...combinations].filter(([variant, combination]) =>
    Object.hasOwn(variants, variant) &&
    axes.every(({ name }) => allowed.get(name)!.has(combination[name]))
  );
  for (const [axis, values] of wished) {
    const idle = values.find((value) => !chosen.some(([, each]) => each[axis] === value));
    if (idle === undefined) continue;
    const others = axes.filter(({ name }) => name !== axis)
      .map(({ name }) => `${name} ${[...allowed.get(name)!].join(", ")}`).join(" and ");
    throw new UsageError(`--${axis} ${idle}: ${id} has no variant of it with ${others}`);
  }
  return chosen.map(([variant]) => variant);
}
