/** The scripted minimum-jerk controller: its parts, and in closed loop with the compiled plant. */
import assert from "node:assert/strict";
import {
  estimateJoints,
  minimumJerkController,
  type MinimumJerkOptions,
  shareTorque,
} from "../../controllers/minimum_jerk.ts";
import { minimumJerkTrajectory, restAt } from "../../controllers/minimum_jerk_trajectory.ts";
import type { Arm } from "../../sim/arms/arm.ts";
import { arms, findArm } from "../../sim/arms/catalogue.ts";
import {
  handPosition,
  inverseKinematics,
  middlePosture,
  type Point,
} from "../../sim/arms/kinematics.ts";
import { muscleGeometry, muscleTorques, muscleVelocities } from "../../sim/arms/muscles.ts";
import { defaultActuator, findActuator } from "../../sim/actuators/catalogue.ts";
import { equationsPlant } from "../../sim/physics/equations_plant.ts";
import type { HandFieldArrays } from "../../sim/physics/plant.ts";
import type { Integrator } from "../../sim/physics/plant_equations.ts";
import { type RandomStream, randomStream } from "../../sim/random.ts";
import { observationLayout } from "../../sim/sensors/observation.ts";
import { type MovementRecord, reachMeasures } from "../../sim/tasks/measures.ts";

const arm26 = findArm("arm26");
const human3 = findArm("human3");
const timeStep = 0.01;

function assertClose(actual: readonly number[], expected: readonly number[], tolerance: number) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance,
      `element ${i} of [${actual}] is not within ${tolerance} of [${expected}]`,
    )
  );
}

const postureWithinLimits = (arm: Arm, random: RandomStream) =>
  arm.joints.map(({ lower, upper }) => random.uniform(lower, upper));

// ------------------------------------------------------------------------------------- trajectory

Deno.test("a minimum-jerk trajectory starts and ends at rest and peaks at 1.875 D/T half way", () => {
  const [distance, duration] = [0.3, 0.6];
  const at = minimumJerkTrajectory(restAt([0.1, 0]), [0.1 + distance, 0], duration);
  assert.deepEqual(at(0), restAt([0.1, 0]));
  assert.deepEqual(at(duration), restAt([0.1 + distance, 0]));
  assert.deepEqual(at(-1), at(0));
  assert.deepEqual(at(9), at(duration));
  assertClose(at(duration / 2).velocity, [1.875 * distance / duration, 0], 1e-12);
  assertClose(at(duration / 2).acceleration, [0, 0], 1e-12);
  // The acceleration is largest at x = (1 − 1/√3)/2.
  const peak = at(duration * (1 - 1 / Math.sqrt(3)) / 2).acceleration[0];
  assertClose([peak], [10 / Math.sqrt(3) * distance / duration ** 2], 1e-12);
});

Deno.test("velocity and acceleration are the derivatives of position", () => {
  const start = { position: [0.1, -0.2], velocity: [0.5, 1], acceleration: [-3, 2] };
  const at = minimumJerkTrajectory(start, [0.4, 0.3], 0.7);
  const h = 1e-5;
  for (const time of [0.1, 0.35, 0.6]) {
    const [before, now, after] = [at(time - h), at(time), at(time + h)];
    const slope = (of: "position" | "velocity") =>
      after[of].map((value, i) => (value - before[of][i]) / (2 * h));
    assertClose(now.velocity, slope("position"), 1e-7);
    assertClose(now.acceleration, slope("velocity"), 1e-6);
  }
});

Deno.test("a trajectory from a moving start continues position, velocity and acceleration", () => {
  const whole = minimumJerkTrajectory(restAt([0]), [1], 1);
  const continued = minimumJerkTrajectory(whole(0.4), [1], 0.6);
  assertClose(continued(0).velocity, whole(0.4).velocity, 1e-12);
  assertClose(continued(0).acceleration, whole(0.4).acceleration, 1e-12);
  // What is optimal from start to goal is optimal from any point of the way to the goal.
  for (const time of [0.1, 0.3, 0.5]) {
    assertClose(continued(time).position, whole(0.4 + time).position, 1e-12);
  }
});

Deno.test("trajectories without a usable duration or goal are refused", () => {
  assert.throws(() => minimumJerkTrajectory(restAt([0]), [1], 0), /duration 0 s/);
  assert.throws(() => minimumJerkTrajectory(restAt([0, 0]), [1], 1), /1 coordinates.*2/);
});

// ------------------------------------------------------------------------------------------ sense

/** What an arm senses that moves on from `angles` at `velocities` for one step (explicit Euler). */
function observe(arm: Arm, muscles: boolean, angles: number[], velocities: number[]) {
  const next = angles.map((angle, j) => angle + timeStep * velocities[j]);
  const geometry = muscleGeometry(arm, angles);
  const proprioception = muscles
    ? [
      ...arm.muscles.map((muscle, m) =>
        (geometry.lengths[m] - muscle.tendonLength) / muscle.optimalLength
      ),
      ...muscleVelocities(geometry, velocities).map((velocity, m) =>
        velocity / (10 * arm.muscles[m].optimalLength)
      ),
    ]
    : [...angles.map(Math.cos), ...angles.map(Math.sin), ...velocities];
  const observation = Float64Array.of(...proprioception, ...handPosition(arm, next), 0, 0.4);
  assert.equal(observation.length, observationLayout(arm, muscles).size);
  return { observation, next };
}

Deno.test("the estimated joint state is the true one: current angles, rates of one step before", () => {
  for (const arm of Object.values(arms)) {
    for (const muscles of arm.muscles.length > 0 ? [true, false] : [false]) {
      const random = randomStream(1, `minimum-jerk/estimate/${arm.name}`);
      for (let i = 0; i < 100; i++) {
        // Away from the stretched arm, where the hand tells little of the elbow.
        const angles = arm.joints.map(({ lower, upper }) =>
          random.uniform(lower + 0.15, upper - 0.15)
        );
        const velocities = angles.map(() => random.uniform(-8, 8));
        const { observation, next } = observe(arm, muscles, angles, velocities);
        const estimate = estimateJoints(arm, muscles, timeStep, observation, angles);
        assertClose(estimate.angles, next, 1e-9);
        assertClose(estimate.velocities, velocities, 1e-9);
      }
    }
  }
});

Deno.test("at rest the first estimate needs no memory", () => {
  const angles = [1.1, 0.9];
  const { observation } = observe(arm26, true, angles, [0, 0]);
  const estimate = estimateJoints(arm26, true, timeStep, observation);
  assertClose(estimate.angles, angles, 1e-9);
  assertClose(estimate.velocities, [0, 0], 1e-12);
});

// ------------------------------------------------------------------------------------------ share

/** Torque of each muscle of arm26 at full isometric activation on the plateau, [joint][muscle]. */
function fullTorques(angles: readonly number[]): number[][] {
  const { momentArms } = muscleGeometry(arm26, angles);
  return [0, 1].map((j) =>
    arm26.muscles.map((muscle, m) => -momentArms[m][j] * muscle.maximalForce)
  );
}

Deno.test("shared torques are reproduced by activations within bounds", () => {
  const random = randomStream(2, "minimum-jerk/share");
  for (let i = 0; i < 200; i++) {
    const angles = postureWithinLimits(arm26, random);
    const torques = [random.uniform(-12, 12), random.uniform(-12, 12)];
    const activations = shareTorque(torques, fullTorques(angles), 0.001, 1);
    assert.ok(activations.every((value) => value >= 0.001 && value <= 1));
    const forces = activations.map((value, m) => value * arm26.muscles[m].maximalForce);
    assertClose(muscleTorques(muscleGeometry(arm26, angles), forces, 2), torques, 1e-5);
  }
});

Deno.test("no other activations that make the same torques have a smaller sum of squares", () => {
  const random = randomStream(3, "minimum-jerk/least");
  const unit = fullTorques([0.9, 1.3]);
  const sumOfSquares = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value ** 2, 0);
  const made = (values: readonly number[]) =>
    unit.map((row) => row.reduce((sum, torque, m) => sum + torque * values[m], 0));
  for (let i = 0; i < 300; i++) {
    const others = arm26.muscles.map(() => random.uniform());
    const least = shareTorque(made(others), unit, 0, 1);
    assertClose(made(least), made(others), 1e-5);
    assert.ok(sumOfSquares(least) <= sumOfSquares(others) + 1e-9);
  }
});

Deno.test("no torque needs no muscle, and flexion no extensor", () => {
  const unit = fullTorques(middlePosture(arm26));
  assert.deepEqual(shareTorque([0, 0], unit, 0, 1), [0, 0, 0, 0, 0, 0]);
  const [, deltoid, , tricepsLateral, , tricepsLong] = shareTorque([5, 5], unit, 0, 1);
  assert.deepEqual([deltoid, tricepsLateral, tricepsLong], [0, 0, 0]);
});

Deno.test("torques beyond strength are approached with everything that pulls the right way", () => {
  const activations = shareTorque([500, 500], fullTorques(middlePosture(arm26)), 0, 1);
  assertClose(activations, [1, 0, 1, 0, 1, 0], 1e-9);
  assertClose(shareTorque([5, -30], [[10, 0], [0, 10]], -1, 1), [0.5, -1], 1e-6);
});

// ------------------------------------------------------------------------------------ closed loop

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
