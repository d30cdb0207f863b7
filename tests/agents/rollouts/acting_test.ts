/** Roll-outs and the policies that act in them. */
import assert from "node:assert/strict";
import {
  deterministicPolicy,
  gaussianPolicy,
  logProbability,
} from "../../../agents/rollouts/acting.ts";
import { rollOut } from "../../../agents/rollouts/transitions.ts";
import { scriptedController } from "../../../agents/sim/controllers.ts";
import { runParts } from "../../../agents/sim/run_config.ts";
import type { Controller } from "../../../controllers/controller.ts";
import { VectorEnv } from "../../../sim/env.ts";
import { createPlant } from "../../../sim/physics/catalogue.ts";
import { randomStream } from "../../../sim/random.ts";
import { controlStep } from "../../../sim/tasks/task.ts";
import { run } from "./crew.ts";

/** Always the same action. */
const still = (action: number): Controller => ({
  name: "still",
  reset() {},
  act: (_, actions) => void actions.fill(action),
});

Deno.test("Gaussian actions have the mean and the deviation asked for, and their own log-probability", () => {
  const [arms, actuators, deviation] = [4000, 3, 0.2];
  const policy = gaussianPolicy(still(0.5), deviation);
  assert.deepEqual(policy.channels, [logProbability]);
  const actions = new Float64Array(actuators * arms);
  const logarithm = new Float64Array(arms);
  policy.reset(arms, randomStream(1, "noise"));
  policy.act(new Float64Array(0), actions, [logarithm]);
  const mean = actions.reduce((sum, action) => sum + action) / actions.length;
  const variance = actions.reduce((sum, action) => sum + (action - mean) ** 2, 0) / actions.length;
  // Five standard errors of the mean and of the variance.
  assert.ok(Math.abs(mean - 0.5) < 5 * deviation / Math.sqrt(actions.length), `${mean}`);
  const error = deviation ** 2 * Math.sqrt(2 / actions.length);
  assert.ok(Math.abs(variance - deviation ** 2) < 5 * error, `${variance}`);
  for (const arm of [0, 17, arms - 1]) {
    const density = Array.from({ length: actuators }, (_, k) => {
      const action = actions[k * arms + arm];
      return Math.exp(-((action - 0.5) ** 2) / (2 * deviation ** 2)) /
        (deviation * Math.sqrt(2 * Math.PI));
    }).reduce((product, factor) => product * factor);
    assert.ok(Math.abs(logarithm[arm] - Math.log(density)) < 1e-12);
  }
});

function bench(arms: number) {
  const { arm, actuator, task } = runParts(run);
  const plant = createPlant("equations", { arm, actuator, arms, timeStep: controlStep });
  return {
    env: new VectorEnv(plant, task),
    trials: task.draw(arm, randomStream(1, "trials"), arms),
  };
}

Deno.test("a roll-out records what the environment showed and got, step by step", () => {
  const { env, trials } = bench(3);
  const parts = runParts(run);
  const rolled = rollOut(
    env,
    deterministicPolicy(scriptedController(parts)),
    trials,
    randomStream(1, "noise"),
  );
  assert.deepEqual([rolled.arms, rolled.steps, rolled.channels], [3, 50, {}]);
  const controller = scriptedController(parts);
  const actions = new Float64Array(env.plant.actuator.count * 3);
  let { observation } = env.reset({ seed: 0, trials });
  controller.reset(3);
  const row = (values: Float32Array | Uint8Array, step: number, length: number) =>
    values.slice(step * length, (step + 1) * length);
  for (let step = 0; step < 50; step++) {
    assert.deepEqual(
      row(rolled.observations, step, observation.length),
      Float32Array.from(observation),
    );
    controller.act(observation, actions);
    assert.deepEqual(row(rolled.actions, step, actions.length), Float32Array.from(actions));
    const next = env.step(actions);
    observation = next.observation;
    assert.deepEqual(row(rolled.rewards, step, 3), Float32Array.from(next.reward));
    assert.deepEqual(row(rolled.terminated, step, 3), next.terminated.slice());
    assert.deepEqual(row(rolled.truncated, step, 3), next.truncated.slice());
  }
  assert.deepEqual(
    row(rolled.observations, 50, observation.length),
    Float32Array.from(observation),
  );
  assert.deepEqual(rolled.observations.length, 51 * observation.length);
  assert.deepEqual([...rolled.truncated.slice(-3)], [1, 1, 1]);
});

Deno.test("an environment that has been rolled out is as new for the next roll-out", () => {
  const policy = () => deterministicPolicy(still(0.3));
  const three = bench(3);
  const together = rollOut(three.env, policy(), three.trials, randomStream(1, "noise"));
  const again = rollOut(three.env, policy(), three.trials, randomStream(2, "noise"));
  assert.deepEqual(again, together);
});

Deno.test("motion that is no longer finite ends a roll-out with an error", () => {
  const { env, trials } = bench(1);
  const wild = deterministicPolicy(still(NaN));
  assert.throws(() => rollOut(env, wild, trials, randomStream(1, "noise")), /no longer finite/);
});
