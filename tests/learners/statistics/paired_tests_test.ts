import assert from "node:assert/strict";
import {
  signedRankTest,
  signFlipTest,
  studentTest,
} from "../../../learners/statistics/paired_tests.ts";

/** How much longer ten patients slept with one drug than with another, h (Student 1908). */
const sleep = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4];

/**
 * By how much cross-fertilised maize was taller than self-fertilised, 15 pairs in eighths of an inch
 * (Darwin 1876), the example of Fisher's "The Design of Experiments" (1935, sections 17 and 21).
 */
const maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];

/** How a score of depression fell with a tranquilliser, nine patients (Hollander & Wolfe 1973, table 3.1). */
const depression = [
  [1.83, 0.878],
  [0.5, 0.647],
  [1.62, 0.598],
  [2.48, 2.05],
  [1.68, 1.06],
  [1.88, 1.29],
  [1.55, 1.06],
  [3.06, 3.14],
  [1.3, 1.29],
].map(([before, after]) => before - after);

Deno.test("Student's test finds what is printed of Student's and of Darwin's data", () => {
  const { statistic, p } = studentTest(sleep);
  assert.deepEqual([statistic.toFixed(4), p.toFixed(6)], ["4.0621", "0.002833"]);
  const ofMaize = studentTest(maize);
  assert.deepEqual([ofMaize.statistic.toFixed(3), ofMaize.p.toFixed(4)], ["2.148", "0.0497"]);
});

Deno.test("the randomisation of signs finds Fisher's 1726 of 32768 ways", () => {
  const { statistic, p } = signFlipTest(maize);
  assert.equal(statistic, 314 / 15);
  assert.equal(p, 1726 / 32768);
});

Deno.test("Wilcoxon's test finds what is printed of two samples without ties", () => {
  const ofDepression = signedRankTest(depression);
  assert.equal(ofDepression.statistic, 40);
  // Twice the one-sided 0.019 of Hollander & Wolfe, which is 5/256 in full.
  assert.equal(ofDepression.p, 10 / 256);
  const ofMaize = signedRankTest(maize);
  assert.deepEqual([ofMaize.statistic, ofMaize.p.toFixed(5)], [96, "0.04126"]);
});

/** The chance of a statistic as far from its mean, by trying all signs. */
function byAllSigns(sizes: readonly number[], statistic: number): number {
  const sums = sizes.reduce<number[]>((sums, size) => sums.flatMap((sum) => [sum, sum + size]), [
    0,
  ]);
  const middle = sizes.reduce((sum, size) => sum + size, 0) / 2;
  const far = Math.abs(statistic - middle);
  return sums.filter((sum) => Math.abs(sum - middle) >= far).length / sums.length;
}

Deno.test("with ties and zeros Wilcoxon's test is that of shared ranks, without the zeros", () => {
  const { statistic, p } = signedRankTest([1, 0, -1, 1, 3, -5, 2, 0, 3]);
  // Sizes 1 1 1 2 3 3 5 have the ranks 2 2 2 4 5.5 5.5 7; those of 1, 1, 3, 2 and 3 are positive.
  assert.equal(statistic, 19);
  assert.equal(p, byAllSigns([2, 2, 2, 4, 5.5, 5.5, 7], 19));
});

Deno.test("a test has no side, and does not ask for the unit", () => {
  for (const test of [studentTest, signFlipTest, signedRankTest]) {
    const { p } = test(sleep);
    const other = test(sleep.map((difference) => -60 * difference)).p;
    assert.ok(Math.abs(other / p - 1) < 1e-9, `${test.name}: ${p} and ${other}`);
  }
});

Deno.test("with n pairs that agree the exact tests find 2 of 2ⁿ ways", () => {
  for (const count of [1, 3, 6]) {
    const differences = Array.from({ length: count }, (_, index) => 0.1 + index);
    assert.equal(signFlipTest(differences).p, 2 / 2 ** count);
    assert.equal(signedRankTest(differences).p, 2 / 2 ** count);
  }
});

Deno.test("of many pairs the randomisation is drawn, the same every time, and near Student's test", () => {
  // Thirty pairs: Darwin's twice, as far as the tests go.
  const many = [...maize, ...maize.map((difference) => difference - 12)];
  const { p } = signFlipTest(many);
  assert.equal(signFlipTest(many).p, p);
  const { p: student } = studentTest(many);
  assert.ok(Math.abs(Math.log(p / student)) < 0.25, `${p} and ${student}`);
  const agreeing = signFlipTest(Array.from({ length: 40 }, () => 1));
  assert.equal(agreeing.p, 1 / 100_001);
});

Deno.test("what cannot be tested has no p-value", () => {
  for (const test of [studentTest, signFlipTest, signedRankTest]) {
    for (const differences of [[], [0, 0, 0], [1, NaN, 2]]) {
      assert.ok(Number.isNaN(test(differences).p), `${test.name} of ${differences}`);
    }
  }
  assert.ok(Number.isNaN(studentTest([1]).p));
  // Differences that are all alike leave no doubt to Student.
  assert.deepEqual(studentTest([2, 2, 2]), { statistic: Infinity, p: 0 });
});
