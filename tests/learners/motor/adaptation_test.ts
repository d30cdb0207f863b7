/**
 * Measures of adaptation, on controllers of which it is known what they do in a force field: one that
 * knows nothing of it, one that cancels it, and one that is stiffer.
 */
import assert from "node:assert/strict";
import type { Controller } from "../../../controllers/controller.ts";
import { minimumJerkController } from "../../../controllers/minimum_jerk/controller.ts";
import {
  type AdaptationMeasures,
  adaptationMeasures,
  adaptationOutcome,
} from "../../../learners/motor/evaluation/adaptation.ts";
import { findActuator } from "../../../sim/actuators/catalogue.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { handJacobian, handVelocity } from "../../../sim/arms/kinematics.ts";
import { type EngineName, engineNames } from "../../../sim/physics/catalogue.ts";
import { randomStream } from "../../../sim/random.ts";
import { findTask } from "../../../sim/tasks/catalogue.ts";

const arm = findArm("arm26");
const motors = { arm, actuator: findActuator("torque-motor", arm) };
const trials = 8;

/** Reaches as people do, without a model of any field; stiffer at a larger bandwidth. */
const unaware = (bandwidth = 16) => (): Controller =>
  minimumJerkController(arm, { actuator: motors.actuator, bandwidth });

/** The same, and always the torques that cancel the field of gain `gain` at the velocity just seen. */
const predicting = (power: 1 | 2, gain: number) => (): Controller => {
  const base = unaware()();
  return {
    name: "predicting",
    reset: (arms) => base.reset(arms),
    act(observations, actions) {
      base.act(observations, actions);
      const arms = actions.length / 2;
      for (let i = 0; i < arms; i++) {
        // Rows: two cosines, two sines, two rates.
        const at = (row: number) => observations[row * arms + i];
        const angles = [0, 1].map((joint) => Math.atan2(at(2 + joint), at(joint)));
        const velocity = handVelocity(arm, angles, [at(4), at(5)]);
        const strength = gain * (power === 2 ? Math.hypot(...velocity) : 1);
        const [x, y] = [-strength * velocity[1], strength * velocity[0]];
        const [jacobianX, jacobianY] = handJacobian(arm, angles);
        for (const joint of [0, 1]) {
          const torque = jacobianX[joint] * x + jacobianY[joint] * y;
          actions[joint * arms + i] += torque / arm.torqueLimits[joint];
        }
      }
    },
  };
};

function measured(
  name: string,
  control: () => Controller,
  engine: EngineName = "equations",
): AdaptationMeasures[] {
  const { draw, field } = findTask(name);
  const batch = draw(arm, randomStream(1, "tests/adaptation"), trials);
  return adaptationMeasures(engine, motors, control, batch, field!);
}

const mean = (all: readonly AdaptationMeasures[], name: keyof AdaptationMeasures) =>
  all.reduce((sum, measures) => sum + measures[name], 0) / all.length;

const means = (all: readonly AdaptationMeasures[]) =>
  Object.fromEntries(
    (Object.keys(all[0]) as (keyof AdaptationMeasures)[]).map((name) => [name, mean(all, name)]),
  );

for (const engine of engineNames) {
  Deno.test(`who knows nothing of a curl field is pushed aside and does not counter it, in ${engine}`, () => {
    for (const [name, side] of [["curl-field", -1], ["curl-field-ccw", 1]] as const) {
      const all = measured(name, unaware(), engine);
      assert.ok(Math.abs(mean(all, "adaptationIndex")) < 0.05, `${mean(all, "adaptationIndex")}`);
      for (const measures of all) {
        const { nullFieldDeviation, meanFieldDeviationAtPeakSpeed: pushed } = measures;
        assert.ok(Math.abs(nullFieldDeviation) < 2e-3, `${nullFieldDeviation} m without a field`);
        assert.ok(side * pushed > 3e-3, `${pushed} m in ${name}`);
      }
    }
  });
}

for (
  const [name, power, gain] of [
    ["curl-field", 1, 13],
    ["curl-field-ccw", 1, -13],
    ["velocity-squared-field", 2, 20],
    ["velocity-squared-field-ccw", 2, -20],
    ["noisy-linear-field", 1, 13],
  ] as const
) {
  Deno.test(`who cancels the mean field has index 1, and deviates without it: ${name}`, () => {
    const naive = measured(name, unaware());
    const adapted = measured(name, predicting(power, gain));
    const index = mean(adapted, "adaptationIndex");
    assert.ok(Math.abs(index - 1) < 0.1, `index ${index}`);
    for (const { nullFieldDeviation } of adapted) {
      assert.ok(Math.sign(gain) * nullFieldDeviation > 3e-3, `${nullFieldDeviation} m`);
    }
    const outcome = adaptationOutcome(means(naive), means(adapted));
    for (const share of ["deviationReduction", "afterEffect", "prediction"] as const) {
      assert.ok(outcome[share] > 0.7 && outcome[share] < 1.1, `${share} ${outcome[share]}`);
    }
    assert.ok(Math.abs(outcome.impedance) < 0.1, `impedance ${outcome.impedance}`);
    assert.ok(Math.abs(outcome.complianceRatio - 1) < 0.1, `ratio ${outcome.complianceRatio}`);
  });
}

Deno.test("who is stiffer gives way less to fields and pulses, and has no after-effect", () => {
  for (const name of ["velocity-squared-field", "noisy-linear-field"]) {
    const naive = measured(name, unaware());
    const stiff = measured(name, unaware(20));
    const outcome = adaptationOutcome(means(naive), means(stiff));
    for (const share of ["deviationReduction", "impedance"] as const) {
      assert.ok(outcome[share] > 0.2 && outcome[share] < 0.5, `${share} ${outcome[share]}`);
    }
    // The feedback's stiffness goes with the square of the bandwidth, 20 instead of 16 rad/s.
    assert.ok(outcome.complianceRatio < 0.85, `compliance ratio ${outcome.complianceRatio}`);
    assert.ok(Math.abs(outcome.prediction) < 0.01, `prediction ${outcome.prediction}`);
    assert.ok(Math.abs(outcome.afterEffect) < 0.01, `after-effect ${outcome.afterEffect}`);
    assert.ok(Math.abs(mean(stiff, "adaptationIndex")) < 0.05);
  }
});

Deno.test("the compliance is that of the hand's mass and feedback, about 2 mm/N, in any field's task", () => {
  const [squared, noisy] = ["velocity-squared-field", "noisy-linear-field"].map((name) =>
    mean(measured(name, unaware()), "lateralCompliance")
  );
  assert.equal(squared, noisy, "pulses come without the field");
  assert.ok(squared > 1e-3 && squared < 5e-3, `${squared} m/N`);
});

Deno.test("an outcome needs the measures of adaptation, and says which is missing", () => {
  const { lateralCompliance: _, ...rest } = means(measured("curl-field", unaware()));
  assert.throws(() => adaptationOutcome(rest, rest), {
    name: "RangeError",
    message: /^lateralCompliance is undefined; adaptation is told from/,
  });
});
