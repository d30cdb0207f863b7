/** A method's configuration on the command line: what its keys are, and values for them. */
import { z } from "zod";
import type { ParameterSchema } from "../cluster/documents.ts";
import { UsageError } from "./failure.ts";

/** A key of a configuration, for people. */
export interface ConfigKey {
  readonly key: string;
  readonly meaning: string;
  /** Which values there are, in words. */
  readonly allowed: string;
  readonly default: unknown;
}

/** A value of a configuration, for people. */
export function configValueText(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The keys of a configuration in the order of its schema. */
export function configKeys(schema: z.ZodObject): ConfigKey[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return Object.entries(properties as Record<string, ParameterSchema>).map(([key, value]) => ({
    key,
    meaning: value.description ?? "",
    allowed: allowedValues(value),
    default: value.default,
  }));
}

/** Such as "integer from 1 to 10". */
function allowedValues(schema: ParameterSchema): string {
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.anyOf) return schema.anyOf.map(allowedValues).join(" or ");
  if (schema.type === "boolean") return "true | false";
  if (schema.type === "array") {
    const items = schema.prefixItems?.map(allowedValues).join(", ");
    return `list of ${
      items ?? (typeof schema.items === "object" ? allowedValues(schema.items) : "any values")
    }`;
  }
  if (schema.type === "number" || schema.type === "integer") {
    return [schema.type, ...limits(schema)].join(" ");
  }
  return schema.type === "string" ? "text" : schema.type ?? "any value";
}

function limits(schema: ParameterSchema): string[] {
  // Limits that only say which numbers are safe integers say nothing.
  const isLimit = (limit?: number) =>
    limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  return [
    isLimit(minimum) ? [`from ${minimum}`] : [],
    isLimit(exclusiveMinimum) ? [`above ${exclusiveMinimum}`] : [],
    isLimit(maximum) ? [`to ${maximum}`] : [],
    isLimit(exclusiveMaximum) ? [`below ${exclusiveMaximum}`] : [],
  ].flat();
}

/** A value for a key, as it was given. */
export interface Setting {
  readonly key: string;
  readonly text: string;
  /** The words that gave it, such as "--set rate=0.1", for refusals. */
  readonly words: string;
}

/**
 * What `--set key=value` says.
 * @throws {UsageError} when it is of another form
 */
export function readSetting(text: string): Setting {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined) throw new UsageError(`--set ${text}: expected key=value`);
  return { key, text: value, words: `--set ${text}` };
}

/**
 * The configuration with `settings`, of which later ones win, whole and parsed.
 * @param standardFor what differs from the schema's defaults before, for what is set
 * @throws {UsageError} naming key, value and what is allowed
 */
export function configWith(
  schema: z.ZodObject,
  standardFor: (set: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
  settings: readonly Setting[],
): Record<string, unknown> {
  const set = Object.fromEntries(
    settings.map((setting) => [setting.key, readValue(schema, setting)]),
  );
  const standard = standardFor(set);
  const checked = schema.safeParse({ ...standard, ...set });
  if (checked.success) return checked.data;
  const [{ path, message }] = checked.error.issues;
  const key = path[0];
  throw new UsageError(
    typeof key === "string" && Object.hasOwn(schema.shape, key)
      ? refusal(schema, key, `${key}=${JSON.stringify({ ...standard, ...set }[key])}`, message)
      : `the configuration is refused: ${message}`,
  );
}

/** The first reading of the text that the schema accepts. */
function readValue(schema: z.ZodObject, { key, text, words }: Setting): unknown {
  if (!Object.hasOwn(schema.shape, key)) {
    const keys = Object.keys(schema.shape).join(", ");
    throw new UsageError(`${words}: there is no key ${key}; there are ${keys}`);
  }
  const shape = schema.shape[key] as z.ZodType;
  const readings = [...jsonReadings(text), text].map((reading) => ({
    reading,
    checked: shape.safeParse(reading),
  }));
  const accepted = readings.find(({ checked }) => checked.success);
  if (accepted) return accepted.reading;
  const message = readings[0].checked.error?.issues[0].message ?? "";
  throw new UsageError(refusal(schema, key, words, message));
}

/** `text` as JSON, and as a list without its brackets. */
function jsonReadings(text: string): unknown[] {
  return [text, `[${text}]`].flatMap((candidate) => {
    try {
      return [JSON.parse(candidate)];
    } catch {
      // No JSON: then it is a text.
      return [];
    }
  });
}

/** @param words what has set the value */
function refusal(schema: z.ZodObject, key: string, words: string, message: string): string {
  const { allowed, meaning } = configKeys(schema).find((entry) => entry.key === key)!;
  return `${words}: expected ${allowed} (${meaning}); ${message}`;
}
