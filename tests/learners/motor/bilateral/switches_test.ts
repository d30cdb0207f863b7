/** Every switch of the study trains, tests, and makes a difference. */
import assert from "node:assert/strict";
import { bilateral } from "../../../../learners/motor/bilateral.ts";
import { metricNames } from "../../../../learners/motor/bilateral/metrics.ts";
import { runJob, small } from "./support.ts";

const plain = runJob("reach-bicc-spec");

const switches: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "identity callosum": { callosum: "identity" },
  "callosum that learns": { callosum: "learned-linear" },
  "gated recurrent hemispheres": { hemispheres: "gru" },
  "gated recurrent hemispheres told late and with noise": { hemispheres: "gru", sensing: "human" },
  "as-released regulariser": { regulariser: "as-released", rollout: "scalar" },
  "fixed merge weights": { merge: "fixed" },
  "merge alone, afterwards": { mergeUpdates: 2 },
  "one layer": { layers: 1 },
  "three layers": { layers: 3 },
  "more units": { units: 10 },
  "other batch": { batch: 5 },
  "other learning rate": { learningRate: 3e-3 },
  "tighter clipping": { clipping: 0.01 },
  "late senses": { sensing: "delayed" },
  "late and noisy senses": { sensing: "human" },
  "torque motors": { actuator: "torque" },
  "three joints": { arm: "human3", actuator: "torque" },
};

for (const [name, change] of Object.entries(switches)) {
  Deno.test(`${name}: the job has a result of its own`, async () => {
    const { result: { metrics } } = await runJob("reach-bicc-spec", { ...small, ...change });
    assert.ok(Object.values(metrics).every(Number.isFinite));
    const { result: { metrics: usual } } = await plain;
    assert.notEqual(metrics.finalError, usual.finalError);
    assert.equal(metrics[metricNames.nonFinite], 0);
  });
}

Deno.test("in double precision the result is about that in single precision", async () => {
  const { result: { metrics: single } } = await plain;
  const { result: { metrics: double } } = await runJob("reach-bicc-spec", {
    ...small,
    rollout: "scalar",
  });
  assert.notEqual(double.finalError, single.finalError);
  assert.ok(Math.abs(double.finalError / single.finalError - 1) < 1e-3);
  assert.ok(Math.abs(double.effort / single.effort - 1) < 1e-3);
});

Deno.test("fixed merge weights end at one half, learned ones do not", async () => {
  const merged = async (merge: string) => {
    const { result: { metrics } } = await runJob("hold-bi-bal", { ...small, merge });
    return [metrics[metricNames.mergeLeft], metrics[metricNames.mergeRight]];
  };
  assert.deepEqual(await merged("fixed"), [0.5, 0.5]);
  for (const weight of await merged("learned")) assert.notEqual(weight, 0.5);
});

Deno.test("a force field is one more task, with measures of adaptation", async () => {
  const { result: { metrics } } = await runJob("curl-field-uni-a", { ...small, testTrials: 8 });
  assert.ok(Number.isFinite(metrics.adaptationIndex));
  assert.ok(Number.isFinite(metrics[metricNames.inCannon("nullFieldDeviation")]));
});

Deno.test("a result says how many updates, units and parameters it stands for", async () => {
  const { result: { metrics } } = await runJob("reach-matched-b");
  assert.equal(metrics[metricNames.updates], 6);
  assert.equal(metrics[metricNames.units], 7);
  assert.equal(metrics[metricNames.parameters], 223);
  assert.ok(!(metricNames.specialisation in metrics));
});

Deno.test("the method is of the motor family, and its summary fits a line", () => {
  assert.deepEqual([bilateral.id, bilateral.card, bilateral.family], ["bilateral", "01", "motor"]);
  assert.ok(bilateral.summary.length < 100);
});
