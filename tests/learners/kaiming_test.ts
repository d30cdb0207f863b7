/** Kaiming's initial weights. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { readyBackend } from "../../learners/nn/backend.ts";
import { fansOf, kaimingNormal, leakyReluGain } from "../../learners/nn/kaiming.ts";
import { standardDeviation } from "../../learners/statistics/descriptive.ts";
import { randomStream } from "../../sim/random.ts";

await readyBackend("cpu");

Deno.test("fans count what is summed and what is fed, a bias has none", () => {
  deepStrictEqual(fansOf([48, 2]), { fanIn: 48, fanOut: 2 });
  deepStrictEqual(fansOf([3, 3, 16, 32]), { fanIn: 144, fanOut: 288 });
  throws(() => fansOf([48]), /weights of shape \[48\] have no fans/);
});

Deno.test("the gain of LeakyReLU is √(2/(1 + slope²))", () => {
  strictEqual(leakyReluGain(0), Math.SQRT2);
  ok(Math.abs(leakyReluGain(0.01) - 1.414143) < 5e-7);
});

Deno.test("the deviation is gain/√fan, by the fan that is asked for", () => {
  for (const [mode, fan] of [["fanIn", 100], ["fanOut", 400]] as const) {
    const weights = kaimingNormal([100, 400], mode, 3, randomStream(0, mode));
    const ratio = standardDeviation([...weights.dataSync()]) / (3 / Math.sqrt(fan));
    // The standard error of 40,000 values' deviation is 0.35 %.
    ok(Math.abs(ratio - 1) < 0.015, `${mode}: ${ratio}`);
    weights.dispose();
  }
});
