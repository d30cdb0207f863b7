/**
 * Under which key a generated data set may be kept: a hash of everything that determines its content.
 * Equal keys mean equal data, bit for bit; whoever keeps data on disk needs nothing else.
 */
import { createHash } from "node:crypto";

/** What determines a generated data set. */
export interface DatasetRecipe {
  /** The generator's name, such as `arm-images`. */
  readonly generator: string;
  /** The generator's version: raised whenever equal parameters give other data than before. */
  readonly version: number;
  /**
   * All parameters, the seed among them: strings, finite numbers, booleans, null, arrays and plain
   * objects of those. The order of properties does not matter; properties that are undefined count as
   * absent.
   */
  readonly parameters: unknown;
}

/**
 * The key of a recipe: the generator's name and 128 bits of SHA-256 over the recipe, in hexadecimal.
 *
 * ```ts
 * import { datasetKey } from "./cache.ts";
 * datasetKey({ generator: "arm-images", version: 1, parameters: { seed: 0, count: 1600 } });
 * ```
 *
 * @throws {TypeError} when a parameter is none of the allowed kinds
 */
export function datasetKey({ generator, version, parameters }: DatasetRecipe): string {
  const recipe = canonicalJson({ generator, version, parameters }, "recipe");
  return `${generator}-${createHash("sha256").update(recipe).digest("hex").slice(0, 32)}`;
}

/** JSON with sorted properties: one text for one value. */
function canonicalJson(value: unknown, path: string): string {
  if (value === null || typeof value === "string" || typeof value === "boolean") {
    return JSON.stringify(value);
  }
  // −0 and 0 are equal to every generator.
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value + 0);
  if (Array.isArray(value)) {
    return `[${value.map((item, i) => canonicalJson(item, `${path}[${i}]`)).join()}]`;
  }
  if (isPlainObject(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined).sort(byName);
    return `{${
      entries.map(([name, item]) =>
        `${JSON.stringify(name)}:${canonicalJson(item, `${path}.${name}`)}`
      ).join()
    }}`;
  }
  throw new TypeError(
    `${path} is ${typeof value === "number" ? value : Object.prototype.toString.call(value)}; ` +
      "expected a string, a finite number, a boolean, null, or an array or plain object of those",
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
