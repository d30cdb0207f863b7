/** `logs`: frequencies, labels by their probabilities, hidden effects, bounds, splits, and figures. */
import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  areaUnderRoc,
  bayesScores,
  graspLog,
  historyLog,
  type InteractionLog,
  logLoss,
  logSheet,
} from "../../../learners/data/logs.ts";
import { mean } from "../../../learners/statistics/descriptive.ts";

const grasps = graspLog({ count: 20000, seed: 0, split: "test" });
const history = historyLog({ count: 10000, seed: 0, split: "test" });

Deno.test("fields of grasps have their cardinalities and frequencies ∝ rank^−0.7", () => {
  deepStrictEqual(grasps.fields.map(({ name, cardinality }) => `${name} ${cardinality}`), [
    "task 40",
    "object 300",
    "grasp 40",
    "surface 12",
    "arm 30",
    "light 8",
    "hour 20",
  ]);
  grasps.fields.forEach(({ name, cardinality }, field) => {
    const counts = countsOf(grasps, field);
    strictEqual(counts.length, cardinality);
    const weights = Array.from({ length: cardinality }, (_, value) => (value + 1) ** -0.7);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    // Pearson's χ² has mean cardinality − 1 and variance 2 (cardinality − 1).
    const deviation = weights.reduce((sum, weight, value) => {
      const expected = grasps.rows * weight / total;
      return sum + (counts[value] - expected) ** 2 / expected;
    }, 0);
    const excess = (deviation - (cardinality - 1)) / Math.sqrt(2 * (cardinality - 1));
    ok(Math.abs(excess) < 4, `${name}: χ² ${deviation} of ${cardinality}`);
  });
});

Deno.test("fields are independent: pairs of values occur as the product of their shares", () => {
  const [surface, light] = [3, 5];
  const [surfaces, lights] = [surface, light].map((field) => countsOf(grasps, field));
  for (const [s, l] of [[0, 0], [1, 3], [5, 2]]) {
    const both = rowsOf(grasps).filter((row) => row[surface] === s && row[light] === l).length;
    const expected = surfaces[s] * lights[l] / grasps.rows;
    ok(Math.abs(both - expected) < 4 * Math.sqrt(expected), `${both} for ${expected}`);
  }
});

Deno.test("labels come true as often as their probabilities say, at every level", () => {
  for (const log of [grasps, history]) {
    log.taskNames.forEach((task, t) => {
      const chances = column(log.probabilities, log, t);
      const labels = column(log.labels, log, t);
      for (let low = 0; low < 1; low += 0.2) {
        const rows = chances.flatMap((chance, i) => chance >= low && chance < low + 0.2 ? [i] : []);
        ok(rows.length > 500);
        const [expected, observed] = [chances, labels].map((all) => mean(rows.map((i) => all[i])));
        ok(Math.abs(observed - expected) < 2 / Math.sqrt(rows.length), `${task}: ${observed}`);
      }
    });
  }
});

Deno.test("a grasp's probability is the sigmoid of the logit that its world gives", () => {
  const { factors, gates, biases } = grasps.world;
  rowsOf(grasps).slice(0, 500).forEach((row, i) => {
    const [task, object, grasp, surface, arm, light, hour] = row;
    const of = (
      values: Float64Array,
      value: number,
    ) => [...values.subarray(4 * value, 4 * value + 4)];
    const product = (a: number[], b: number[]) =>
      a.reduce((sum, value, r) => sum + value * b[r], 0);
    const [t, o, g, a] = [
      of(factors.task, task),
      of(factors.object, object),
      of(factors.grasp, grasp),
      of(factors.arm, arm),
    ];
    const gated = o.map((value, r) => value * of(gates, surface)[r]);
    const z = 2 / 1.5 * (product(gated, g) + 0.7 * product(t, o) + 0.5 * product(a, g)) +
      biases.task[task] + biases.object[object] + biases.grasp[grasp] + biases.surface[surface] +
      biases.arm[arm] + biases.light[light] + biases.hour[hour] - 0.3;
    near(grasps.probabilities[i], 1 / (1 + Math.exp(-z)), 1e-12);
  });
});

Deno.test("a world's factors, gates and biases have their laws", () => {
  const { factors, gates, biases } = grasps.world;
  const variance = (values: Float64Array) => mean([...values].map((value) => value ** 2));
  near(variance(factors.object), 1 / 2, 0.06);
  near(variance(factors.task), 1 / 2, 0.17);
  near(variance(biases.object), 0.09, 0.02);
  const steepness = gates.map((gate) => Math.log(gate / (2 - gate)));
  near(variance(steepness), 4, 2.4);
  deepStrictEqual(gates.length, 48);
  ok(gates.every((gate) => gate > 0 && gate < 2));
});

Deno.test("history: objects have ten of each shape and surface, rows and sequences are uniform", () => {
  for (const kinds of [history.shapes, history.surfaces]) {
    const counts = new Int32Array(6);
    kinds.forEach((kind) => counts[kind]++);
    deepStrictEqual([...counts], Array(6).fill(10));
  }
  notDeepStrictEqual(history.shapes, history.surfaces);
  deepStrictEqual(history.fields.map(({ cardinality }) => cardinality), [60, 6, 8, 10, 5]);
  history.fields.forEach(({ cardinality }, field) => {
    const expected = history.rows / cardinality;
    countsOf(history, field).forEach((count) =>
      ok(Math.abs(count - expected) < 5 * Math.sqrt(expected))
    );
  });
  deepStrictEqual(
    history.sequences.map(({ name, field, length }) => `${name} ${field} ${length}`),
    [
      "lifted object 5",
      "dropped object 5",
      "scraped object 5",
    ],
  );
  for (const { values } of history.sequences) {
    strictEqual(values.length, 50000);
    const counts = new Int32Array(60);
    values.forEach((object) => counts[object]++);
    counts.forEach((count) => ok(Math.abs(count - 50000 / 60) < 5 * Math.sqrt(50000 / 60)));
  }
});

Deno.test("history: evidence counts as stated, and against each other in the two tasks", () => {
  const rows = rowsOf(history);
  const [success, gentleness] = [0, 1].map((t) =>
    column(history.probabilities, history, t).map((chance) => Math.log(chance / (1 - chance)))
  );
  // What is left when the matches are taken away depends on the object and the contexts alone.
  const [lifted, dropped, scraped] = history.sequences.map(({ values }) => values);
  const matches = (kinds: Int32Array, past: Int32Array, row: number) =>
    past.subarray(5 * row, 5 * row + 5)
      .filter((object) => kinds[object] === kinds[rows[row][0]]).length;
  const { shapes, surfaces } = history;
  const rest = rows.map((_, row) => ({
    success: success[row] - 1.2 * matches(shapes, lifted, row) +
      1.2 * matches(shapes, dropped, row),
    gentleness: gentleness[row] - 1.2 * matches(surfaces, lifted, row) +
      1.2 * matches(surfaces, scraped, row) + 0.9 * matches(shapes, lifted, row),
  }));
  // The contexts' effect has opposite signs: the sum of both rests is the object's alone.
  const sums = new Map<number, number>();
  rest.forEach((part, row) => {
    const sum = part.success + part.gentleness;
    const known = sums.get(rows[row][0]);
    if (known === undefined) sums.set(rows[row][0], sum);
    else ok(Math.abs(sum - known) < 1e-9, `object ${rows[row][0]}: ${sum} and ${known}`);
  });
  strictEqual(sums.size, 60);
  // Of 60 sums of two N(0, 0.4²) and 0.5.
  const values = [...sums.values()];
  near(mean(values), 0.5, 0.25);
  near(Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2))), 0.4 * Math.SQRT2, 0.2);
  near(mean(rest.map((part) => part.success ** 2)), 0.4 ** 2 + 4 * 0.3 ** 2, 0.3);
});

Deno.test("AUC: the known example, ties, order, and labels that are probabilities", () => {
  strictEqual(areaUnderRoc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75);
  strictEqual(areaUnderRoc([1, 1, 1], [0, 1, 1]), 0.5);
  strictEqual(areaUnderRoc([3, 2, 1], [1, 1, 0]), 1);
  strictEqual(areaUnderRoc([3, 2, 1], [0, 0, 1]), 0);
  ok(Number.isNaN(areaUnderRoc([1, 2], [1, 1])));
  // Two rows of chances 0.9 and 0.2: positives 1.1, negatives 0.9; wins 0.9·0.8 and ties of a row with
  // itself, half of 0.9·0.1 and of 0.2·0.8.
  near(
    areaUnderRoc([0.9, 0.2], [0.9, 0.2]),
    (0.9 * 0.8 + (0.09 + 0.16) / 2) / (1.1 * 0.9),
    1e-12,
  );
});

Deno.test("log loss: known values, certainty, and expectation", () => {
  near(logLoss([0.5, 0.5], [0, 1]), Math.LN2, 1e-12);
  near(logLoss([0.9, 0.2], [1, 0]), -(Math.log(0.9) + Math.log(0.8)) / 2, 1e-12);
  strictEqual(logLoss([1, 0], [1, 0]), 0);
  strictEqual(logLoss([0], [1]), Infinity);
  near(logLoss([0.3], [0.3]), -0.3 * Math.log(0.3) - 0.7 * Math.log(0.7), 1e-12);
});

Deno.test("the bounds of both logs are as documented, and labels realise them", () => {
  const documented = [[grasps, [[0.841, 0.489]]], [history, [[0.816, 0.522], [
    0.836,
    0.496,
  ]]]] as const;
  for (const [log, expected] of documented) {
    bayesScores(log).forEach(({ task, auc, logLoss: loss }, t) => {
      strictEqual(task, log.taskNames[t]);
      near(auc, expected[t][0], 5e-4);
      near(loss, expected[t][1], 5e-4);
      const chances = column(log.probabilities, log, t);
      const labels = column(log.labels, log, t);
      near(areaUnderRoc(chances, labels), auc, 0.01);
      near(logLoss(chances, labels), loss, 0.012);
    });
  }
});

Deno.test("rows depend on seed, split and index; seeds and splits share a world, worlds differ", () => {
  for (const draw of [graspLog, historyLog]) {
    const [few, more] = [50, 80].map((count) => draw({ count, seed: 1 }));
    deepStrictEqual(few.values, more.values.subarray(0, few.values.length));
    deepStrictEqual(few.labels, more.labels.subarray(0, few.labels.length));
    notDeepStrictEqual(draw({ count: 50, seed: 2 }).values, few.values);
    notDeepStrictEqual(draw({ count: 50, seed: 1, split: "test" }).values, few.values);
    const elsewhere = draw({ count: 50, seed: 1, worldSeed: 1 });
    deepStrictEqual(elsewhere.values, few.values);
    notDeepStrictEqual(elsewhere.probabilities, few.probabilities);
  }
  const worlds = [1, 2].map((seed) => historyLog({ count: 1, seed, split: `split ${seed}` }));
  deepStrictEqual(worlds[0].shapes, worlds[1].shapes);
});

Deno.test("a sheet has falling frequencies of each field and the probabilities of each task", () => {
  const [frequencies, success, gentleness] = logSheet(history);
  ok(frequencies.kind === "line");
  deepStrictEqual(frequencies.traces.map(({ x }) => x.length), [60, 6, 8, 10, 5]);
  for (const { y } of frequencies.traces) {
    near(y.reduce((sum, share) => sum + share, 0), 1, 1e-9);
    ok(y.every((share, i) => i === 0 || share <= y[i - 1]));
  }
  ok(success.kind === "histogram" && gentleness.kind === "histogram");
  deepStrictEqual([success.values[7], gentleness.values[7]], [
    ...history.probabilities.subarray(14, 16),
  ]);
  // Values that do not occur have no place on a logarithmic axis.
  const [rare] = logSheet(graspLog({ count: 20, seed: 0 }));
  ok(rare.kind === "line" && rare.traces[1].y.length < 21 && rare.traces[1].y.every((y) => y > 0));
});

Deno.test("options without a meaning are refused", () => {
  const refused: [() => unknown, RegExp][] = [
    [() => graspLog({ count: 0, seed: 0 }), /count 0/],
    [() => historyLog({ count: 1.5, seed: 0 }), /count 1.5/],
    [() => historyLog({ count: 1, seed: 0, worldSeed: -1 }), /seed -1/],
    [() => areaUnderRoc([1, 2], [1]), /1 labels for 2 scores/],
    [() => logLoss([1, 2], [1]), /1 labels for 2 scores/],
  ];
  for (const [run, message] of refused) throws(run, { name: "RangeError", message });
});

function rowsOf({ rows, fields, values }: InteractionLog): Int32Array[] {
  return Array.from(
    { length: rows },
    (_, row) => values.subarray(row * fields.length, (row + 1) * fields.length),
  );
}

function countsOf(log: InteractionLog, field: number): number[] {
  const counts = new Array<number>(log.fields[field].cardinality).fill(0);
  rowsOf(log).forEach((row) => counts[row[field]]++);
  return counts;
}

/** One task's values of an array [rows, tasks]. */
function column(values: ArrayLike<number>, { rows, taskNames }: InteractionLog, task: number) {
  return Array.from({ length: rows }, (_, row) => values[row * taskNames.length + task]);
}

function near(value: number, expected: number, tolerance: number): void {
  ok(Math.abs(value - expected) <= tolerance, `${value} for ${expected}`);
}
