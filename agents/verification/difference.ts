/** By how much two pieces of data differ, and where most: JSON, and numbers in typed arrays. */
import type { Tensor } from "../../learners/nn/safetensors.ts";

/** A place at which two pieces of data differ. */
export interface Difference {
  /** Such as `metrics.loss` or `3.step`; empty for the whole. */
  readonly path: string;
  readonly expected: unknown;
  readonly found: unknown;
  /**
   * Of two numbers |a − b| / max(|a|, |b|, 0.001): relative, except that small ones are measured against
   * 0.001. Infinite where one of them is no finite number, or something is missing.
   */
  readonly size: number;
}

/** Below this numbers are compared in absolute terms: noise about 0 has no scale of its own. */
const smallestScale = 1e-3;

/** The largest difference between `expected` and `found`; undefined when they are equal. */
export function largestDifference(
  expected: unknown,
  found: unknown,
  path = "",
): Difference | undefined {
  if (Object.is(expected, found)) return undefined;
  if (typeof expected === "number" && typeof found === "number") {
    return numberDifference(expected, found, path);
  }
  if (isNumbers(expected) && isNumbers(found)) return numbersDifference(expected, found, path);
  const [before, after] = [entriesOf(expected), entriesOf(found)];
  if (!before || !after) return { path, expected, found, size: Infinity };
  let largest: Difference | undefined;
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const difference = largestDifference(before.get(key), after.get(key), within(path, key));
    largest = larger(largest, difference);
  }
  return largest;
}

/** The larger of two differences, the first of equally large ones; either may be none. */
export function larger(
  first: Difference | undefined,
  second: Difference | undefined,
): Difference | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return second.size > first.size ? second : first;
}

const within = (path: string, key: string) => path === "" ? key : `${path}.${key}`;

/** Typed arrays, such as tensors have. */
type Numbers = Tensor["data"];

function isNumbers(value: unknown): value is Numbers {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** Without a path for each of the numbers, of which a tensor may have millions. */
function numbersDifference(
  expected: Numbers,
  found: Numbers,
  path: string,
): Difference | undefined {
  if (expected.length !== found.length) {
    return largestDifference(expected.length, found.length, within(path, "length"));
  }
  let [most, place] = [0, -1];
  for (let index = 0; index < expected.length; index++) {
    const size = differenceSize(expected[index], found[index]);
    if (size > most) [most, place] = [size, index];
  }
  return place < 0
    ? undefined
    : numberDifference(expected[place], found[place], within(path, String(place)));
}

function numberDifference(expected: number, found: number, path: string): Difference | undefined {
  const size = differenceSize(expected, found);
  return size === 0 ? undefined : { path, expected, found, size };
}

/** 0 of zero and negative zero too, which JSON does not tell apart. */
function differenceSize(expected: number, found: number): number {
  if (expected === found || Object.is(expected, found)) return 0;
  const scale = Math.max(Math.abs(expected), Math.abs(found), smallestScale);
  const size = Math.abs(expected - found) / scale;
  return Number.isFinite(size) ? size : Infinity;
}

/** What an object or a list holds, by name or place; undefined for anything else. */
function entriesOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return new Map(Object.entries(value));
}
