/**
 * Variants that are combinations: a method whose variants are, say, every model on every task has the axes
 * `tasks` and `models`, and a variant for each combination, called after its values: `reach-bicc-spec`.
 */

/** What variants differ in. */
export interface Axis {
  /** In the plural, such as "tasks": also the flag that chooses among its values. */
  readonly name: string;
  readonly meaning: string;
  /** What each value means, by name. */
  readonly values: Readonly<Record<string, string>>;
}

/** A variant as the value that it has on each axis, by the axes' names. */
export type Combination = Readonly<Record<string, string>>;

/** The name of the variant with these values: "reach-bicc-spec". */
export function variantName(axes: readonly Axis[], combination: Combination): string {
  return axes.map(({ name }) => combination[name]).join("-");
}

/**
 * All combinations of the axes' values by the names of their variants; the first axis varies slowest.
 * @throws {RangeError} when two have the same name: then values have to be renamed
 */
export function combinationsOf(axes: readonly Axis[]): ReadonlyMap<string, Combination> {
  const combinations = axes.reduce<Combination[]>(
    (combinations, { name, values }) =>
      combinations.flatMap((combination) =>
        Object.keys(values).map((value) => ({ ...combination, [name]: value }))
      ),
    [{}],
  );
  const named = new Map<string, Combination>();
  for (const combination of combinations) {
    const name = variantName(axes, combination);
    if (named.has(name)) {
      throw new RangeError(
        `two combinations are called ${name}: ${JSON.stringify(named.get(name))} and ` +
          `${JSON.stringify(combination)}`,
      );
    }
    named.set(name, combination);
  }
  return named;
}

/** A method's `variants`: for each combination of the axes' values what it is, by its name. */
export function variantsOf(axes: readonly Axis[]): Record<string, string> {
  return Object.fromEntries(
    combinationsOf(axes).entries().map(([variant, combination]) => {
      const meanings = axes.map(({ name, values }) => values[combination[name]]);
      return [variant, meanings.join("; ")];
    }),
  );
}
