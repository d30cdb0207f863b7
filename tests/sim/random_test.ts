/** Named random streams: reproducible, independent of each other, and of the right distribution. */
import assert from "node:assert/strict";
import { type RandomStream, randomStream } from "../../sim/random.ts";

const draws = 20_000;

const take = (count: number, draw: () => number) => Array.from({ length: count }, draw);

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean of the standardised values to the power `order`: 0, 1, 0, 3 for orders 1 to 4 of a normal. */
function standardisedMoment(values: readonly number[], order: number): number {
  const centre = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
  return mean(values.map((value) => ((value - centre) / deviation) ** order));
}

/** Pearson's correlation of paired values. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const covariance = (x: readonly number[], mx: number, y: readonly number[], my: number) =>
    mean(x.map((value, i) => (value - mx) * (y[i] - my)));
  return covariance(a, meanA, b, meanB) /
    Math.sqrt(covariance(a, meanA, a, meanA) * covariance(b, meanB, b, meanB));
}

function assertNear(actual: number, expected: number, tolerance: number, what: string) {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${what} is ${actual}, expected ${expected} ± ${tolerance}`,
  );
}

/** Every kind of draw, in a mixed order. */
const mixed = (stream: RandomStream) => [
  stream.uniform(),
  stream.normal(),
  stream.integer(1000),
  stream.normal(),
  stream.uniform(-1, 1),
];

Deno.test("a stream is a function of seed and name", () => {
  const numbers = () => mixed(randomStream(7, "training/trials/812"));
  assert.deepEqual(numbers(), numbers());
});

Deno.test("the numbers of a stream stay what they are from version to version", () => {
  // Resuming a run and repeating a published one rely on it.
  const stream = randomStream(1, "weights");
  assert.deepEqual(take(3, () => stream.uniform()), [
    0.49440266434552427,
    0.5028293360532767,
    0.5138168445995297,
  ]);
});

Deno.test("drawing from one stream does not move another", () => {
  const undisturbed = randomStream(3, "a");
  const expected = take(5, () => undisturbed.uniform());
  const stream = randomStream(3, "a");
  const other = randomStream(3, "b");
  assert.deepEqual(
    take(5, () => {
      other.normal();
      return stream.uniform();
    }),
    expected,
  );
});

Deno.test("streams of different names, or different seeds, are uncorrelated", () => {
  const numbers = (seed: number, name: string) => {
    const stream = randomStream(seed, name);
    return take(draws, () => stream.uniform());
  };
  const reference = numbers(1, "trials/1");
  // 4.5 standard errors of the correlation of independent numbers.
  const bound = 4.5 / Math.sqrt(draws);
  for (
    const [seed, name] of [[1, "trials/2"], [2, "trials/1"], [1, ""], [11, "trials/1"]] as const
  ) {
    assertNear(correlation(reference, numbers(seed, name)), 0, bound, `with ${seed}, "${name}"`);
  }
});

Deno.test("a name's digits do not run into the seed", () => {
  assert.notEqual(randomStream(1, "1/x").uniform(), randomStream(11, "/x").uniform());
  assert.notEqual(randomStream(1, "2").uniform(), randomStream(12, "").uniform());
});

Deno.test("uniform numbers fill their interval evenly", () => {
  const stream = randomStream(4, "uniform");
  const values = take(draws, () => stream.uniform(-2, 3));
  assert.ok(values.every((value) => value >= -2 && value < 3));
  assertNear(mean(values), 0.5, 4 * 5 / Math.sqrt(12 * draws), "mean");
  const bins = Array.from(
    { length: 10 },
    (_, bin) => values.filter((value) => Math.floor(2 * (value + 2)) === bin).length,
  );
  bins.forEach((count, bin) =>
    assertNear(count, draws / 10, 4 * Math.sqrt(draws * 0.09), `count of tenth ${bin}`)
  );
});

Deno.test("uniform numbers that follow each other are uncorrelated, also after a stream's start", () => {
  const bound = 4.5 / Math.sqrt(draws);
  const stream = randomStream(4, "sequence");
  const values = take(draws + 1, () => stream.uniform());
  assertNear(correlation(values.slice(1), values.slice(0, -1)), 0, bound, "within one stream");
  const starts = Array.from({ length: draws }, (_, i) => {
    const short = randomStream(4, `start/${i}`);
    return [short.uniform(), short.uniform()];
  });
  const [first, second] = [0, 1].map((at) => starts.map((pair) => pair[at]));
  assertNear(correlation(first, second), 0, bound, "first two numbers of many streams");
  assertNear(
    correlation(first.slice(1), first.slice(0, -1)),
    0,
    bound,
    "first numbers of neighbouring names",
  );
});

Deno.test("normal numbers have the moments of a normal distribution", () => {
  const stream = randomStream(5, "normal");
  const values = take(draws, () => stream.normal(10, 0.5));
  // Four standard errors each: σ/√n, and √(2/n), √(6/n), √(24/n) for the standardised moments.
  const error = (variance: number) => 4 * Math.sqrt(variance / draws);
  assertNear(mean(values), 10, 0.5 * error(1), "mean");
  assertNear(mean(values.map((value) => ((value - 10) / 0.5) ** 2)), 1, error(2), "variance");
  assertNear(standardisedMoment(values, 3), 0, error(6), "skewness");
  assertNear(standardisedMoment(values, 4), 3, error(24), "kurtosis");
});

Deno.test("normal numbers that follow each other are independent in value and in size", () => {
  // The Box-Muller transform makes them in pairs that share a radius.
  const stream = randomStream(6, "pairs");
  const values = take(draws, () => stream.normal());
  const bound = 4.5 / Math.sqrt(draws - 1);
  const [before, after] = [values.slice(0, -1), values.slice(1)];
  assertNear(correlation(before, after), 0, bound, "correlation of neighbours");
  const size = (all: readonly number[]) => all.map(Math.abs);
  assertNear(correlation(size(before), size(after)), 0, bound, "correlation of their sizes");
});

Deno.test("a normal number left over from a pair takes its own mean and deviation", () => {
  const standard = randomStream(8, "spare");
  const [, second] = [standard.normal(), standard.normal()];
  const scaled = randomStream(8, "spare");
  scaled.normal();
  assert.equal(scaled.normal(100, 2), 100 + 2 * second);
});

Deno.test("integers are uniform in 0 … count − 1", () => {
  const stream = randomStream(9, "integers");
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < draws; i++) counts[stream.integer(7)]++;
  assert.equal(counts.reduce((sum, count) => sum + count), draws, `counts ${counts}`);
  counts.forEach((count, value) =>
    assertNear(count, draws / 7, 4 * Math.sqrt(draws * 6 / 49), `count of ${value}`)
  );
});

Deno.test("a seed that is no non-negative safe integer is refused by its value", () => {
  for (const seed of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => randomStream(seed, "x"), {
      name: "RangeError",
      message: new RegExp(`^seed ${seed} is not an integer from 0`),
    });
  }
  assert.doesNotThrow(() => randomStream(Number.MAX_SAFE_INTEGER, "x"));
});
