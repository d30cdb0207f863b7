/** Elementary functions in single precision against `Math`, over dense ranges. */
import assert from "node:assert/strict";
import { Code, four, i32 } from "../../sim/webassembly/code.ts";
import { cos, type Elementary, exp, sigmoid, sin, tanh } from "../../sim/webassembly/functions.ts";
import { instantiate, moduleOf } from "../../sim/webassembly/module.ts";

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

/** The function on any numbers, in single precision. */
function compiled(elementary: Elementary): (numbers: ArrayLike<number>) => Float32Array {
  const most = 1 << 16;
  const pages = 2 * most * 4 / 65536;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const code = new Code(["i32"]);
  const count = code.parameter(0, "i32");
  code.loop(i32.constant(0), count, i32.constant(16), (at) => {
    code.store(at, elementary(code, code.keep(four.load(at))), 4 * most);
  });
  const { run } = instantiate(moduleOf({ run: code }, pages), memory);
  return (numbers) => {
    assert.ok(numbers.length <= most);
    new Float32Array(memory.buffer, 0, most).set(numbers);
    run(4 * numbers.length);
    return new Float32Array(memory.buffer, 4 * most, numbers.length).slice();
  };
}

/** The largest error over numbers from `low` to `high`, evenly spaced. */
function largestError(
  actual: (numbers: ArrayLike<number>) => Float32Array,
  exact: (x: number) => number,
  [low, high]: readonly [number, number],
  relative: boolean,
): number {
  const count = 1 << 16;
  let largest = 0;
  for (const part of [0, 0.21, 0.48, 0.77]) {
    const numbers = Float32Array.from(
      { length: count },
      (_, i) => low + (high - low) * (i + part) / count,
    );
    actual(numbers).forEach((value, i) => {
      const expected = exact(numbers[i]);
      const error = Math.abs(value - expected) / (relative ? Math.abs(expected) || 1 : 1);
      largest = error <= largest ? largest : error; // a value that is no number counts, too
    });
  }
  return largest;
}

interface Case {
  readonly elementary: Elementary;
  readonly exact: (x: number) => number;
  /** Bounds of the error over ranges, as the table of functions.ts has them. */
  readonly bounds: readonly (readonly [
    range: readonly [number, number],
    bound: number,
    relative: boolean,
  ])[];
}

const cases: Readonly<Record<string, Case>> = {
  sin: {
    elementary: sin,
    exact: Math.sin,
    bounds: [
      [[-7, 7], 1.2e-7, false],
      [[-25_000, 25_000], 1.2e-7, false],
      [[-3, 3], 1.2e-7, true],
    ],
  },
  cos: {
    elementary: cos,
    exact: Math.cos,
    bounds: [
      [[-7, 7], 1.5e-7, false],
      [[-25_000, 25_000], 1.5e-7, false],
      [[-1.57, 1.57], 2e-7, true],
    ],
  },
  exp: {
    elementary: exp,
    exact: Math.exp,
    bounds: [[[-87.33, 88.72], 8.1e-8, true], [[-1, 1], 8.1e-8, true]],
  },
  tanh: {
    elementary: tanh,
    exact: Math.tanh,
    bounds: [[[-12, 12], 3.6e-7, true], [[-1e-3, 1e-3], 1.8e-7, true]],
  },
  sigmoid: {
    elementary: sigmoid,
    exact: logistic,
    bounds: [[[-86, 20], 1.5e-7, true], [[-4, 4], 1.5e-7, true]],
  },
};

for (const [name, { elementary, exact, bounds }] of Object.entries(cases)) {
  Deno.test(`${name} is as exact as its table says`, () => {
    const actual = compiled(elementary);
    for (const [range, bound, relative] of bounds) {
      const error = largestError(actual, exact, range, relative);
      assert.ok(error <= bound, `${error} over ${range.join(" to ")}, at most ${bound}`);
    }
  });

  Deno.test(`${name}: what is not a number stays so, in its own lane only`, () => {
    const [first, lost, ...rest] = compiled(elementary)([0.5, NaN, 0.5, 0.5]);
    assert.ok(Math.abs(first - exact(0.5)) < 1e-6);
    assert.deepEqual([lost, ...rest], [NaN, first, first]);
  });

  Deno.test(`${name} of a number is the same wherever it stands among others`, () => {
    const actual = compiled(elementary);
    const numbers = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i) * 20);
    const together = actual(numbers);
    numbers.forEach((number, i) => {
      assert.deepEqual([...actual([number, 1, -1, 0]).subarray(0, 1)], [together[i]], `${number}`);
      assert.deepEqual([...actual([9, 0, 3, number]).subarray(3)], [together[i]], `${number}`);
    });
  });
}

Deno.test("sin and cos of infinities are no numbers", () => {
  for (const elementary of [sin, cos]) {
    const values = compiled(elementary)([Infinity, -Infinity, 0, 0]).subarray(0, 2);
    assert.deepEqual([...values], [NaN, NaN]);
  }
});

Deno.test("exp ends at 0 and at infinity where its table says", () => {
  const [smallest, largest] = [-87.3365, 88.7228];
  const numbers = [-Infinity, -1e30, -87.34, smallest, largest, 88.73, 1e30, Infinity];
  const [none, small, belowSmallest, first, last, ...beyond] = compiled(exp)(numbers);
  assert.deepEqual([none, small, belowSmallest], [0, 0, 0]);
  for (const [value, x] of [[first, smallest], [last, largest]]) {
    assert.ok(Math.abs(value / Math.exp(Math.fround(x)) - 1) < 1e-7, `e to the ${x} is ${value}`);
  }
  assert.deepEqual(beyond, [Infinity, Infinity, Infinity]);
});

Deno.test("tanh and sigmoid come to their ends and stay there", () => {
  const numbers = [-Infinity, -100, 100, Infinity];
  assert.deepEqual([...compiled(tanh)(numbers)], [-1, -1, 1, 1]);
  const [lowest, low, ...high] = compiled(sigmoid)(numbers);
  assert.equal(lowest, low);
  assert.ok(low > 0 && low < 2e-38, `${low}`);
  assert.deepEqual(high, [1, 1]);
});
