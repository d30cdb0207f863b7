/** A configuration as lines: what is nested is named by its path. */

/** A value and where it stands, such as "optimiser.learningRate". */
export interface ConfigurationEntry {
  readonly name: string;
  readonly value: string;
}

/** The entries of `configuration`, in its order; lists of plain values are one entry. */
export function configurationEntries(
  configuration: Readonly<Record<string, unknown>>,
  path: readonly string[] = [],
): ConfigurationEntry[] {
  return Object.entries(configuration).flatMap(([key, value]) => {
    const place = [...path, key];
    if (isRecord(value) && Object.keys(value).length > 0) return configurationEntries(value, place);
    return [{ name: place.join("."), value: writeValue(value) }];
  });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function writeValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) {
    return value.join(", ");
  }
  return JSON.stringify(value);
}
