/** The scripted minimum-jerk controller in closed loop with the compiled plant. */
import assert from "node:assert/strict";
import {
  minimumJerkController,
  type MinimumJerkOptions,
} from "../../../controllers/minimum_jerk/controller.ts";
import { defaultActuator, findActuator } from "../../../sim/actuators/catalogue.ts";
import type { Arm } from "../../../sim/arms/arm.ts";
import { arms, findArm } from "../../../sim/arms/catalogue.ts";
import {
  handPosition,
  inverseKinematics,
  middlePosture,
  type Point,
} from "../../../sim/arms/kinematics.ts";
import { reachMeasures } from "../../../sim/measures/catalogue.ts";
import type { MovementRecord } from "../../../sim/measures/record.ts";
import { equationsPlant } from "../../../sim/physics/equations_plant.ts";
import type { HandFieldArrays } from "../../../sim/physics/plant.ts";
import type { Integrator } from "../../../sim/physics/plant_equations.ts";
import { randomStream } from "../../../sim/random.ts";
import { postureWithinLimits, timeStep } from "./checks.ts";

const arm26 = findArm("arm26");
const human3 = findArm("human3");

interface Trial {
  readonly arm: Arm;
  readonly actuator?: string;
  readonly integrator?: Integrator;
  readonly postures: readonly (readonly number[])[];
  /** The target of an arm at a step. */
  readonly target: (trial: number, step: number) => Point;
  readonly steps: number;
  readonly field?: HandFieldArrays;
  readonly options?: MinimumJerkOptions;
}

/** Run the controller on the compiled plant, one arm for each start posture. */
function closedLoop(trial: Trial): { records: MovementRecord[]; actions: Float64Array[] } {
  const { arm, postures, target, steps, field, integrator = "motornet" } = trial;
  const actuator = trial.actuator ? findActuator(trial.actuator, arm) : defaultActuator(arm);
  const count = postures.length;
  const plant = equationsPlant(
    { arm, actuator, scene: { gravity: 0, limits: true }, integrator, timeStep },
    count,
  );
  const controller = minimumJerkController(arm, { actuator, ...trial.options });
  const rows = (numbers: readonly (readonly number[])[]) =>
    Float64Array.from(numbers[0].flatMap((_, row) => numbers.map((column) => column[row])));
  plant.reset(rows(postures));
  controller.reset(count);
  const paths = postures.map((posture) => [...handPosition(arm, posture)]);
  const actions: Float64Array[] = [];
  const { sensed, hand } = plant.readings;
  for (let step = 0; step < steps; step++) {
    const targets = rows(postures.map((_, i) => target(i, step)));
    const commands = new Float64Array(actuator.count * count);
    controller.act(Float64Array.of(...sensed, ...targets), commands);
    plant.step(commands, field);
    actions.push(commands);
    paths.forEach((path, i) => path.push(hand[i], hand[count + i]));
  }
  const records = paths.map((path, i): MovementRecord => ({
    timeStep,
    positions: Float64Array.from(path),
    start: [path[0], path[1]],
    goal: target(i, steps),
  }));
  return { records, actions };
}

const directions = Array.from({ length: 8 }, (_, k) => 2 * Math.PI * k / 8);

/** Reaches of 10 cm from the middle posture in eight directions. */
function centreOut(arm: Arm, more: Partial<Trial> = {}) {
  const posture = middlePosture(arm);
  const [x, y] = handPosition(arm, posture);
  return closedLoop({
    arm,
    postures: directions.map(() => posture),
    target: (i) => [x + 0.1 * Math.cos(directions[i]), y + 0.1 * Math.sin(directions[i])],
    steps: 80,
    ...more,
  });
}

/** Reaches between random postures. */
function randomReaches(arm: Arm, steps: number, more: Partial<Trial> = {}) {
  const random = randomStream(4, `minimum-jerk/reach/${arm.name}`);
  const postures = Array.from({ length: 25 }, () => postureWithinLimits(arm, random));
  const goals = postures.map(() => handPosition(arm, postureWithinLimits(arm, random)));
  return closedLoop({ arm, postures, target: (i) => goals[i], steps, ...more });
}

Deno.test("every arm reaches 10 cm in every direction: to 5 mm, straight, with one speed peak", () => {
  for (const arm of Object.values(arms)) {
    for (const record of centreOut(arm).records) {
      const measures = reachMeasures(record);
      assert.ok(measures.endpointError < 0.005, `${arm.name} ends ${measures.endpointError} m off`);
      assert.ok(
        measures.straightness < 1.15,
        `${arm.name} has straightness ${measures.straightness}`,
      );
      assert.equal(measures.speedPeaks, 1);
      assert.ok(Math.abs(measures.peakSpeed / (1.875 * 0.1 / 0.4) - 1) < 0.25);
    }
  }
});

Deno.test("the muscles of arm26 reach almost anywhere in half a second, within 2 cm on average", () => {
  for (const integrator of ["motornet", "semi-implicit", "rk4"] as const) {
    const errors = randomReaches(arm26, 50, { integrator })
      .records.map((record) => reachMeasures(record).finalError);
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    assert.ok(mean < 0.02, `${integrator}: mean error ${mean} m`);
  }
});

Deno.test("given time, every arm reaches every target within 2 cm", () => {
  for (const arm of Object.values(arms)) {
    for (const [i, record] of randomReaches(arm, 160).records.entries()) {
      const { endpointError } = reachMeasures(record);
      assert.ok(endpointError < 0.02, `${arm.name}, reach ${i}: ${endpointError} m off`);
    }
  }
});

Deno.test("every actuator of arm26 is driven to the target", () => {
  for (const actuator of ["thelen-muscle", "relu-muscle", "torque-motor"]) {
    for (const record of centreOut(arm26, { actuator }).records) {
      const { endpointError } = reachMeasures(record);
      assert.ok(endpointError < 0.01, `${actuator} ends ${endpointError} m off`);
    }
  }
});

Deno.test("a hand under an unknown constant load is brought back", () => {
  const random = randomStream(5, "minimum-jerk/hold");
  const postures = Array.from({ length: 20 }, () => postureWithinLimits(arm26, random));
  const load = Float64Array.from({ length: 40 }, () => random.uniform(-10, 10));
  const { records } = closedLoop({
    arm: arm26,
    postures,
    target: (i) => handPosition(arm26, postures[i]),
    steps: 50,
    field: { load },
  });
  for (const record of records) {
    const { endpointError, peakSpeed } = reachMeasures(record);
    assert.ok(peakSpeed > 0.02, "the load moves the hand");
    assert.ok(endpointError < 0.02, `the hand stays ${endpointError} m away`);
  }
});

Deno.test("the hand moves straight where the joints alone would take it along an arc", () => {
  const [from, to] = [[-0.3, 0.35], [0.3, 0.35]] as const;
  for (const name of ["arm26", "two-dof"]) {
    const arm = findArm(name);
    const { records: [record] } = closedLoop({
      arm,
      postures: [inverseKinematics(arm, from)],
      target: () => to,
      steps: 120,
      options: { duration: 0.8 },
    });
    const { maximalDeviation, endpointError } = reachMeasures(record);
    assert.ok(Math.abs(maximalDeviation) < 0.015, `${name} deviates by ${maximalDeviation} m`);
    assert.ok(endpointError < 0.005, `${name} ends ${endpointError} m off`);
  }
});

Deno.test("a target that jumps to another place on the way is reached", () => {
  const posture = middlePosture(arm26);
  const [x, y] = handPosition(arm26, posture);
  const { records: [record] } = closedLoop({
    arm: arm26,
    postures: [posture],
    target: (_, step) => step < 15 ? [x + 0.1, y] : [x, y - 0.1],
    steps: 100,
  });
  const { endpointError } = reachMeasures(record);
  assert.ok(endpointError < 0.005, `${endpointError} m off`);
});

Deno.test("a target that moves on does not stop the hand: the new plan continues its motion", () => {
  const posture = middlePosture(arm26);
  const [x, y] = handPosition(arm26, posture);
  const { records: [record] } = closedLoop({
    arm: arm26,
    postures: [posture],
    target: (_, step) => step < 20 ? [x + 0.1, y] : [x + 0.15, y],
    steps: 100,
  });
  const { endpointError, speedPeaks } = reachMeasures(record);
  assert.ok(endpointError < 0.005, `${endpointError} m off`);
  assert.equal(speedPeaks, 1);
});

Deno.test("a target out of reach is approached, not refused", () => {
  const { records: [record] } = closedLoop({
    arm: arm26,
    postures: [middlePosture(arm26)],
    target: () => [1, 1],
    steps: 100,
  });
  const [x, y] = record.positions.slice(-2);
  assert.ok(Math.hypot(x, y) > 0.62 && Math.abs(x - y) < 0.03, `the hand ends at (${x}, ${y})`);
});

Deno.test("an arm's commands do not depend on its neighbours in the batch, nor on earlier trials", () => {
  const random = randomStream(6, "minimum-jerk/batch");
  const postures = Array.from({ length: 3 }, () => postureWithinLimits(arm26, random));
  const goals = postures.map(() => handPosition(arm26, postureWithinLimits(arm26, random)));
  const run = (chosen: readonly number[]) =>
    closedLoop({
      arm: arm26,
      postures: chosen.map((i) => postures[i]),
      target: (i) => goals[chosen[i]],
      steps: 30,
    }).records.map((record) => record.positions);
  assert.deepEqual(run([0, 1, 2])[2], run([2])[0]);

  const controller = minimumJerkController(human3);
  const observation = Float64Array.of(
    ...[0.3, 0.6, 0.4].map(Math.cos),
    ...[0.3, 0.6, 0.4].map(Math.sin),
    ...[0, 0, 0],
    ...handPosition(human3, [0.3, 0.6, 0.4]),
    ...[0.2, 0.5],
  );
  const first = new Float64Array(3);
  const second = new Float64Array(3);
  controller.reset(1);
  controller.act(observation, first);
  controller.act(observation, second);
  assert.notDeepEqual(second, first);
  controller.reset(1);
  controller.act(observation, second);
  assert.deepEqual(second, first);
});

Deno.test("a longer duration makes a slower movement", () => {
  const peak = (duration: number) =>
    Math.max(
      ...centreOut(arm26, { options: { duration } }).records.map((record) =>
        reachMeasures(record).peakSpeed
      ),
    );
  assert.ok(peak(0.7) < 0.7 * peak(0.4));
});

Deno.test("wrong options and arrays are refused", () => {
  assert.throws(() => minimumJerkController(arm26, { duration: 0 }), /duration 0 .*positive/);
  assert.throws(() => minimumJerkController(arm26, { gravity: NaN }), /gravity NaN/);
  const muscular: Arm = {
    ...human3,
    muscles: arm26.muscles.map((muscle) => ({
      ...muscle,
      momentArms: [...muscle.momentArms, 0],
      momentArmSlopes: [...muscle.momentArmSlopes, 0],
    })),
    muscleReference: [...arm26.muscleReference, 0],
  };
  assert.throws(() => minimumJerkController(muscular), /3 links and muscles/);
  const controller = minimumJerkController(arm26);
  controller.reset(2);
  assert.throws(
    () => controller.act(new Float64Array(16), new Float64Array(12)),
    /observations has 16 numbers; for the 2 arms .* 16 rows of 2/,
  );
  assert.throws(() => controller.act(new Float64Array(32), new Float64Array(6)), /actions has 6/);
});
