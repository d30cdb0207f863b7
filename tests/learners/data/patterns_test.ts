/** `patterns`: the moments of every generator, what labels are, splits, figures, and refusals. */
import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { contactSheet } from "../../../learners/data/contact_sheet.ts";
import {
  binaryShapes,
  clusteredMoments,
  clusteredVariables,
  correlationSheet,
  dilutedPatterns,
  noisyExamples,
  outlierRegression,
  outlierSheet,
  patternSheet,
  shapeNames,
  teacherSheet,
  teacherStudent,
} from "../../../learners/data/patterns.ts";
import { mean } from "../../../learners/statistics/descriptive.ts";

Deno.test("patterns are blank with probability d and balanced otherwise, without correlation", () => {
  const { values, neurons } = dilutedPatterns({
    seed: 0,
    neurons: 20000,
    patterns: 3,
    dilution: 0.3,
  });
  const rows = [0, 1, 2].map((k) => values.subarray(k * neurons, (k + 1) * neurons));
  for (const row of rows) {
    near(row.filter((entry) => entry === 0).length / neurons, 0.3, 0.015);
    near(meanOf(row), 0, 0.02);
  }
  near(meanOf(rows[0].map((entry, i) => entry * rows[1][i])), 0, 0.02);
  ok(!dilutedPatterns({ seed: 0, neurons: 100, patterns: 2 }).values.includes(0));
  ok(!dilutedPatterns({ seed: 0, neurons: 9, patterns: 2, dilution: 1 }).values.some(Math.abs));
});

Deno.test("stratified patterns have every column as often as its probability says", () => {
  // 64 · (1/4, 1/4, 1/2)³: the columns' counts are 1, 2, 4 and 8 of 64 neurons.
  const { values, neurons } = dilutedPatterns({
    seed: 3,
    neurons: 128,
    patterns: 3,
    dilution: 0.5,
    stratified: true,
  });
  const counts = new Map<string, number>();
  for (let i = 0; i < neurons; i++) {
    const column = [0, 1, 2].map((k) => values[k * neurons + i]).join();
    counts.set(column, (counts.get(column) ?? 0) + 1);
  }
  strictEqual(counts.size, 27);
  for (const [column, count] of counts) {
    const blanks = column.split(",").filter((entry) => entry === "0").length;
    strictEqual(count, 2 * 2 ** blanks, column);
  }
});

Deno.test("the hierarchical state of such patterns has the magnetisations 1/2, 1/4, 1/8", () => {
  const { values, neurons } = dilutedPatterns({
    seed: 0,
    neurons: 640,
    patterns: 3,
    dilution: 0.5,
    stratified: true,
  });
  const column = (i: number) => [0, 1, 2].map((k) => values[k * neurons + i]);
  // Every neuron follows the first pattern that is not blank there.
  const state = Array.from({ length: neurons }, (_, i) => column(i).find((entry) => entry) ?? 1);
  [1 / 2, 1 / 4, 1 / 8].forEach((magnetisation, k) =>
    strictEqual(mean(state.map((sign, i) => sign * column(i)[k])), magnetisation)
  );
});

Deno.test("stratified counts that are not whole are rounded down or up, and sum to N", () => {
  const options = { neurons: 1000, patterns: 2, dilution: 0.37, stratified: true };
  const { values } = dilutedPatterns({ seed: 0, ...options });
  for (const one of [-1, 0, 1]) {
    for (const other of [-1, 0, 1]) {
      const share = [one, other].map((entry) => entry === 0 ? 0.37 : 0.315);
      const count = values.subarray(0, 1000)
        .filter((entry, i) => entry === one && values[1000 + i] === other).length;
      ok(Math.abs(count - 1000 * share[0] * share[1]) < 1);
    }
  }
  notDeepStrictEqual(values, dilutedPatterns({ seed: 1, ...options }).values);
});

Deno.test("examples keep blanks, keep signs with probability (1 + r)/2, and agree as r²", () => {
  const set = dilutedPatterns({ seed: 0, neurons: 4000, patterns: 2, dilution: 0.25 });
  const { values } = noisyExamples(set, { count: 3, seed: 0, quality: 0.4 });
  const row = (pattern: number, example: number) =>
    values.subarray((pattern * 3 + example) * 4000, (pattern * 3 + example + 1) * 4000);
  for (const pattern of [0, 1]) {
    const truth = set.values.subarray(pattern * 4000, (pattern + 1) * 4000);
    const lively = truth.filter(Math.abs).length;
    for (const example of [0, 1, 2]) {
      const entries = row(pattern, example);
      ok(entries.every((entry, i) => (entry === 0) === (truth[i] === 0)));
      near(sum(entries.map((entry, i) => entry * truth[i])) / lively, 0.4, 0.05);
    }
    near(sum(row(pattern, 0).map((entry, i) => entry * row(pattern, 1)[i])) / lively, 0.16, 0.05);
  }
  const perfect = noisyExamples(set, { count: 1, seed: 0, quality: 1 });
  deepStrictEqual(perfect.values, set.values);
  const more = noisyExamples(set, { count: 5, seed: 0, quality: 0.4 });
  deepStrictEqual(more.values.subarray(5 * 4000, 8 * 4000), values.subarray(3 * 4000));
});

Deno.test("teachers overlap as asked, label by the sign of their field, and inputs are fair", () => {
  for (const [inputCount, overlap] of [[501, 0.5], [200, -0.5], [201, 0], [101, 1]]) {
    const { tasks } = teacherStudent({ seed: 1, inputCount, loads: [2, 10], overlap });
    const [first, second] = tasks;
    deepStrictEqual([first.count, second.count], [2 * inputCount, 10 * inputCount]);
    near(meanOf(first.teacher.map((sign, i) => sign * second.teacher[i])), overlap, 1 / inputCount);
    near(meanOf(second.inputs), 0, 0.02);
    near(meanOf(second.labels), 0, 0.1);
    const disagreements = Array.from(second.labels, (label, example) => {
      const input = second.inputs.subarray(example * inputCount, (example + 1) * inputCount);
      strictEqual(Math.sign(dot(input, second.teacher)), label);
      return dot(input, first.teacher) * label < 0 ? 1 : 0;
    });
    // The generalisation error of two perceptrons, arccos(overlap)/π.
    near(mean(disagreements), Math.acos(overlap) / Math.PI, 0.05);
  }
});

Deno.test("a task does not depend on the loads of others, a larger load begins with the smaller", () => {
  const options = { seed: 4, inputCount: 51, overlap: 0.2 };
  const [few, more] = [[1, 1], [2, 1]].map((loads) => teacherStudent({ ...options, loads }));
  deepStrictEqual(few.tasks[1], more.tasks[1]);
  deepStrictEqual(few.tasks[0].inputs, more.tasks[0].inputs.subarray(0, 51 * 51));
  const [other] = teacherStudent({ ...options, seed: 5, loads: [1] }).tasks;
  notDeepStrictEqual(other.teacher, few.tasks[0].teacher);
});

Deno.test("outliers are rare, opposite and of the variance asked for; targets follow the law", () => {
  const set = outlierRegression({ count: 20000, seed: 0 });
  const width = 11;
  const shares = [-1, 0, 1].map((group) => set.groups.filter((g) => g === group).length / 20000);
  [0.05, 0.9, 0.05].forEach((share, i) => near(shares[i], share, 0.006));
  const outliers = Array.from(set.groups, (_, i) => set.inputs[i * width + 10]);
  near(mean(outliers.map((x) => x * x)), 10, 0.6);
  near(mean(outliers), 0, 0.1);
  near(Math.sqrt(set.beta.reduce((total, weight) => total + weight ** 2, 0)), 2, 1e-12);
  for (let i = 0; i < 200; i++) {
    const sample = set.inputs.subarray(i * width, (i + 1) * width);
    strictEqual(sample[10], set.groups[i] * 10);
    near(
      set.targets[i],
      set.beta.reduce((total, weight, k) => total + weight * sample[k], 0.3 * Math.abs(sample[10])),
      1e-5,
    );
  }
  const features = Array.from(set.inputs).filter((_, i) => i % width < 10);
  near(mean(features.map((x) => x * x)), 1, 0.02);
});

Deno.test("β is one for all splits of a seed, samples are not", () => {
  const options = { count: 30, seed: 2, features: 4 };
  const [train, test] = ["train", "test"].map((split) => outlierRegression({ ...options, split }));
  deepStrictEqual(train.beta, test.beta);
  notDeepStrictEqual(train.inputs, test.inputs);
  deepStrictEqual(
    outlierRegression({ ...options, count: 10 }).inputs,
    train.inputs.subarray(0, 50),
  );
  deepStrictEqual(train.inputNames, ["x_b 0", "x_b 1", "x_b 2", "x_b 3", "x_o"]);
});

Deno.test("clustered variables have the moments that follow from their causes", () => {
  const { values, rows, clusters, columnNames } = clusteredVariables({ count: 20000, seed: 0 });
  near(clusteredMoments.variance, 1.0077, 1e-4);
  near(clusteredMoments.covarianceWithin / clusteredMoments.variance, 0.799, 1e-3);
  near(clusteredMoments.covarianceAcross / clusteredMoments.variance, 0.394, 1e-3);
  deepStrictEqual([...clusters], [0, 0, 0, 0, 1, 1, 1, 1]);
  strictEqual(columnNames[5], "1.1");
  for (let i = 0; i < 8; i++) {
    for (let j = i; j < 8; j++) {
      const { variance, covarianceWithin, covarianceAcross } = clusteredMoments;
      const expected = i === j
        ? variance
        : clusters[i] === clusters[j]
        ? covarianceWithin
        : covarianceAcross;
      const products = Array.from(
        { length: rows },
        (_, row) => values[row * 8 + i] * values[row * 8 + j],
      );
      near(mean(products), expected, 0.05);
    }
  }
});

Deno.test("shapes are the classes' pictures with their share of pixels turned over", () => {
  const clean = binaryShapes({ count: 60, seed: 0, flips: 0 });
  const templates = shapeNames.map((_, label) => {
    const first = clean.labels.indexOf(label);
    return clean.images.subarray(first * 64, (first + 1) * 64);
  });
  clean.labels.forEach((label, i) =>
    deepStrictEqual(clean.images.subarray(i * 64, (i + 1) * 64), templates[label])
  );
  templates.forEach((template, label) => {
    near(template.reduce((total, pixel) => total + pixel, 0), 24, 4);
    templates.slice(0, label).forEach((other) =>
      ok(template.filter((pixel, i) => pixel !== other[i]).length >= 10)
    );
  });
  const noisy = binaryShapes({ count: 3000, seed: 0 });
  strictEqual(new Set(noisy.labels).size, 6);
  shapeNames.forEach((_, label) =>
    near(noisy.labels.filter((l) => l === label).length / 3000, 1 / 6, 0.03)
  );
  const turned = noisy.images.filter((pixel, i) =>
    pixel !== templates[noisy.labels[Math.floor(i / 64)]][i % 64]
  );
  near(turned.length / noisy.images.length, 0.12, 0.003);
});

Deno.test("shifts move a shape by a pixel to each of nine places", () => {
  const plus = shapeNames.indexOf("plus");
  const imagesOf = (shift: 0 | 1) => {
    const { images, labels } = binaryShapes({ count: 600, seed: 0, flips: 0, shift });
    const members = [...labels.keys()].filter((i) => labels[i] === plus);
    return new Set(members.map((i) => images.subarray(i * 64, (i + 1) * 64).join()));
  };
  const [template] = imagesOf(0);
  const moved = [-1, 0, 1].flatMap((down) =>
    [-1, 0, 1].map((right) =>
      // The rim is empty: what leaves at one side is 0, and so is what comes in.
      Array.from({ length: 64 }, (_, pixel) => {
        const [row, column] = [Math.floor(pixel / 8) - down, pixel % 8 - right];
        const isInside = row >= 0 && row < 8 && column >= 0 && column < 8;
        return isInside ? template.split(",")[8 * row + column] : "0";
      }).join()
    )
  );
  deepStrictEqual([...imagesOf(1)].sort(), moved.sort());
});

Deno.test("each kind has its figure", () => {
  const patterns = dilutedPatterns({ seed: 0, neurons: 10, patterns: 2, dilution: 0.5 });
  const examples = noisyExamples(patterns, { count: 4, seed: 0, quality: 0.5 });
  const sheet = patternSheet(patterns, examples, 2);
  ok(sheet.kind === "image-grid");
  deepStrictEqual([sheet.images.length, sheet.columns, sheet.height], [6, 3, 4]);
  deepStrictEqual(sheet.labels, ["pattern 0", "", "", "pattern 1", "", ""]);
  sheet.images[3].slice(0, 10).forEach((shade, i) =>
    strictEqual(shade, (patterns.values[10 + i] + 1) / 2)
  );
  sheet.images[4].slice(0, 10).forEach((shade, i) =>
    strictEqual(shade, (examples.values[40 + i] + 1) / 2)
  );
  deepStrictEqual(sheet.images[3].slice(10), Array(6).fill(0.5));

  const tasks = teacherStudent({ seed: 0, inputCount: 101, loads: [3, 4], overlap: 0.5 });
  const stabilities = teacherSheet(tasks);
  ok(stabilities.kind === "histogram");
  strictEqual(stabilities.values.length, 404);
  near(stabilities.values.filter((value) => value < 0).length / 404, 1 / 3, 0.08);

  const outliers = outlierRegression({ count: 300, seed: 0 });
  const scatter = outlierSheet(outliers);
  ok(scatter.kind === "scatter");
  strictEqual(scatter.traces.reduce((total, { x }) => total + x.length, 0), 300);
  ok(scatter.traces[2].x.every((x) => x === 10));

  const correlations = correlationSheet(clusteredVariables({ count: 2000, seed: 0 }));
  ok(correlations.kind === "heat-map");
  near(correlations.values[3][3], 1, 1e-12);
  near(correlations.values[0][2], 0.8, 0.05);
  near(correlations.values[0][6], 0.39, 0.08);

  strictEqual(contactSheet(binaryShapes({ count: 60, seed: 0 }), 4).images.length, 24);
});

Deno.test("options without a meaning are refused", () => {
  const one = { count: 1, seed: 0 };
  const patterns = dilutedPatterns({ seed: 0, neurons: 4, patterns: 1 });
  const examples = noisyExamples(patterns, { ...one, quality: 1 });
  const teacher = { seed: 0, inputCount: 5, loads: [1] };
  const refused: [() => unknown, RegExp][] = [
    [() => dilutedPatterns({ seed: 0, neurons: 0, patterns: 1 }), /neurons 0/],
    [() => dilutedPatterns({ seed: 0, neurons: 1, patterns: 1.5 }), /patterns 1.5/],
    [() => dilutedPatterns({ seed: 0, neurons: 1, patterns: 1, dilution: 1.1 }), /dilution 1.1/],
    [
      () => dilutedPatterns({ seed: 0, neurons: 1, patterns: 15, stratified: true }),
      /15 stratified patterns have 3\^15 columns; at most 14/,
    ],
    [() => noisyExamples(patterns, { ...one, quality: -0.1 }), /quality -0.1/],
    [() => noisyExamples(patterns, { ...one, count: 0, quality: 1 }), /count 0/],
    [() => teacherStudent({ ...teacher, loads: [] }), /number of loads 0/],
    [
      () => teacherStudent({ ...teacher, loads: [1, 0] }),
      /load of task 1 0 is not a number above 0/,
    ],
    [() => teacherStudent({ ...teacher, loads: [0.01] }), /examples of task 0 0/],
    [() => teacherStudent({ ...teacher, overlap: -2 }), /overlap -2 is not a number from -1 to 1/],
    [
      () => outlierRegression({ ...one, outlierShare: 0 }),
      /outlierShare 0 is not a number above 0/,
    ],
    [() => outlierRegression({ ...one, outlierShare: 2 }), /outlierShare 2 is not a number from 0/],
    [() => outlierRegression({ ...one, slope: NaN }), /slope NaN/],
    [() => clusteredVariables({ ...one, perCluster: 0 }), /perCluster 0/],
    [() => binaryShapes({ ...one, flips: -1 }), /flips -1/],
    [() => patternSheet(patterns, examples, 2), /2 examples; expected an integer from 0 to 1/],
  ];
  for (const [run, message] of refused) throws(run, { name: "RangeError", message });
});

function sum(values: Int8Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function meanOf(values: Int8Array): number {
  return sum(values) / values.length;
}

function dot(one: Int8Array, other: Int8Array): number {
  return one.reduce((total, value, i) => total + value * other[i], 0);
}

function near(value: number, expected: number, tolerance: number): void {
  ok(Math.abs(value - expected) <= tolerance, `${value} for ${expected}`);
}
