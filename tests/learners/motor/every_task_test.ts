/** Every task with every kind of arm: drawn, rolled out in both engines, and trained on. */
import assert from "node:assert/strict";
import { minimumJerkController } from "../../../controllers/minimum_jerk/controller.ts";
import { MotorNetwork } from "../../../controllers/motor_network.ts";
import { networkController } from "../../../controllers/network_controller.ts";
import { measuresOf, performTrials } from "../../../learners/motor/evaluation/trials.ts";
import { objectives } from "../../../learners/motor/objectives.ts";
import { createRollout } from "../../../learners/motor/rollouts.ts";
import { findActuator } from "../../../sim/actuators/catalogue.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { inverseKinematics, middlePosture, withinLimits } from "../../../sim/arms/kinematics.ts";
import { VectorEnv } from "../../../sim/env.ts";
import { createPlant, engineNames, trainingEquations } from "../../../sim/physics/catalogue.ts";
import { randomStream } from "../../../sim/random.ts";
import { observationLayout } from "../../../sim/sensors/observation.ts";
import { tasks } from "../../../sim/tasks/catalogue.ts";
import { controlStep } from "../../../sim/tasks/task.ts";
import type { TrialBatch } from "../../../sim/tasks/trial.ts";

const trials = 4;

/** The beginning of trials: until every cue has come and every pulse has begun. */
const begun = (batch: TrialBatch): TrialBatch => ({ ...batch, steps: Math.min(batch.steps, 70) });

for (
  const [name, drive] of [
    ["arm26", "hill-muscle"],
    ["arm26", "torque-motor"],
    ["human3", "torque-motor"],
  ] as const
) {
  const arm = findArm(name);
  const actuator = findActuator(drive, arm);
  const timeStep = controlStep;
  const network = new MotorNetwork({
    kind: "bilateral",
    units: 8,
    layers: 2,
    callosum: "maxpool-pad",
    inputs: observationLayout(arm, actuator.muscles).size,
    outputs: actuator.count,
    outputActivation: actuator.muscles ? "sigmoid" : "tanh",
  });
  const weights = network.initialWeights(1);
  const problem = {
    network,
    equations: trainingEquations({ arm, actuator, timeStep }),
    losses: objectives.specialised,
  };
  const draw = (task: keyof typeof tasks) =>
    begun(tasks[task].draw(arm, randomStream(1, `tests/every/${task}`), trials));

  for (const engine of engineNames) {
    Deno.test(`every task can be done with ${name} and ${drive} in ${engine}`, () => {
      for (const task of Object.values(tasks)) {
        const batch = draw(task.name);
        const stiff = batch.channel !== undefined;
        const plant = createPlant(engine, { arm, actuator, arms: trials, timeStep, stiff });
        const env = new VectorEnv(plant, task);
        for (
          const controller of [
            networkController(network, weights, trials),
            minimumJerkController(arm, { actuator }),
          ]
        ) {
          for (const record of performTrials(env, controller, batch)) {
            const measures = measuresOf(task, record);
            assert.ok(Number.isFinite(measures.finalError), `${task.name}, ${controller.name}`);
          }
        }
      }
    });
  }

  for (const form of ["vector", "scalar"] as const) {
    Deno.test(`every task's training has finite gradients with ${name}, ${drive}, ${form}`, async () => {
      const rollout = await createRollout(form, problem);
      const gradient = new Float64Array(weights.length);
      for (const task of Object.values(tasks)) {
        for (const phase of task.training) {
          const what = `${task.name}, ${phase.name}`;
          const stream = randomStream(2, `tests/every/${what}`);
          const batch = begun(phase.draw(arm, stream, trials));
          const { terms, nonFinite } = await rollout.gradient(weights, batch, gradient);
          assert.equal(nonFinite, 0, what);
          assert.ok(Object.values(terms).every(Number.isFinite), what);
          assert.ok(gradient.some((slope) => slope !== 0), what);
        }
      }
    });
  }
}

for (const name of ["arm26", "two-dof", "human3"]) {
  Deno.test(`every goal of every task is within reach of ${name}`, () => {
    const arm = findArm(name);
    for (const task of Object.values(tasks)) {
      const stream = randomStream(1, `tests/goals/${task.name}`);
      const { goal, startAngles } = task.draw(arm, stream, 40);
      for (let trial = 0; trial < 40; trial++) {
        const near = arm.joints.map((_, j) => startAngles[j * 40 + trial]);
        // Two links have one posture within the limits; of a redundant arm's the search finds a near one.
        const options = arm.links.length === 2 ? {} : { near };
        const posture = inverseKinematics(arm, [goal[trial], goal[40 + trial]], options);
        assert.ok(withinLimits(arm, posture), `${task.name}, trial ${trial}: ${posture}`);
      }
    }
  });
}

Deno.test("a redundant arm reaches a goal nearby by a posture nearby, and in many ways", () => {
  const arm = findArm("human3");
  const start = middlePosture(arm);
  const batch = tasks["centre-out"].draw(arm, randomStream(3, "tests/redundant"), 8);
  for (let trial = 0; trial < 8; trial++) {
    const goal = [batch.goal[trial], batch.goal[8 + trial]] as const;
    const nearest = inverseKinematics(arm, goal, { near: start });
    const apart = Math.hypot(...nearest.map((angle, j) => angle - start[j]));
    assert.ok(apart < 0.6, `${apart} rad away`);
    const bent = inverseKinematics(arm, goal, { near: [start[0], start[1] - 0.4, start[2] + 0.6] });
    assert.ok(
      Math.abs(bent[2] - nearest[2]) > 0.1,
      "another posture with the hand at the same point",
    );
  }
});
