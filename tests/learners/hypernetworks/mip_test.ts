/** MIP: its jobs, that go on where they were interrupted, and what they report before training. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { mip } from "../../../learners/hypernetworks/mip.ts";
import { names, roundKnobs } from "../../../learners/hypernetworks/mip_report.ts";
import { primaryNetwork } from "../../../learners/hypernetworks/payload_learner.ts";
import { benches } from "../../../learners/hypernetworks/payload_task.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { weightCount } from "../../../learners/nn/functional.ts";
import { adam } from "../../../learners/nn/optimisers.ts";
import { runJob } from "../method_job.ts";

await readyBackend("wasm");

const short = { units: 6, steps: 60, batch: 8, interval: 3, testMotions: 20 };

Deno.test("every weight and bias of the primary network is predicted: 8-48-48-2 has 2,882", () => {
  const { shapes } = primaryNetwork(benches.rods, 48);
  strictEqual(weightCount(shapes), 2882);
  strictEqual(Object.keys(shapes).length, 6);
});

Deno.test("a job reports the parameters of its size, trained θ⁰ and zero bias counted alike", async () => {
  const settings = { ...short, units: 48, steps: 2 };
  const counts: number[] = [];
  for (const variant of ["mip-sgd", "default-sgd"]) {
    counts.push((await runJob(mip, variant, settings)).result.metrics[names.parameters]);
  }
  deepStrictEqual(counts, [374_002, 373_986]);
});

Deno.test("before training ‖θ‖ grows as γ by default, and hardly at all with MIP", async () => {
  const slopes: Record<string, number> = {};
  for (const variant of ["default-sgd", "mip-sgd", "default-adam-4-knobs", "mip-adam-4-knobs"]) {
    const { result } = await runJob(mip, variant, { ...short, units: 48, steps: 2 });
    slopes[variant] = result.metrics[names.slope];
    ok(result.metrics[names.gradientSpread] >= 1);
  }
  ok(Math.abs(slopes["default-sgd"] - 1) < 1e-5, `${slopes["default-sgd"]}`);
  ok(Math.abs(slopes["default-adam-4-knobs"] - 1) < 1e-5);
  ok(Math.abs(slopes["mip-sgd"]) < 0.05, `${slopes["mip-sgd"]}`);
  ok(Math.abs(slopes["mip-adam-4-knobs"]) < 0.05);
});

Deno.test("under either optimiser a variant starts alike: weights, motions and gradients", async () => {
  const [first, second] = await Promise.all(
    ["mip-adam", "mip-sgd"].map((variant) => runJob(mip, variant, { ...short, steps: 2 })),
  );
  for (const name of [names.norm, names.gradient]) {
    deepStrictEqual(first.result.series![name], second.result.series![name]);
  }
});

for (const variant of ["mip-adam", "default-sgd", "mip-adam-batch-norm"]) {
  Deno.test(`${variant} goes on from a snapshot to the bit-equal result`, async () => {
    const undisturbed = await runJob(mip, variant, short);
    const [snapshot] = undisturbed.snapshots;
    strictEqual(snapshot.step, 30);
    const resumed = await runJob(mip, variant, short, snapshot);
    deepStrictEqual(resumed.result, undisturbed.result);
    deepStrictEqual(resumed.events, undisturbed.events.slice(10));
    deepStrictEqual(resumed.snapshots, undisturbed.snapshots.slice(1));
  });
}

Deno.test("learning lowers the error, and the arm goes round with five payloads, knob turned and held", async () => {
  const { result: { metrics, series = {} } } = await runJob(mip, "mip-adam", {
    ...short,
    steps: 300,
    interval: 50,
    batch: 32,
    units: 16,
  });
  const { y } = series[names.error];
  ok(y[y.length - 1] < y[0] / 2, `${y}`);
  strictEqual(metrics[names.error], y[y.length - 1]);
  strictEqual(metrics[names.halfway], y[2]);
  for (const name of [names.turned, names.held]) {
    deepStrictEqual(series[name].x, [...roundKnobs]);
    // Metres are squared and averaged over the rounds.
    const squares = series[name].y.map((value) => value ** 2);
    const expected = Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length);
    ok(Math.abs(metrics[name] - expected) < 1e-9 * expected);
  }
});

Deno.test("a training that diverges is reported at the largest error, without steering an arm", async () => {
  const settings = { ...short, sgdLearningRate: 1e6 };
  const { result: { metrics, series = {} } } = await runJob(mip, "mip-sgd", settings);
  strictEqual(metrics[names.error], 10);
  strictEqual(metrics[names.stepsToBound], 63);
  ok(!Object.hasOwn(metrics, names.turned) && !Object.hasOwn(series, names.turned));
});

Deno.test("a batch that γ cannot share evenly is refused", () => {
  throws(() => mip.config.parse({ batch: 10, sets: 4 }), /divided evenly/);
});

Deno.test("a job leaves no tensors behind but those that its optimiser does", async () => {
  const left = async (work: () => unknown) => {
    const before = tf.memory().numTensors;
    await work();
    return tf.memory().numTensors - before;
  };
  const byOptimiser = await left(() => adam({}).dispose());
  for (const variant of ["mip-adam", "default-sgd", "mip-adam-batch-norm"]) {
    const byJob = await left(() => runJob(mip, variant, { ...short, steps: 6 }));
    strictEqual(byJob, byOptimiser, variant);
  }
});
