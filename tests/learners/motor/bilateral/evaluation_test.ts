/** The test of a trained controller: the same numbers however they are measured, lesions, floors. */
import assert from "node:assert/strict";
import { lesions } from "../../../../controllers/lesions.ts";
import { networkController } from "../../../../controllers/network_controller.ts";
import {
  lesionsOf,
  lesionStudy,
  type TestBench,
  testController,
  testFloor,
} from "../../../../learners/motor/bilateral/evaluation.ts";
import { metricNames } from "../../../../learners/motor/bilateral/metrics.ts";
import { networkOf } from "../../../../learners/motor/bilateral/models.ts";
import {
  studyParts,
  studySchema,
  type StudyTask,
} from "../../../../learners/motor/bilateral/study.ts";
import { recordTrials } from "../../../../learners/motor/evaluation/evaluator.ts";
import { finalError } from "../../../../sim/measures/accuracy.ts";
import { effort } from "../../../../sim/measures/effort.ts";
import { randomStream } from "../../../../sim/random.ts";

function benchOf(task: StudyTask, settings: Readonly<Record<string, unknown>> = {}): TestBench {
  const parts = studyParts(task, studySchema.parse({ units: 8, ...settings }));
  const stream = randomStream(1, "tests/trials");
  return { parts, trials: parts.task.draw(parts.arm, stream, 12), transferTrials: 3 };
}

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} ≠ ${expected}`);

const average = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

for (const task of ["reach", "hold"] as const) {
  Deno.test(`${task}: errors and efforts under lesions are the measures of the lesioned trials`, () => {
    const bench = benchOf(task);
    const network = networkOf("bicc-bal", bench.parts.sizes);
    const weights = network.initialWeights(1);
    const study = lesionStudy(bench, network, weights);
    assert.equal(Object.keys(study).length, 2 * 7 + 2);
    for (const lesion of lesionsOf(network)) {
      const records = recordTrials(
        { ...bench.parts, engine: "equations" },
        (arms) => networkController(network, weights, arms, lesions[lesion]),
        bench.trials,
      );
      close(study[metricNames.lesion(lesion, "finalError")], average(records.map(finalError)));
      close(study[metricNames.lesion(lesion, "effort")], average(records.map(effort)));
    }
  });
}

Deno.test("S and D are positive when the left half drives and is needed", () => {
  const bench = benchOf("reach");
  const network = networkOf("bi-bal", bench.parts.sizes);
  const weights = new Float64Array(network.layout.size);
  const { merge, output, streams } = network.tensors(weights);
  // The left half drives all muscles, the right one none.
  streams[0][1].bias.fill(2);
  streams[1][1].bias.fill(-2);
  merge.forEach((weight) => weight[0] = 1);
  output.kernel.fill(1);
  const study = lesionStudy(bench, network, weights);
  assert.ok(study[metricNames.specialisation] > 2);
  const [left, right] = (["low-left", "low-right"] as const).map((lesion) =>
    study[metricNames.lesion(lesion, "finalError")]
  );
  close(study[metricNames.dominance], (left - right) / (left + right));
  const [leftEffort, rightEffort] = (["low-left", "low-right"] as const).map((lesion) =>
    study[metricNames.lesion(lesion, "effort")]
  );
  close(study[metricNames.specialisation], Math.log(rightEffort / leftEffort));
});

Deno.test("a lesion needs what it cuts: none of one network, none of a callosum that there is not", () => {
  const { sizes } = benchOf("reach").parts;
  assert.deepEqual(lesionsOf(networkOf("uni-a", sizes)), []);
  const ofHemispheres = ["low-left", "low-right", "high-left", "high-right"];
  assert.deepEqual(lesionsOf(networkOf("bi-spec", sizes)), ofHemispheres);
  const ofCallosum = ["cc", "cc-left", "cc-right"];
  assert.deepEqual(lesionsOf(networkOf("bicc-spec", sizes)), [...ofHemispheres, ...ofCallosum]);
  const bench = benchOf("reach");
  const network = networkOf("matched-bal", sizes);
  assert.deepEqual(lesionStudy(bench, network, network.initialWeights(1)), {});
});

Deno.test("the trials in cannon-es are the first ones of the same, and at most all", () => {
  const bench = benchOf("hold");
  const network = networkOf("uni-a", bench.parts.sizes);
  const weights = network.initialWeights(1);
  const control = (arms: number) => networkController(network, weights, arms);
  const { metrics } = testController(bench, control);
  assert.equal(metrics[metricNames.transferredTrials], 3);
  const firstErrors = (engine: "equations" | "cannon") =>
    average(
      recordTrials({ ...bench.parts, engine }, control, bench.trials).slice(0, 3).map(finalError),
    );
  close(metrics[metricNames.inCannon("finalError")], firstErrors("cannon"));
  close(metrics[metricNames.transferRatio], firstErrors("cannon") / firstErrors("equations"));
  const all = testController({ ...bench, transferTrials: 99 }, control).metrics;
  assert.equal(all[metricNames.transferredTrials], 12);
});

Deno.test("ten trials are kept, the same under every controller, to a hundredth of a millimetre", () => {
  const bench = benchOf("hold");
  const kept = (model: "uni-a" | "bicc-spec") => {
    const network = networkOf(model, bench.parts.sizes);
    const weights = network.initialWeights(1);
    return testController(bench, (arms) => networkController(network, weights, arms)).series;
  };
  const [one, two] = [kept("uni-a"), kept("bicc-spec")];
  assert.deepEqual(one[metricNames.goals], two[metricNames.goals]);
  assert.deepEqual(one[metricNames.loads], two[metricNames.loads]);
  assert.equal(one[metricNames.loads].x.length, 10);
  assert.equal(metricNames.handPath(10) in one, false);
  const { start } = bench.trials;
  for (let trial = 0; trial < 10; trial++) {
    const { x, y } = one[metricNames.handPath(trial)];
    assert.deepEqual([x.length, y.length], [51, 51]);
    assert.ok(Math.abs(x[0] - start[trial]) <= 5e-6 && Math.abs(y[0] - start[12 + trial]) <= 5e-6);
    assert.notDeepEqual(two[metricNames.handPath(trial)], { x, y });
  }
  const activation = one[metricNames.activation("biceps")];
  assert.equal(activation.x.length, 10 * 50);
  assert.deepEqual([activation.x[0], activation.x[49], activation.x[50]], [0.01, 0.5, 0.01]);
  assert.ok(activation.y.every((value) => value >= 0 && value <= 1));
  const text = JSON.stringify(one);
  assert.ok(text.length < 60_000, `${text.length} bytes are lean`);
  assert.deepEqual(JSON.parse(text), one);
});

for (const [task, expected] of [["reach", 0.36], ["hold", 0.39]] as const) {
  Deno.test(`${task}: the floor is the best of seven constant commands, near the reference run's`, () => {
    const bench = { ...benchOf(task), transferTrials: 1 };
    const { parts } = bench;
    const trials = parts.task.draw(parts.arm, randomStream(1, "tests/floor"), 128);
    const { metrics } = testFloor({ ...bench, trials });
    const minimal = metrics[metricNames.minimalCommandError];
    assert.ok(metrics.finalError <= minimal);
    assert.ok(Math.abs(metrics.finalError - expected) < 0.05, `${metrics.finalError} m`);
    assert.ok(Math.abs(metrics.effort - metrics[metricNames.command] ** 2) < 1e-12);
    const isReach = task === "reach";
    assert.equal(metrics[metricNames.distance] > 0.3, isReach, "a hold has its goal at its start");
  });
}

Deno.test("torque arms are tested as well: activations are commands then, and lesions have an effort", () => {
  const bench = benchOf("reach", { arm: "human3", actuator: "torque" });
  const network = networkOf("bi-spec", bench.parts.sizes);
  const weights = network.initialWeights(1);
  const { metrics, series } = testController(
    bench,
    (arms) => networkController(network, weights, arms),
  );
  assert.ok(Object.values(metrics).every(Number.isFinite));
  assert.equal(metrics.rootMeanSquareForce, undefined, "motors have no muscle force");
  assert.ok(series[metricNames.activation("wrist")].y.some((command) => command !== 0));
  const study = lesionStudy(bench, network, weights);
  assert.ok(Object.values(study).every(Number.isFinite));
});

Deno.test("the senses of the study are those of the test", () => {
  const finalErrors = ["immediate", "delayed", "human"].map((sensing) => {
    const bench = benchOf("reach", { sensing });
    const network = networkOf("uni-a", bench.parts.sizes);
    const weights = network.initialWeights(1);
    return testController(bench, (arms) => networkController(network, weights, arms)).metrics
      .finalError;
  });
  assert.equal(new Set(finalErrors).size, 3);
});
