/**
 * Hyper-parameters as a form has them: what their schema allows, in words, and what a reader has written, as a
 * value. Of JSON Schema as much is understood as a method's configuration is written in (`ParameterSchema` of
 * cluster/documents.ts).
 */
import type { ParameterSchema } from "../../../cluster/documents.ts";

/** What comes of a text. */
export type Reading =
  | { readonly ok: true; readonly value: unknown }
  /** What is wrong with it, for whoever has written it. */
  | { readonly ok: false; readonly problem: string };

/** The values that can be chosen among; undefined where any can be written. */
export function choicesOf({ enum: values, const: only, anyOf }: ParameterSchema) {
  if (values) return values;
  if (only !== undefined) return [only];
  const parts = anyOf?.map(({ const: value, type }) => type === "null" ? null : value);
  return parts?.every((value) => value !== undefined) ? parts : undefined;
}

/** A value as a field shows it: words as they are, numbers as briefly as they go, lists without brackets. */
export function writeValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined) return "";
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) {
    return value.join(", ");
  }
  return JSON.stringify(value);
}

/** The value that `text` is, if `schema` allows it. */
export function readValue(text: string, schema: ParameterSchema): Reading {
  const readings = readingsOf(text.trim(), schema);
  const allowed = readings.find((value) => problemOf(value, schema) === undefined);
  if (allowed !== undefined) return { ok: true, value: allowed };
  const said = text.trim() === "" ? "Nothing" : text.trim();
  const problem = readings.length > 0 ? problemOf(readings[0], schema) : undefined;
  return { ok: false, problem: problem ?? `${said} is not ${writeAllowed(schema)}.` };
}

/** All that a text can mean; what is meant first, first. */
function readingsOf(text: string, schema: ParameterSchema): unknown[] {
  if (schema.type === "string") return [text];
  if (schema.type === "number" || schema.type === "integer") {
    return text !== "" && Number.isFinite(Number(text)) ? [Number(text)] : [];
  }
  const isBareList = schema.type === "array" && !text.startsWith("[");
  const json = parsed(isBareList ? `[${text}]` : text);
  return schema.type === undefined ? [...json, text] : json;
}

function parsed(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Why `schema` does not allow `value`; undefined when it does. */
export function problemOf(value: unknown, schema: ParameterSchema): string | undefined {
  const wrong = () => `${writeValue(value)} is not ${writeAllowed(schema)}.`;
  const choices = choicesOf(schema);
  if (choices) return choices.includes(value) ? undefined : wrong();
  if (schema.anyOf) {
    return schema.anyOf.some((part) => problemOf(value, part) === undefined) ? undefined : wrong();
  }
  switch (schema.type) {
    case "number":
    case "integer":
      return isNumberWithin(value, schema) ? undefined : wrong();
    case "boolean":
      return typeof value === "boolean" ? undefined : wrong();
    case "null":
      return value === null ? undefined : wrong();
    case "string":
      return isStringWithin(value, schema) ? undefined : wrong();
    case "array":
      return Array.isArray(value) ? problemOfList(value, schema) : wrong();
    case "object":
      return isRecord(value) ? problemOfRecord(value, schema) : wrong();
    case undefined:
      return undefined;
  }
}

function isNumberWithin(value: unknown, schema: ParameterSchema): boolean {
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  const { minimum = -Infinity, maximum = Infinity } = schema;
  const { exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema;
  return value >= minimum && value <= maximum &&
    value > exclusiveMinimum && value < exclusiveMaximum &&
    (schema.type === "number" || Number.isSafeInteger(value));
}

function isStringWithin(value: unknown, schema: ParameterSchema): boolean {
  if (typeof value !== "string") return false;
  const { minLength = 0, maxLength = Infinity } = schema;
  // Patterns are the server's to check: one from afar could keep this page busy for ever.
  return value.length >= minLength && value.length <= maxLength;
}

function problemOfList(values: readonly unknown[], schema: ParameterSchema): string | undefined {
  const { minItems = 0, maxItems = Infinity, prefixItems = [], items } = schema;
  if (values.length < minItems || values.length > maxItems) {
    return `${values.length} values are not ${writeAllowed(schema)}.`;
  }
  const rest = typeof items === "object" ? items : {};
  return values.map((value, index) => problemOf(value, prefixItems[index] ?? rest))
    .find((problem) => problem !== undefined);
}

function problemOfRecord(
  values: Readonly<Record<string, unknown>>,
  { properties = {} }: ParameterSchema,
): string | undefined {
  return Object.entries(values)
    .map(([name, value]) => {
      const problem = problemOf(value, properties[name] ?? {});
      return problem === undefined ? undefined : `${name}: ${problem}`;
    })
    .find((problem) => problem !== undefined);
}

/** Whether a value is an object with values by name. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a value may be, such as "a whole number from 1 to 8". */
export function writeAllowed(schema: ParameterSchema): string {
  const choices = choicesOf(schema);
  if (choices) return choices.length > 1 ? `one of ${writeList(choices)}` : writeValue(choices[0]);
  if (schema.anyOf) return schema.anyOf.map(writeAllowed).join(" or ");
  switch (schema.type) {
    case "number":
    case "integer": {
      const what = schema.type === "integer" ? "a whole number" : "a number";
      return [what, writeRange(schema)].filter(Boolean).join(" ");
    }
    case "boolean":
      return "true or false";
    case "null":
      return "null";
    case "string":
      return "a text";
    case "array":
      return writeListAllowed(schema);
    case "object":
      return "values by name, as JSON";
    case undefined:
      return "any value, as JSON";
  }
}

const writeList = (values: readonly unknown[]) => values.map(writeValue).join(", ");

/** "from 1 to 8", "above 0", "of at least 1 and below 2"; empty without limits. */
function writeRange(schema: ParameterSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (minimum !== undefined && maximum !== undefined) return `from ${minimum} to ${maximum}`;
  return [
    minimum === undefined ? "" : `of at least ${minimum}`,
    exclusiveMinimum === undefined ? "" : `above ${exclusiveMinimum}`,
    maximum === undefined ? "" : `of at most ${maximum}`,
    exclusiveMaximum === undefined ? "" : `below ${exclusiveMaximum}`,
  ].filter(Boolean).join(" and ");
}

function writeListAllowed({ items, prefixItems, minItems, maxItems }: ParameterSchema): string {
  const each = typeof items === "object" && prefixItems === undefined
    ? `, each ${writeAllowed(items)}`
    : "";
  const length = prefixItems?.length ?? (minItems === maxItems ? minItems : undefined);
  if (length !== undefined) return `a list of ${length} values${each}`;
  if (minItems !== undefined) return `a list of at least ${minItems} values${each}`;
  return `a list of values${each}`;
}
