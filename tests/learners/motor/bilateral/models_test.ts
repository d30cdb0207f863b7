/** The models of the study: their sizes, and what trains which part of them. */
import assert from "node:assert/strict";
import { cellNames } from "../../../../controllers/cells.ts";
import {
  isBilateral,
  lossesOf,
  matchedUnits,
  modelNames,
  models,
  networkOf,
  type NetworkSizes,
  parameterCount,
  type StudyModel,
} from "../../../../learners/motor/bilateral/models.ts";
import { losses } from "../../../../learners/motor/objectives.ts";

const sizes: NetworkSizes = {
  units: 32,
  layers: 2,
  callosum: "maxpool-pad",
  inputs: 16,
  outputs: 6,
  outputActivation: "sigmoid",
};

Deno.test("the formula of the number of parameters gives the paper's code's counts", () => {
  const counts = [[10, 346, 268], [20, 886, 628], [32, 1798, 1192], [64, 5638, 3400]];
  for (const [units, unilateral, bilateral] of counts) {
    assert.equal(parameterCount("unilateral", { ...sizes, units }), unilateral);
    assert.equal(parameterCount("bilateral", { ...sizes, units }), bilateral);
  }
});

Deno.test("the formula counts what the networks have, whatever their layers, cells, units and plant", () => {
  for (const layers of [1, 2, 3]) {
    for (const units of [2, 7, 32]) {
      for (const [inputs, outputs] of [[16, 6], [13, 3]]) {
        for (const hemispheres of cellNames) {
          const own = { ...sizes, layers, units, inputs, outputs, hemispheres };
          for (const model of modelNames) {
            const { kind, matched }: StudyModel = models[model];
            const counted = matched ? { ...own, units: matchedUnits(own) } : own;
            assert.equal(networkOf(model, own).layout.size, parameterCount(kind, counted), model);
          }
        }
      }
    }
  }
});

Deno.test("matched controls have just no fewer parameters: 25 units, 1231 against 1192", () => {
  assert.equal(matchedUnits(sizes), 25);
  assert.equal(networkOf("matched-a", sizes).layout.size, 1231);
  assert.equal(networkOf("bicc-spec", sizes).layout.size, 1192);
  for (const units of [8, 10, 20, 64]) {
    const own = { ...sizes, units };
    const wanted = parameterCount("bilateral", own);
    const matched = matchedUnits(own);
    assert.ok(parameterCount("unilateral", { ...own, units: matched }) >= wanted);
    assert.ok(parameterCount("unilateral", { ...own, units: matched - 1 }) < wanted);
  }
});

Deno.test("a callosum that learns does not make the matched controls larger", () => {
  const learned: NetworkSizes = { ...sizes, callosum: "learned-linear" };
  assert.equal(matchedUnits(learned), matchedUnits(sizes));
  assert.equal(networkOf("bicc-spec", learned).layout.size, 1192 + 2 * 16 * 16);
  assert.equal(networkOf("bi-spec", learned).layout.size, 1192);
});

Deno.test("only the models with a callosum have one, and only two hemispheres are specialised", () => {
  for (const model of modelNames) {
    const { streams, config } = networkOf(model, sizes);
    assert.equal(config.callosum, model.startsWith("bicc") ? "maxpool-pad" : "none", model);
    assert.equal(streams.length, isBilateral(model) ? 2 : 1, model);
    // Two losses, each of which trains one side: never a sum that is called specialised.
    assert.equal(lossesOf(model).length, model.endsWith("spec") ? 2 : 1, model);
  }
});

Deno.test("a specialised model's left half takes loss A whole, its right half B, the rest half of each", () => {
  for (const model of ["bi-spec", "bicc-spec"] as const) {
    const [a, b] = lossesOf(model);
    assert.deepEqual([a.weights, b.weights], [losses.accuracy, losses.economy]);
    assert.deepEqual(([0, 1, "shared"] as const).map(a.share), [1, 0, 0.5]);
    assert.deepEqual(([0, 1, "shared"] as const).map(b.share), [0, 1, 0.5]);
  }
});
