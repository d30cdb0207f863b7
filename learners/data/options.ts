/** What the generators of random data have in common: their first options, and how values are refused. */

/** How many samples of a distribution are wanted, and which. */
export interface DrawOptions {
  /** How many. */
  readonly count: number;
  /** An integer of at least 0. */
  readonly seed: number;
  /** Which of the independent sets of this seed; `train` unless given. */
  readonly split?: string;
}

/** @throws {RangeError} naming the first of the values that is not an integer of at least 1 */
export function requireCounts(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name} ${value} is not an integer of at least 1`);
    }
  }
}

/** @throws {RangeError} naming the first of the values that is not from 0 to 1 */
export function requireShares(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value >= 0 && value <= 1)) {
      throw new RangeError(`${name} ${value} is not a number from 0 to 1`);
    }
  }
}

/** @throws {RangeError} naming the first of the values that is not a finite number above 0 */
export function requirePositive(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value > 0 && value < Infinity)) {
      throw new RangeError(`${name} ${value} is not a number above 0`);
    }
  }
}
