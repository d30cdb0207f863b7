import assert from "node:assert/strict";
import {
  logGamma,
  normalBelow,
  studentBound,
  studentTails,
} from "../../../learners/statistics/distributions.ts";

Deno.test("Student's bounds are those of the printed tables", () => {
  // Two-sided, from the NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
  const table: readonly (readonly [confidence: number, degrees: number, bound: number])[] = [
    [0.95, 1, 12.706],
    [0.95, 2, 4.303],
    [0.95, 3, 3.182],
    [0.95, 4, 2.776],
    [0.95, 9, 2.262],
    [0.95, 10, 2.228],
    [0.95, 99, 1.984],
    [0.99, 2, 9.925],
    [0.99, 7, 3.499],
    [0.8, 6, 1.44],
  ];
  for (const [confidence, degrees, bound] of table) {
    const computed = studentBound(confidence, degrees);
    assert.ok(Math.abs(computed - bound) < 6e-4, `${confidence}, ${degrees}: ${computed}`);
  }
});

Deno.test("Student's tails are what the bounds leave, and keep their digits far out", () => {
  for (const degrees of [1, 2, 9, 40]) {
    assert.ok(Math.abs(studentTails(studentBound(0.95, degrees), degrees) - 0.05) < 1e-7);
    assert.equal(studentTails(0, degrees), 1);
    assert.equal(studentTails(Infinity, degrees), 0);
    assert.equal(studentTails(-1.5, degrees), studentTails(1.5, degrees));
  }
  // With one degree of freedom they are 2/π · atan(1/t), with two 1 − t/√(2 + t²).
  const relative = (value: number, exact: number) => Math.abs(value / exact - 1);
  assert.ok(relative(studentTails(1e6, 1), 2 / Math.PI * Math.atan(1e-6)) < 1e-7);
  assert.ok(relative(studentTails(1000, 2), 1e-6 - 1.5e-12) < 1e-6);
});

Deno.test("the normal distribution and the gamma function have their known values", () => {
  assert.equal(normalBelow(0), 0.5);
  assert.ok(Math.abs(normalBelow(-1.959963985) - 0.025) < 1e-9);
  assert.ok(Math.abs(normalBelow(3) - 0.9986501020) < 1e-9);
  assert.ok(Math.abs(logGamma(5) - Math.log(24)) < 1e-12);
  assert.ok(Math.abs(logGamma(0.5) - Math.log(Math.PI) / 2) < 1e-12);
});

Deno.test("a confidence or a number of degrees that there cannot be is refused", () => {
  for (const confidence of [0, 1, NaN]) {
    assert.throws(() => studentBound(confidence, 2), RangeError);
  }
  for (const degrees of [0, 1.5, NaN]) {
    assert.throws(() => studentBound(0.95, degrees), RangeError);
    assert.throws(() => studentTails(1, degrees), RangeError);
  }
});
