/** The tasks on the sphere: where their points are, what can be known of them. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { agreement } from "../../../learners/kernel_machines/decisions.ts";
import { requireOnSphere } from "../../../learners/kernel_machines/points.ts";
import { sphereTask, taskMeanings, type TaskName } from "../../../learners/theory/sphere_tasks.ts";
import { randomStream } from "../../../sim/random.ts";

const task = (name: TaskName, train = 60, test = 40, seed = 1) =>
  sphereTask(name, { train, test, imageSize: 8 }, {
    seed,
    stream: (part) => randomStream(seed, part),
  });

const names = Object.keys(taskMeanings) as TaskName[];

Deno.test("points are on the sphere, and no coordinate is negative", () => {
  for (const name of names) {
    const { train, test } = task(name);
    for (const { points, labels, classes } of [train, test]) {
      requireOnSphere(points);
      ok(points.values.every((value) => value >= 0), name);
      ok(labels.every((label) => label >= 0 && label < classes));
    }
  }
});

Deno.test("the dimension is one less than the numbers, or estimated within them", () => {
  const dimensions = Object.fromEntries(names.map((name) => [name, task(name, 200).dimension]));
  const { poses, ...known } = dimensions;
  deepStrictEqual(known, {
    "simplex-2": 1,
    "simplex-3": 2,
    "simplex-5": 4,
    "simplex-9": 8,
    "checkerboard": 1,
  });
  ok(poses > 1 && poses < 20, `${poses}`);
});

Deno.test("smaller training sets are the beginning of larger ones, and the test points stay", () => {
  for (const name of ["simplex-3", "checkerboard"] as const) {
    const [small, large] = [task(name, 20), task(name, 60)];
    const { values } = small.train.points;
    deepStrictEqual(large.train.points.values.subarray(0, values.length), values);
    deepStrictEqual(large.test, small.test);
  }
});

Deno.test("Bayes' decisions are as right as the distributions allow", () => {
  const bayes = (name: TaskName) => {
    const { test, bayes } = task(name, 10, 4000);
    ok(bayes);
    return agreement(bayes, test.labels);
  };
  const expected = {
    "simplex-2": 0.768,
    "simplex-3": 0.949,
    "simplex-5": 0.905,
    "simplex-9": 0.921,
    "checkerboard": 0.9,
  };
  for (const [name, accuracy] of Object.entries(expected)) {
    // Three standard errors.
    ok(Math.abs(bayes(name as TaskName) - accuracy) < 0.02, `${name}: ${bayes(name as TaskName)}`);
  }
});

Deno.test("labels have their chances, and sectors alternate", () => {
  const { test } = task("simplex-9", 10, 4000);
  const share = test.labels.reduce((sum, label) => sum + label, 0) / 4000;
  ok(Math.abs(share - 0.6) < 0.025, `${share}`);
  const { test: { points }, bayes } = task("checkerboard", 10, 500);
  bayes?.forEach((label, i) => {
    const angle = Math.atan2(points.values[2 * i + 1], points.values[2 * i]);
    strictEqual(label, Math.floor(angle / (Math.PI / 24)) % 2);
  });
});
