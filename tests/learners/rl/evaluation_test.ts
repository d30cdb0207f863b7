/** Evaluations: whole episodes, the first of each copy, whatever the policy is. */
import assert from "node:assert/strict";
import { Perceptron } from "../../../learners/nn/perceptron.ts";
import { deterministicPolicy, evaluate, randomPolicy } from "../../../learners/rl/evaluation.ts";
import { noMoments } from "../../../learners/rl/running_moments.ts";
import { environmentOf } from "../../../learners/rl/study.ts";
import { stepCounter, targetGuessing } from "./small_environments.ts";

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;

Deno.test("a return is the sum of one episode's rewards", () => {
  const environment = stepCounter(3, 10);
  const { returns, successes } = evaluate(environment, () => {}, 1);
  assert.deepEqual(returns, [10, 10, 10]);
  assert.equal(successes, undefined, "the task has no success rule");
});

Deno.test("the same seed has the same episodes, another one others, and each copy its own", () => {
  const environment = targetGuessing(20);
  const still = (seed: number) => evaluate(environment, (_, actions) => actions.fill(0), seed);
  assert.deepEqual(still(1), still(1));
  assert.notDeepEqual(still(1), still(2));
  assert.equal(new Set(still(1).returns).size, 20);
});

Deno.test("actions beyond the space are clipped before the environment sees them", () => {
  const environment = targetGuessing(4);
  const far = evaluate(environment, (_, actions) => actions.fill(50), 1);
  assert.deepEqual(far, evaluate(environment, (_, actions) => actions.fill(1), 1));
});

Deno.test("a policy acts on observations normalised by the moments that belong to it", () => {
  const policy = new Perceptron({
    inputs: 1,
    hidden: [],
    outputs: 1,
    activation: "tanh",
    outputActivation: "none",
  });
  const pass = policy.pass(4);
  pass.load(Float64Array.of(1, 0));
  // (s − mean)/deviation is s/2: the very action that is asked for.
  const moments = { mean: Float64Array.of(0), variance: Float64Array.of(4), count: 1 };
  const best = evaluate(targetGuessing(4), deterministicPolicy(pass, moments, 10), 1);
  assert.ok(best.returns.every((value) => value <= 0 && value > -1e-10), `${best.returns}`);
  const other = evaluate(targetGuessing(4), deterministicPolicy(pass, noMoments(1), 10), 1);
  assert.ok(mean(other.returns) < -0.1);
});

Deno.test("random actions on ArmReacher cost what uniform ones must, and the distance", () => {
  // Σ a² of two components uniform in ±1 is ⅔ a step, in each of 50 steps, and the finger is off the target.
  const environment = environmentOf({ task: "ArmReacher" }, 400);
  const score = mean(evaluate(environment, randomPolicy(environment, 1), 2).returns);
  assert.ok(score < -33.3 && score > -33.3 - 50 * 0.41, `${score}`);
  // Nothing done costs the distance alone, at most the hand's reach and the disc's radius.
  const still = mean(evaluate(environment, (_, actions) => actions.fill(0), 2).returns);
  assert.ok(still < 0 && still > -50 * 0.41, `${still}`);
});

Deno.test("a task with a success rule has its share of successes", () => {
  const environment = environmentOf({ task: "ArmReach" }, 5);
  const { successes } = evaluate(environment, (_, actions) => actions.fill(0), 1);
  assert.equal(successes?.length, 5);
});
