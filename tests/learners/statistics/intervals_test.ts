import assert from "node:assert/strict";
import { mean, standardDeviation } from "../../../learners/statistics/descriptive.ts";
import { bootstrapInterval, meanInterval } from "../../../learners/statistics/intervals.ts";
import { randomStream } from "../../../sim/random.ts";

Deno.test("Student's interval of the mean is that worked out by hand", () => {
  const [low, high] = meanInterval([1, 2, 3])!;
  // 2 ± 4.3027 · 1/√3
  assert.ok(Math.abs(low - -0.4841) < 1e-4 && Math.abs(high - 4.4841) < 1e-4, `${low} … ${high}`);
  // Student's sleep data (1908): the differences of ten patients, as R's help page of t.test has them.
  const [from, to] = meanInterval([1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4])!;
  assert.deepEqual([from.toFixed(7), to.toFixed(7)], ["0.7001142", "2.4598858"]);
});

Deno.test("fewer than two values have no interval, and a confidence there cannot be is refused", () => {
  for (const interval of [meanInterval, bootstrapInterval]) {
    assert.equal(interval([1]), undefined);
    assert.equal(interval([]), undefined);
    for (const confidence of [0, 1, NaN]) {
      assert.throws(() => interval([1, 2], confidence), /RangeError: a confidence of/);
    }
  }
});

/** The means of all resamples that there are, in ascending order. */
function allResamples(values: readonly number[]): number[] {
  const sums = values.reduce<number[]>(
    (sums) => sums.flatMap((sum) => values.map((value) => sum + value)),
    [0],
  );
  return sums.map((sum) => sum / values.length).sort((a, b) => a - b);
}

Deno.test("the bootstrap's ends are those of all resamples, as far into the tails as Hesterberg goes", () => {
  const values = [0.3, 1.1, 1.4, 2.2, 2.3, 5.9];
  const means = allResamples(values);
  // Φ(−√(6/5) · 2.5706) by the printed tables.
  const tail = 0.00243;
  const [low, high] = bootstrapInterval(values)!;
  const [exactLow, exactHigh] = [tail, 1 - tail].map((share) =>
    means[Math.round(share * (means.length - 1))]
  );
  assert.ok(Math.abs(low - exactLow) < 0.06, `${low}, not ${exactLow}`);
  assert.ok(Math.abs(high - exactHigh) < 0.12, `${high}, not ${exactHigh}`);
  // A plain percentile interval would be narrower by far.
  assert.ok(low < means[Math.round(0.025 * means.length)] - 0.1);
});

Deno.test("of three values the bootstrap's interval is their range", () => {
  assert.deepEqual(bootstrapInterval([3, 1, 2.5]), [1, 3]);
  assert.deepEqual(bootstrapInterval([4, 4, 4]), [4, 4]);
});

Deno.test("the same values have the same bootstrap interval, and it moves and grows with them", () => {
  const values = [1, 4, 2, 8, 5, 7];
  const [low, high] = bootstrapInterval(values)!;
  assert.deepEqual(bootstrapInterval(values), [low, high]);
  const [movedLow, movedHigh] = bootstrapInterval(values.map((value) => 10 + 2 * value))!;
  assert.ok(Math.abs(movedLow - (10 + 2 * low)) < 1e-12);
  assert.ok(Math.abs(movedHigh - (10 + 2 * high)) < 1e-12);
});

Deno.test("of ten normal values, about 95 of 100 bootstrap intervals hold the mean", () => {
  const stream = randomStream(1, "tests/coverage");
  const samples = Array.from(
    { length: 400 },
    () => Array.from({ length: 10 }, () => stream.normal()),
  );
  const holding = samples.filter((sample) => {
    const [low, high] = bootstrapInterval(sample)!;
    return low <= 0 && 0 <= high;
  }).length;
  const coverage = holding / samples.length;
  // Three standard errors about 95 %, of which two points may be missing.
  assert.ok(coverage > 0.9 && coverage < 0.985, `${coverage}`);
  // The plain interval of ± 1.96 s/√n, which it is to be better than, holds it in 92 of 100.
  const plain =
    samples.filter((sample) =>
      Math.abs(mean(sample)) <= 1.96 * standardDeviation(sample) / Math.sqrt(10)
    ).length;
  assert.ok(holding > plain, `${holding}, not more than ${plain}`);
});
