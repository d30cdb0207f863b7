/** What SAC, TD3 and hindsight claim of results, and when they cannot judge. */
import assert from "node:assert/strict";
import type { JobResult, Method, Outcomes } from "../../../learners/method.ts";
import { her } from "../../../learners/rl/her_method.ts";
import { names } from "../../../learners/rl/report.ts";
import { sac } from "../../../learners/rl/sac_method.ts";
import { td3 } from "../../../learners/rl/td3_method.ts";

function result(metrics: Readonly<Record<string, number>>): JobResult {
  return { metrics: { [names.randomReturn]: -43, [names.version("ArmReacher")]: 5, ...metrics } };
}

const one = (metrics: Readonly<Record<string, number>>) => [{ seed: 1, result: result(metrics) }];

/** A run that has come to a return. */
const run = (score: number, steps: number) => one({ [names.return]: score, [names.steps]: steps });

/** Whether each part holds; undefined where it cannot be judged. */
function verdicts(method: Method, outcomes: Outcomes): (boolean | undefined)[] {
  return method.claim(outcomes).parts.map(({ holds, margin }) =>
    Number.isNaN(margin) ? undefined : holds
  );
}

Deno.test("SAC is compared with PPO where both were run", () => {
  const [better, worse] = [run(-6, 50_000), run(-9, 50_000)];
  assert.deepEqual(verdicts(sac, { plain: better, ppo: worse }), [true, true, undefined]);
  assert.deepEqual(verdicts(sac, { plain: worse, ppo: better }), [true, false, undefined]);
  assert.deepEqual(verdicts(sac, { plain: better }), [true, undefined, undefined]);
  assert.deepEqual(verdicts(sac, { ppo: better }), [undefined, undefined, undefined]);
});

for (const [method, before] of [[sac, [true, undefined]], [td3, [true]]] as const) {
  Deno.test(`${method.id}: only a million steps on ArmReacher are judged by what they are to come to`, () => {
    const last = (outcomes: Outcomes) => verdicts(method, outcomes);
    assert.deepEqual(last({ plain: run(-4.2, 1e6) }), [...before, true]);
    assert.deepEqual(last({ plain: run(-4.4, 1e6) }), [...before, false]);
    assert.deepEqual(last({ plain: run(-4.2, 5e5) }), [...before, undefined]);
    const { [names.version("ArmReacher")]: _, ...elsewhere } = run(-4.2, 1e6)[0].result.metrics;
    const other = { plain: [{ seed: 1, result: { metrics: elsewhere } }] };
    assert.deepEqual(last(other), [...before, undefined]);
  });
}

Deno.test("hindsight is judged by its success within 20,000 steps, and by how soon it comes", () => {
  const of = (overall: number, within?: number) =>
    one({
      "success over the whole training": overall,
      ...within !== undefined && { "success within 20,000 steps": within },
    });
  assert.deepEqual(verdicts(her, { hindsight: of(0.7, 0.98), "no-hindsight": of(0.5) }), [
    true,
    true,
  ]);
  assert.deepEqual(verdicts(her, { hindsight: of(0.7, 0.9) }), [false, undefined]);
  for (const [success, without] of [[0.2, 0.3], [0, 0], [0.75, 0.7]]) {
    const outcomes = { hindsight: of(success), "no-hindsight": of(without) };
    assert.deepEqual(verdicts(her, outcomes), [undefined, false]);
  }
});
