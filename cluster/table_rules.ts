/** What a table takes, on every backbone. */
import { BackboneError } from "./backbone.ts";

/** The largest value, bytes. */
export const largestValue = 512 * 1024;

/**
 * @param table names it in the error
 * @throws {RangeError} when `key` is no key of a table
 */
export function requireKey(table: string, key: string): void {
  if (/^[A-Za-z0-9_=-][A-Za-z0-9_.=-]{0,199}$/.test(key) && !key.endsWith(".")) return;
  throw new RangeError(
    `${table}: key ${JSON.stringify(key.slice(0, 210))}: ` +
      `expected 1 to 200 letters, digits, "-", "_", "=", or "." in between`,
  );
}

/**
 * @param what names the value in the error
 * @throws {BackboneError} "too-large" when `value` does not fit
 */
export function requireFits(what: string, value: Uint8Array): void {
  if (value.length <= largestValue) return;
  throw new BackboneError(
    "too-large",
    `${what}: ${value.length} bytes, at most ${largestValue} fit; keep it as a blob, and its digest here`,
  );
}
