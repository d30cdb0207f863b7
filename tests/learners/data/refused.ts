/** How the readers' tests state what a damaged file must be told. */
import { throws } from "node:assert/strict";
import { DataError, type Place } from "../../../learners/data/data_error.ts";

/** What must be said of a file. */
export interface Complaint {
  readonly file: string;
  readonly place?: Place;
  readonly found: RegExp;
  readonly expected: RegExp;
}

/** `read` must refuse with a `DataError` that says exactly where, and what was found and expected. */
export function refuses(read: () => unknown, { file, place, found, expected }: Complaint): void {
  throws(read, (error: unknown) => {
    if (!(error instanceof DataError)) throw error;
    const fits = error.file === file && found.test(error.found) && expected.test(error.expected) &&
      JSON.stringify(error.place) === JSON.stringify(place) && error.message.startsWith(file);
    if (!fits) {
      throw new Error(`${JSON.stringify(error.place)} in "${error.message}"`, { cause: error });
    }
    return true;
  });
}
