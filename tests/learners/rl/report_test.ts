/** What claims, tables and figures make of results. */
import assert from "node:assert/strict";
import type { JobResult, Outcomes } from "../../../learners/method.ts";
import { ppo } from "../../../learners/rl/ppo_method.ts";
import { names, scoreTable } from "../../../learners/rl/report.ts";

/** A result on ArmReacher, version 5, unless of another task. */
function result(score: number, steps: number, task = "ArmReacher"): JobResult {
  return {
    metrics: {
      [names.return]: score,
      [names.randomReturn]: -43,
      [names.rise]: 0.5,
      [names.steps]: steps,
      [names.parameters]: 100,
      [names.version(task)]: 5,
    },
    series: { [names.return]: { x: [0, steps / 2, steps], y: [-13, score - 0.5, score] } },
  };
}

const outcomesOf = (scores: readonly number[], steps: number, task?: string): Outcomes => ({
  plain: scores.map((score, i) => ({ seed: i + 1, result: result(score, steps, task) })),
});

/** Whether each part holds; undefined where it cannot be judged. */
function verdicts(outcomes: Outcomes): (boolean | undefined)[] {
  return ppo.claim(outcomes).parts.map(({ holds, margin }) =>
    Number.isNaN(margin) ? undefined : holds
  );
}

Deno.test("a short training is judged by its own rules, not by scores of longer ones", () => {
  assert.deepEqual(verdicts(outcomesOf([-5, -5.2], 204_800)), [true, true, undefined, undefined]);
  assert.deepEqual(verdicts(outcomesOf([-30], 204_800)), [false, true, undefined, undefined]);
});

Deno.test("trainings of published length are judged by published scores", () => {
  const million = 488 * 2048; // whole roll-outs of a million steps
  assert.deepEqual(verdicts(outcomesOf([-4.5], million)), [true, true, true, undefined]);
  assert.deepEqual(verdicts(outcomesOf([-7], million)), [true, true, false, undefined]);
  assert.deepEqual(verdicts(outcomesOf([-4.7], 8e6)), [true, true, true, false]);
});

Deno.test("published scores of one task say nothing of another", () => {
  assert.deepEqual(verdicts(outcomesOf([-4.5], 8e6, "ArmReach")), [true, true]);
  const mixed = { ...outcomesOf([-4.5], 8e6), ...outcomesOf([-1], 8e6, "ArmReach") };
  assert.equal(verdicts(mixed).length, 2);
});

Deno.test("the table has actions at random and published scores beside the policies", () => {
  const { rows, columns } = scoreTable(outcomesOf([-5, -5.2, -5.1, -50, -4.9], 204_800));
  for (const row of rows) assert.equal(row.length, columns.length);
  assert.deepEqual(rows.map(([first]) => first).slice(0, 2), ["plain", "random actions"]);
  assert.ok(rows.length > 4);
  const [, , , mean, middle] = rows[0];
  assert.ok(typeof mean === "object" && "value" in mean && mean.value < -14);
  assert.ok(typeof middle === "object" && "value" in middle);
  assert.ok(Math.abs(middle.value - -5.1) < 1e-9, "the run that failed does not count");
});

Deno.test("the learning curve has a band over seeds and the algorithm's published scores as lines", () => {
  const [figure] = ppo.figures(outcomesOf([-5, -5.2], 204_800));
  assert.ok(figure.kind === "panels" && figure.panels.length === 2);
  const [whole, end] = figure.panels;
  assert.ok(whole.kind === "line" && end.kind === "line");
  const [curve, ...lines] = whole.traces;
  assert.deepEqual(curve.x, [0, 102_400, 204_800]);
  assert.ok(curve.spread?.[0] === 0 && curve.spread[2] > 0.1);
  assert.deepEqual(lines.map(({ name }) => name), ["PPO2, 1 M", "CleanRL, 8 M"]);
  assert.deepEqual(lines[1].y, [-4.65, -4.65]);
  assert.deepEqual(end.traces[0].x, [102_400, 204_800]);
  assert.deepEqual(end.traces[0].y, curve.y.slice(1));
});

Deno.test("nothing is drawn or set of nothing", () => {
  assert.deepEqual(ppo.figures({}), []);
  for (const { rows } of ppo.tables!({})) assert.deepEqual(rows, []);
});
