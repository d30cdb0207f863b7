/** A training, or what it has trained, that has run off to numbers that are not finite. */
export class DivergenceError extends Error {
  override readonly name = "DivergenceError";

  /** @param what what is no longer finite, and since when */
  constructor(what: string) {
    super(`${what}; lower --learning-rate`);
  }
}
