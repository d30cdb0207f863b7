/** Which methods of the library a user means. */
import { findMethod, library, methodsByFamily } from "../learners/library.ts";
import type { Method } from "../learners/method.ts";
import { UsageError } from "./failure.ts";

/** The word for all methods of the library. */
export const everyMethod = "all";

/** @throws {UsageError} naming the methods there are */
export function chosenMethod(id: string): Method {
  try {
    return findMethod(id);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

/** One method, or several under a name. */
export type ChosenMethods =
  | { readonly method: Method }
  | { readonly set: string; readonly methods: readonly Method[] };

/**
 * The method, the family or the whole library that is called `name`.
 * @param methods where to look, the whole library unless told otherwise
 * @throws {UsageError} when the name means nothing, or several things
 */
export function chosenMethods(
  name: string,
  methods: readonly Method[] = library,
): ChosenMethods {
  const families = methodsByFamily(methods);
  const method = methods.find(({ id }) => id === name);
  const members = name === everyMethod ? methods : families.get(name);
  if (method && members) {
    throw new UsageError(
      `"${name}" is the name of a method and of several methods ` +
        `(${members.map(({ id }) => id).join(", ")}); one of them has to be renamed in the library`,
    );
  }
  if (method) return { method };
  if (members) return { set: name, methods: members };
  const ids = methods.map(({ id }) => id).join(", ");
  throw new UsageError(
    `no method "${name}"; there are ${ids}; the families ${[...families.keys()].join(", ")}; ` +
      `and ${everyMethod}`,
  );
}
