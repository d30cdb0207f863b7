/** Which method of the library a user means. */
import { findMethod } from "../learners/library.ts";
import type { Method } from "../learners/method.ts";
import { UsageError } from "./failure.ts";

/** @throws {UsageError} naming the methods there are */
export function chosenMethod(id: string): Method {
  try {
    return findMethod(id);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}
