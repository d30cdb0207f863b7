/**
 * Snapshots of a job as safetensors files. Tensors stand under their own names; the metadata holds the
 * number of steps done and the other values as JSON.
 *
 * JSON knows neither NaN nor infinities nor a negative zero, which a resumed job must find again: such
 * a number is written as `{ "$number": "NaN" }`.
 */
import type { Snapshot } from "../../learners/method.ts";
import { decodeSafetensors, encodeSafetensors } from "../../learners/nn/safetensors.ts";

const format = "callosum-snapshot-1";

/** The file is a safetensors file, but not a snapshot of a job. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
}

/**
 * The file that holds a snapshot. Equal snapshots give equal bytes, which share no memory with it.
 * @throws {TypeError} when a value is not of JSON, naming where it stands
 * @throws {RangeError} when the steps are no count, or a tensor's shape does not fit its data
 */
export function encodeSnapshot({ step, tensors, values }: Snapshot): Uint8Array<ArrayBuffer> {
  if (!isCount(step)) throw new RangeError(`a snapshot after ${step} steps; expected a count`);
  return encodeSafetensors(tensors, {
    format,
    step: String(step),
    ...values === undefined ? {} : { values: JSON.stringify(toJson(values, "values")) },
  });
}

/**
 * The snapshot in `bytes`.
 * @throws {SafetensorsError} when the bytes are no safetensors file
 * @throws {SnapshotError} when they are not a snapshot
 */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const { tensors, metadata: { values, ...metadata } } = decodeSafetensors(bytes);
  const step = /^\d+$/.test(metadata.step ?? "") ? Number(metadata.step) : NaN;
  if (metadata.format !== format || !isCount(step)) {
    const found = JSON.stringify(metadata);
    throw new SnapshotError(`metadata ${found} is not that of a ${format} file`);
  }
  return { step, tensors, ...values === undefined ? {} : { values: parseValues(values) } };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function parseValues(text: string): unknown {
  try {
    return fromJson(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SnapshotError(`the values of the snapshot are no JSON: ${reason}`, { cause });
  }
}

/** Stands for a number that JSON does not have. */
const numberKey = "$number";

function isJsonNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function toJson(value: unknown, path: string): unknown {
  if (typeof value === "number") {
    if (isJsonNumber(value)) return value;
    return { [numberKey]: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map((entry, index) => toJson(entry, `${path}[${index}]`));
  if (isPlainObject(value) && !Object.hasOwn(value, numberKey)) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, entry]) => entry !== undefined)
        .map(([key, entry]) => [key, toJson(entry, `${path}.${key}`)]),
    );
  }
  const kind = typeof value === "object" ? value?.constructor?.name : typeof value;
  throw new TypeError(
    `${path} of the snapshot is ${
      kind === "Object" ? `an object with ${numberKey}` : `a ${kind}`
    }; ` +
      "expected numbers, texts, booleans, null, arrays and plain objects (tensors go into `tensors`)",
  );
}

function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson);
  if (!isPlainObject(value)) return value;
  if (typeof value[numberKey] === "string") return Number(value[numberKey]);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, fromJson(entry)]));
}
