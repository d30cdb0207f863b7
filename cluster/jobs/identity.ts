/**
 * Who is who in the ledger: a job's id is the digest of all that decides its result, so that submitting
 * it twice makes one job; jobs with the same needs and the same priority wait in one lane.
 */
import { z } from "zod";
import { digestOf } from "../digest.ts";
import type { JobSpec, Needs } from "./records.ts";

/** A value that JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/**
 * `value` as JSON in one form only: without spaces, names sorted by their UTF-16 code units, numbers as
 * JavaScript prints them (the JSON canonicalisation scheme, RFC 8785). What is undefined is left out.
 *
 * @throws {TypeError} when JSON cannot hold `value`: NaN, an infinity, a bigint, a function
 */
export function canonicalJson(value: unknown): string {
  return write(value, "");
}

function write(value: unknown, path: string): string {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (Number.isFinite(value)) return JSON.stringify(value);
      break;
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) {
        return `[${value.map((item, index) => write(item, `${path}/${index}`)).join(",")}]`;
      }
      return writeObject(value, path);
  }
  throw new TypeError(`${path || "/"} is ${String(value)}, which JSON cannot hold`);
}

function writeObject(value: object, path: string): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`${path || "/"} is a ${value.constructor.name}; give plain objects`);
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, member]) => `${JSON.stringify(name)}:${write(member, `${path}/${name}`)}`);
  return `{${members.join(",")}}`;
}

/** `value` as the bytes of its canonical JSON. */
export function canonicalBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonicalJson(value));
}

/** The id of the job that `spec` describes: 40 hexadecimal digits. */
export function jobId(spec: JobSpec): string {
  return digestOf(canonicalJson(spec)).slice(0, 40);
}

/**
 * The lane in which hints of such jobs wait.
 * @param priority 0 … 9, 0 is taken first
 */
export function laneOf(priority: number, needs: Needs): string {
  if (!Number.isInteger(priority) || priority < 0 || priority > 9) {
    throw new RangeError(`priority ${priority} is not an integer from 0 to 9`);
  }
  return `p${priority}-${digestOf(canonicalJson(needs)).slice(0, 16)}`;
}

/**
 * The lane beside `lane` in which hints of its interrupted jobs wait, ahead of those that nobody has
 * begun: what was begun is finished first.
 */
export function resumedLane(lane: string): string {
  return `${lane}-resumed`;
}

/** The name of the job's log. */
export function jobLog(id: string): string {
  return `job.${id}`;
}

/** The id of the job whose log is called so; undefined when it is no job's. */
export function jobOfLog(name: string): string | undefined {
  return /^job\.([0-9a-f]{40})$/.exec(name)?.[1];
}

const hint = z.strictObject({ job: z.string().regex(/^[0-9a-f]{40}$/) });

/** A hint that the job waits for somebody. */
export function encodeHint(id: string): Uint8Array<ArrayBuffer> {
  return canonicalBytes({ job: id });
}

/**
 * The job's id in a hint.
 * @throws {SyntaxError | z.ZodError} when it is none
 */
export function decodeHint(payload: Uint8Array): string {
  return hint.parse(JSON.parse(new TextDecoder().decode(payload))).job;
}
