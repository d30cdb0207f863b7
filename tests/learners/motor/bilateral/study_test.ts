/** The study's variants and configuration, and what it refuses. */
import assert from "node:assert/strict";
import { z } from "zod";
import { bilateral } from "../../../../learners/motor/bilateral.ts";
import {
  axes,
  studyParts,
  studySchema,
  studyVariant,
} from "../../../../learners/motor/bilateral/study.ts";
import { randomStream } from "../../../../sim/random.ts";
import { observationLayout } from "../../../../sim/sensors/observation.ts";

Deno.test("variants are every model on every task", () => {
  const names = Object.keys(bilateral.variants);
  assert.equal(names.length, 5 * 11);
  assert.deepEqual(studyVariant("hold-bicc-spec"), { task: "hold", model: "bicc-spec" });
  assert.throws(() => studyVariant("hold-three-hemispheres"), /there are reach-uni-a, /);
  assert.deepEqual(axes.map(({ name }) => name), ["tasks", "models"]);
});

Deno.test("the desk and the full experiment train on both tasks of the paper, with three seeds and more", () => {
  const { desk, full } = bilateral.profiles;
  for (const { variants, seeds } of [desk, full]) {
    const onPapersTasks = Object.keys(bilateral.variants)
      .filter((name) => name.startsWith("reach-") || name.startsWith("hold-"));
    assert.deepEqual([...variants].sort(), onPapersTasks.sort());
    assert.ok(seeds >= 3);
  }
});

Deno.test("the defaults are the released code's settings at desk scale", () => {
  const config = studySchema.parse({});
  const { updates, batch, learningRate, clipping, units, layers, epoch } = config;
  assert.deepEqual(
    [updates, batch, learningRate, clipping, units, layers, epoch],
    [2000, 64, 1e-3, 1, 32, 2, 100],
  );
  assert.deepEqual(
    [config.callosum, config.regulariser, config.merge, config.patience, config.mergeUpdates],
    ["maxpool-pad", "intended", "learned", 0, 0],
  );
  assert.deepEqual([config.arm, config.actuator, config.sensing], [
    "arm26",
    "muscles",
    "immediate",
  ]);
});

/** What a configuration is refused for: the key, and the words. */
function refusal(settings: Readonly<Record<string, unknown>>): readonly [string, string] {
  const { error } = studySchema.safeParse(settings);
  assert.ok(error instanceof z.ZodError, `${JSON.stringify(settings)} is taken`);
  const [{ path, message }] = error.issues;
  return [path.join("."), message];
}

Deno.test("a callosal model without a callosum, and an arm without the muscles asked for, are refused", () => {
  assert.equal(refusal({ callosum: "none" })[0], "callosum");
  assert.equal(refusal({ callosum: "concatenation" })[0], "callosum");
  const [key, words] = refusal({ arm: "human3" });
  assert.equal(key, "actuator");
  assert.match(words, /human3 has no muscles; expected torque/);
  studySchema.parse({ arm: "human3", actuator: "torque" });
});

Deno.test("the released regulariser needs muscles, and fixed merge weights have nothing to learn alone", () => {
  assert.equal(refusal({ regulariser: "as-released", actuator: "torque" })[0], "regulariser");
  assert.equal(refusal({ regulariser: "as-released" })[0], "rollout");
  studySchema.parse({ regulariser: "as-released", rollout: "scalar" });
  assert.equal(refusal({ merge: "fixed", mergeUpdates: 1 })[0], "mergeUpdates");
  assert.equal(refusal({ updates: 0 })[0], "updates");
  assert.equal(refusal({ units: 1 })[0], "units");
});

Deno.test("the load of a hold is not told: a controller sees body, hand and target only", () => {
  const config = studySchema.parse({});
  const { arm, actuator, task, sizes } = studyParts("hold", config);
  const layout = observationLayout(arm, actuator.muscles);
  assert.deepEqual([layout.proprioception, layout.hand, layout.target, layout.size], [
    12,
    12,
    14,
    16,
  ]);
  assert.equal(sizes.inputs, 16);
  const { load, goal, start } = task.draw(arm, randomStream(1, "tests/hold"), 64);
  assert.ok(load && load.rows.some((force) => Math.abs(force) > 5));
  assert.deepEqual(goal, start);
});

Deno.test("sensing is immediate unless asked for: 20 and 70 ms late, then with noise", () => {
  const sensing = (name: string) =>
    studyParts("reach", studySchema.parse({ sensing: name })).sensing;
  assert.ok(Object.values(sensing("immediate")).every((value) => value === 0));
  const delayed = sensing("delayed");
  assert.deepEqual([delayed.proprioceptionDelay, delayed.visionDelay], [0.02, 0.07]);
  assert.deepEqual([delayed.proprioceptionNoise, delayed.commandNoise], [0, 0]);
  assert.ok(sensing("human").visionNoise > 0);
});

Deno.test("torque arms of two and three joints have motors' commands and senses", () => {
  for (const [arm, joints] of [["arm26", 2], ["human3", 3]] as const) {
    const config = studySchema.parse({ arm, actuator: "torque" });
    const { sizes } = studyParts("reach", config);
    assert.deepEqual([sizes.inputs, sizes.outputs], [3 * joints + 4, joints]);
    assert.equal(sizes.outputActivation, "tanh");
  }
});
