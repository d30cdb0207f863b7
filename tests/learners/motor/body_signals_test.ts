/** The released code's regulariser: its size by the logs of the released example, and its gradient. */
import assert from "node:assert/strict";
import { MotorNetwork, type MotorNetworkConfig } from "../../../controllers/motor_network.ts";
import { bodySignalCount, BodySignals } from "../../../learners/motor/body_signals.ts";
import { losses, objectives, totalLoss } from "../../../learners/motor/objectives.ts";
import type { RolloutProblem } from "../../../learners/motor/rollout.ts";
import { createRollout } from "../../../learners/motor/rollouts.ts";
import { findActuator } from "../../../sim/actuators/catalogue.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { trainingEquations } from "../../../sim/physics/catalogue.ts";
import { randomStream } from "../../../sim/random.ts";
import { findTask } from "../../../sim/tasks/catalogue.ts";
import { controlStep } from "../../../sim/tasks/task.ts";
import type { TrialBatch } from "../../../sim/tasks/trial.ts";

const arm = findArm("arm26");
const actuator = findActuator("hill-muscle", arm);
const equations = trainingEquations({ arm, actuator, timeStep: controlStep });

const networkOf = (change: Partial<MotorNetworkConfig> = {}) =>
  new MotorNetwork({
    kind: "bilateral",
    units: 10,
    layers: 2,
    callosum: "maxpool-pad",
    inputs: 16,
    outputs: 6,
    outputActivation: "sigmoid",
    ...change,
  });

const trialsOf = (count: number) =>
  findTask("random-reach").draw(arm, randomStream(1, "tests/body-signals"), count);

const rolloutOf = (problem: Omit<RolloutProblem, "equations">) =>
  createRollout("scalar", { ...problem, equations });

Deno.test("under constant excitations the loss is what the released example has logged", async () => {
  const network = networkOf();
  const rollout = await rolloutOf({
    network,
    losses: objectives.balanced,
    bodySignals: bodySignalCount,
  });
  // Validation losses of the first five epochs, by the mean squared excitation logged along with them, as
  // an independent plant gives them under that excitation of all muscles.
  const logged = [[0.2286, 454.9], [0.1607, 320], [0.1005, 203], [0.049, 107.2], [0.0156, 42.1]];
  for (const [effort, expected] of logged) {
    const command = Math.sqrt(effort);
    const weights = new Float64Array(network.layout.size);
    network.tensors(weights).output.bias.fill(Math.log(command / (1 - command)));
    const { terms } = await rollout.gradient(
      weights,
      trialsOf(256),
      new Float64Array(weights.length),
    );
    const loss = totalLoss(terms, losses.balanced);
    assert.ok(Math.abs(terms.effort - effort) < 1e-12);
    assert.ok(Math.abs(loss / expected - 1) < 0.05, `${loss} at mean u² = ${effort}, ${expected}`);
  }
});

for (const [kind, bodySignals] of [["unilateral", 2], ["bilateral", 4]] as const) {
  Deno.test(`its gradient agrees with central differences (${kind}, ${bodySignals} signals)`, async () => {
    const network = networkOf({ kind, callosum: kind === "bilateral" ? "maxpool-pad" : "none" });
    const problem = { network, losses: objectives.accuracy, bodySignals };
    const rollout = await rolloutOf(problem);
    // Away from the joints' limits.
    const trials: TrialBatch = { ...trialsOf(2), steps: 10 };
    trials.startAngles.set([0.9, 1.1, 1.2, 1.6]);
    const weights = network.initialWeights(2);
    const gradient = new Float64Array(weights.length);
    const unused = gradient.slice();
    await rollout.gradient(weights, trials, gradient);
    const lossAt = async (index: number, value: number) => {
      const moved = weights.slice();
      moved[index] = value;
      const { terms } = await rollout.gradient(moved, trials, unused);
      return totalLoss(terms, losses.accuracy);
    };
    const stream = randomStream(1, "tests/weights");
    for (let pick = 0; pick < 6; pick++) {
      const index = stream.integer(weights.length);
      const step = 1e-5;
      const ahead = await lossAt(index, weights[index] + step);
      const slope = (ahead - await lossAt(index, weights[index] - step)) / (2 * step);
      const scale = Math.max(Math.abs(slope), 1e-3);
      assert.ok(
        Math.abs(gradient[index] - slope) < 1e-4 * scale,
        `weight ${index}: ${gradient[index]}, central differences ${slope}`,
      );
    }
  });
}

Deno.test("it takes the place of hidden activity: as many signals as count, and no hidden layer", async () => {
  const network = networkOf();
  const activityOf = async (bodySignals: number | undefined) => {
    const rollout = await rolloutOf({ network, losses: objectives.balanced, bodySignals });
    const weights = network.initialWeights(1);
    const gradient = new Float64Array(weights.length);
    return (await rollout.gradient(weights, trialsOf(4), gradient)).terms.activity;
  };
  const [hidden, ...signals] = [
    await activityOf(undefined),
    await activityOf(1),
    await activityOf(2),
    await activityOf(3),
    await activityOf(4),
  ];
  for (let i = 1; i < signals.length; i++) assert.ok(signals[i] > signals[i - 1]);
  assert.ok(signals[1] > 100 * hidden, "forces in newtons outweigh all else");
});

Deno.test("where it cannot be had it is refused", async () => {
  const network = networkOf();
  const problem = { network, equations, losses: objectives.balanced, bodySignals: 4 };
  await assert.rejects(createRollout("vector", problem), /vector regularises hidden activity only/);
  const motors = { ...equations, actuator: findActuator("torque-motor", arm) };
  assert.throws(() => new BodySignals(motors, 4, 1, 1), /state of Hill muscles; .*torque-motor/);
});
