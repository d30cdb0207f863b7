/**
 * Tests of paired differences, such as those of two variants under the same seeds: how likely is a mean, or
 * a sum of ranks, at least as far from 0, on either side, if the two do not differ?
 *
 * With n pairs the last two, which assume no distribution, cannot get below 2/2ⁿ: three seeds never show a difference at 5 %, and
 * six are the fewest that can.
 */
import { randomStream } from "../../sim/random.ts";
import { mean, standardDeviation } from "./descriptive.ts";
import { studentTails } from "./distributions.ts";

/** What a test has found. */
export interface TestResult {
  /** What the test has looked at; see each of them. */
  readonly statistic: number;
  /** The chance, 0 … 1; NaN when these differences cannot be tested. */
  readonly p: number;
}

const untestable: TestResult = { statistic: NaN, p: NaN };

/**
 * Student's paired test (Student 1908). Its statistic is t, with n − 1 degrees of freedom.
 *
 * Differences that are all alike, but not 0, are infinitely many deviations from it: t is infinite.
 * @returns NaN for fewer than two differences, and where all are 0
 */
export function studentTest(differences: readonly number[]): TestResult {
  const count = differences.length;
  if (count < 2 || differences.every((difference) => difference === 0)) return untestable;
  const error = standardDeviation(differences) / Math.sqrt(count);
  const statistic = mean(differences) / error;
  return { statistic, p: studentTails(statistic, count - 1) };
}

/**
 * Wilcoxon's signed-rank test (Wilcoxon 1945), exact. Its statistic is the sum of the ranks of the positive
 * differences. Differences of 0 are left out, and those of one size share the mean of their ranks.
 *
 * @returns NaN where all are 0
 */
export function signedRankTest(differences: readonly number[]): TestResult {
  const signed = differences.filter((difference) => difference !== 0);
  if (signed.length === 0 || signed.some(Number.isNaN)) return untestable;
  const sizes = signed.map(Math.abs);
  // Twice the ranks, which are whole numbers though ranks be shared.
  const doubled = sizes.map((size) =>
    1 + sizes.reduce((sum, other) => sum + Number(other < size) + Number(other <= size), 0)
  );
  const statistic = doubled.reduce((sum, rank, i) => signed[i] > 0 ? sum + rank / 2 : sum, 0);
  return { statistic, p: farRankSums(doubled, 2 * statistic) };
}

/** The chance that the ranks that are positive sum up to a number at least as far from half of all. */
function farRankSums(ranks: readonly number[], found: number): number {
  const whole = ranks.reduce((sum, rank) => sum + rank, 0);
  // [sum] the chance of it, if each rank is positive with a chance of one half.
  let chances = new Float64Array(whole + 1);
  chances[0] = 1;
  for (const rank of ranks) {
    chances = chances.map((chance, sum) => (chance + (sum < rank ? 0 : chances[sum - rank])) / 2);
  }
  const distance = Math.abs(found - whole / 2);
  return chances.reduce(
    (p, chance, sum) => Math.abs(sum - whole / 2) >= distance ? p + chance : p,
    0,
  );
}

/** Up to so many differences all ways to sign them are tried: a million. */
const mostTried = 20;

/** For more differences, so many ways to sign them are drawn. */
const drawn = 100_000;

/**
 * Fisher's randomisation test of paired differences (Fisher 1935, "The Design of Experiments", section 21):
 * if the two do not differ, each difference could as well have the other sign. Its statistic is the mean.
 * It is exact for up to twenty differences, and for more an estimate from 100,000 random signings, among
 * which the signs that were found are counted (Phipson & Smyth 2010).
 *
 * @returns NaN where there are no differences, or all are 0
 */
export function signFlipTest(differences: readonly number[]): TestResult {
  const count = differences.length;
  const sum = differences.reduce((sum, difference) => sum + difference, 0);
  if (Number.isNaN(sum) || differences.every((difference) => difference === 0)) return untestable;
  // The sums of one signing and another may differ by rounding alone.
  const size = differences.reduce((size, difference) => size + Math.abs(difference), 0);
  const far = Math.abs(sum) - 1e-12 * size;
  const isFar = (flips: (index: number) => boolean) => {
    const flipped = differences.reduce((sum, d, index) => flips(index) ? sum - d : sum + d, 0);
    return Math.abs(flipped) >= far;
  };
  const statistic = sum / count;
  if (count > mostTried) {
    const stream = randomStream(0, `statistics/signs/${count}`);
    const found = countOf(drawn, () => isFar(() => stream.uniform() < 0.5));
    return { statistic, p: (1 + found) / (1 + drawn) };
  }
  const found = countOf(2 ** count, (signs) => isFar((index) => (signs >> index & 1) === 1));
  return { statistic, p: found / 2 ** count };
}

/** How many of the numbers below `end` are such. */
function countOf(end: number, isSuch: (index: number) => boolean): number {
  let found = 0;
  for (let index = 0; index < end; index++) if (isSuch(index)) found++;
  return found;
}
