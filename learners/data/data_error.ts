/** What is said about a file that is missing, wrong or cut short. */

/** Where in a file: a byte counted from 0 (of the uncompressed content), or a line counted from 1. */
export type Place = { readonly byte: number } | { readonly line: number };

/** A data file is not what it should be. */
export class DataError extends Error {
  override readonly name = "DataError";

  /**
   * @param file the file's name
   * @param place where in it, or undefined for the file as a whole
   * @param found what is there
   * @param expected what should be there, or what to do
   */
  constructor(
    readonly file: string,
    readonly place: Place | undefined,
    readonly found: string,
    readonly expected: string,
    options?: ErrorOptions,
  ) {
    super(`${file}${describe(place)}: found ${found}, expected ${expected}`, options);
  }
}

function describe(place: Place | undefined): string {
  if (place === undefined) return "";
  return "byte" in place ? `, byte ${place.byte}` : `, line ${place.line}`;
}
