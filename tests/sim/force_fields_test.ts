/**
 * Force fields at the hand: their forces at given velocities, the work they do, how their strength varies
 * from trial to trial, the same on both engines, and their gradient.
 */
import assert from "node:assert/strict";
import { findActuator } from "../../sim/actuators/catalogue.ts";
import type { Arm } from "../../sim/arms/arm.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import { middlePosture } from "../../sim/arms/kinematics.ts";
import { inverseDynamics } from "../../sim/arms/dynamics.ts";
import { createPlant, engineNames, trainingEquations } from "../../sim/physics/catalogue.ts";
import { horizontalScene } from "../../sim/physics/engine.ts";
import { equationsPlant } from "../../sim/physics/equations_plant.ts";
import { type FieldPart, handForces, saturationSpeed } from "../../sim/physics/hand_field.ts";
import type { HandFieldArrays } from "../../sim/physics/plant.ts";
import {
  adjointKernel,
  sensedSize,
  stateLayout,
  stepKernel,
} from "../../sim/physics/plant_kernels.ts";
import { randomStream } from "../../sim/random.ts";
import { findTask } from "../../sim/tasks/catalogue.ts";
import {
  cancellingForce,
  type CurlField,
  drawGains,
  withChannel,
  withCurlField,
  withoutForces,
  withPulse,
} from "../../sim/tasks/force_fields.ts";
import { inputsAt, stepInputs, type TrialBatch } from "../../sim/tasks/trial.ts";

const arm = findArm("arm26");
const linear: CurlField = { power: 1, gain: 13, spread: 0 };
const squared: CurlField = { power: 2, gain: 20, spread: 0 };
const noisy: CurlField = { power: 1, gain: 13, spread: 13 };
const reversed = (field: CurlField): CurlField => ({ ...field, gain: -field.gain });

/** Trials of centre-out reaches, from 0.05 to 0.25 s on their way. */
const reaches = (trials: number): TrialBatch =>
  findTask("centre-out").draw(arm, randomStream(1, "force-fields"), trials);

/** The field that acts in the last step of a batch. */
function fieldOf(batch: TrialBatch): HandFieldArrays {
  const inputs = stepInputs(batch);
  inputsAt(batch, batch.steps - 1, inputs);
  return inputs.field;
}

/** The force on one hand that is at the start of its reach and moves with `velocity`, N. */
function forceAt(batch: TrialBatch, velocity: readonly [number, number]): number[] {
  const into = new Float64Array(2).fill(NaN);
  handForces(fieldOf(batch), batch.start, Float64Array.from(velocity), into);
  return [...into];
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  assert.equal(actual.length, expected.length);
  Array.from(actual).forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance,
      `element ${i} is ${value}, expected ${expected[i]} ± ${tolerance}`,
    )
  );
}

// Forces -------------------------------------------------------------------------------------------

for (
  const [what, field, velocity, expected] of [
    // 13 · (0.3, −0)
    ["linear, upwards", linear, [0, 0.3], [3.9, 0]],
    ["linear, to the right", linear, [0.3, 0], [0, -3.9]],
    // 20 · 0.3 · 0.3
    ["squared, upwards", squared, [0, 0.3], [1.8, 0]],
    ["squared, twice as fast", squared, [0, 0.6], [7.2, 0]],
    ["squared, to the left", squared, [-0.5, 0], [0, 5]],
    // ‖(0.3, 0.4)‖ = 0.5: 20 · 0.5 · (0.4, −0.3)
    ["squared, aslant", squared, [0.3, 0.4], [4, -3]],
    // At 1 m/s 20 N, and no more beyond.
    ["squared, at the saturation speed", squared, [0, 1], [20, 0]],
    ["squared, beyond it", squared, [-3, 4], [16, 12]],
    ["squared, at rest", squared, [0, 0], [0, 0]],
  ] as const
) {
  Deno.test(`the force at a given velocity is the one computed by hand: ${what}`, () => {
    assertClose(forceAt(withCurlField(reaches(1), field), velocity), expected, 1e-14);
    const other = forceAt(withCurlField(reaches(1), reversed(field)), velocity);
    assertClose(other, expected.map((force) => -force), 1e-14);
  });
}

Deno.test("a curl field is at right angles to the velocity and does no work, whatever its power", () => {
  const stream = randomStream(2, "force-fields/work");
  for (const field of [linear, squared, reversed(squared)]) {
    const batch = withCurlField(reaches(1), field);
    for (let i = 0; i < 200; i++) {
      const velocity = [stream.uniform(-2, 2), stream.uniform(-2, 2)] as const;
      const [x, y] = forceAt(batch, velocity);
      const scale = Math.hypot(x, y) * Math.hypot(...velocity);
      assert.ok(Math.abs(x * velocity[0] + y * velocity[1]) <= 1e-14 * scale);
      const turned = Math.sign(velocity[0] * y - velocity[1] * x);
      assert.equal(turned, -Math.sign(field.gain), "a positive gain turns the hand clockwise");
    }
  }
});

Deno.test("a velocity-squared drag takes energy from the hand wherever it goes", () => {
  const drag = { quadraticViscosity: Float64Array.of(-20, 0, 0, -20) };
  const stream = randomStream(3, "force-fields/drag");
  for (let i = 0; i < 100; i++) {
    const velocity = Float64Array.of(stream.uniform(-2, 2), stream.uniform(-2, 2));
    const into = new Float64Array(2);
    handForces(drag, new Float64Array(2), velocity, into);
    const speed = Math.hypot(...velocity);
    const power = into[0] * velocity[0] + into[1] * velocity[1];
    assertClose([power], [-20 * Math.min(speed, saturationSpeed) ** 2 * speed], 1e-12);
  }
});

Deno.test("fields of any part add up", () => {
  const parts: HandFieldArrays = {
    load: Float64Array.of(1, -2),
    viscosity: Float64Array.of(1, 2, 3, 4),
    quadraticViscosity: Float64Array.of(-1, 5, 2, 0),
    stiffness: Float64Array.of(-10, 0, 5, -20),
    anchor: Float64Array.of(0.1, 0.2),
  };
  const sum = new Float64Array(2);
  // velocity (0.3, −0.4), 0.5 m/s; 0.1 m right of and 0.05 m below the anchor
  handForces(parts, Float64Array.of(0.2, 0.15), Float64Array.of(0.3, -0.4), sum);
  assertClose(
    sum,
    [
      1 + (0.3 - 0.8) + 0.5 * (-0.3 - 2) + -10 * 0.1,
      -2 + (0.9 - 1.6) + 0.5 * 0.6 + (5 * 0.1 - 20 * -0.05),
    ],
    1e-15,
  );
});

Deno.test("the cancelling force is the field's, reversed, for a hand on its line", () => {
  const batch = reaches(1);
  const along = [0, 1].map((axis) => (batch.goal[axis] - batch.start[axis]) / 0.1);
  for (const field of [linear, squared, reversed(linear), reversed(squared)]) {
    for (const speed of [0, 0.2, 0.7, 1.6, -0.4]) {
      const [x, y] = forceAt(withCurlField(batch, field), [speed * along[0], speed * along[1]]);
      const left = -x * along[1] + y * along[0];
      assertClose([cancellingForce(field, speed)], [-left], 1e-13);
    }
  }
});

// Trials -------------------------------------------------------------------------------------------

Deno.test("a predictable field has its gain in every trial, a noisy one gains uniform about it", () => {
  const count = 4000;
  const draw = (field: CurlField) => drawGains(field, randomStream(4, "force-fields/gains"), count);
  assert.ok(draw(linear).every((gain) => gain === 13));
  assert.ok(draw(reversed(squared)).every((gain) => gain === -20));
  for (const field of [noisy, reversed(noisy)]) {
    const gains = draw(field);
    const shares = gains.map((gain) => (gain - field.gain) / field.spread);
    assert.ok(shares.every((share) => share >= -1 && share < 1));
    const mean = shares.reduce((sum, share) => sum + share, 0) / count;
    assertClose([mean], [0], 4.5 / Math.sqrt(3 * count));
    const variance = shares.reduce((sum, share) => sum + share ** 2, 0) / count;
    assertClose([variance], [1 / 3], 4.5 * Math.sqrt(4 / 45 / count));
    const neighbours = shares.slice(1).reduce((sum, share, i) => sum + share * shares[i], 0);
    assertClose([neighbours / (count - 1)], [0], 4.5 / 3 / Math.sqrt(count));
  }
});

Deno.test("noisy-linear-field: every trial has a curl field of its own strength", () => {
  const trials = 400;
  const task = findTask("noisy-linear-field");
  const batch = task.draw(arm, randomStream(5, "force-fields/noisy"), trials);
  const { viscosity } = fieldOf(batch);
  const row = (index: number) => [...viscosity!.subarray(index * trials, (index + 1) * trials)];
  assert.ok([...row(0), ...row(3)].every((entry) => entry === 0));
  assert.deepEqual(row(1), row(2).map((entry) => -entry));
  assert.ok(row(1).every((gain) => gain >= 0 && gain < 26));
  assert.equal(new Set(row(1)).size, trials);
  const again = task.draw(arm, randomStream(6, "force-fields/noisy"), trials);
  assert.notDeepEqual(fieldOf(again).viscosity, viscosity, "gains that can be foreseen");
  assert.ok(batch.quadraticViscosity === undefined);
});

Deno.test("a field takes the place of another one, and trials without forces have none", () => {
  const batch = withPulse(
    withChannel(withCurlField(reaches(3), linear), {
      stiffness: 100,
      damping: 1,
    }),
    { force: 1, after: 0, steps: 1 },
  );
  const instead = withCurlField(batch, squared);
  assert.deepEqual([instead.viscosity, !instead.quadraticViscosity], [undefined, false]);
  assert.equal(instead.load, batch.load);
  assert.deepEqual(Object.keys(fieldOf(withoutForces(instead))), []);
  assert.deepEqual(withoutForces(instead), reaches(3));
});

Deno.test("a field acts from the go cue on, and needs a gain for each trial", () => {
  const batch = withCurlField(reaches(2), squared, Float64Array.of(20, -5));
  const inputs = stepInputs(batch);
  for (let step = 0; step < batch.steps; step++) {
    inputsAt(batch, step, inputs);
    const gains = [...inputs.field.quadraticViscosity!.subarray(2, 4)];
    const expected = [20, -5].map((gain, trial) => step < batch.goStep[trial] ? 0 : gain);
    assert.deepEqual(gains, expected, `step ${step}`);
  }
  assert.throws(() => withCurlField(reaches(2), linear, new Float64Array(3)), {
    name: "RangeError",
    message: "3 gains for 2 trials; there should be one a trial",
  });
});

Deno.test("a pulse pushes across the line, to the left when positive, while it lasts", () => {
  const batch = withPulse(reaches(8), { force: 4, after: 15, steps: 10 });
  const inputs = stepInputs(batch);
  for (let step = 0; step < batch.steps; step++) {
    inputsAt(batch, step, inputs);
    const { load } = inputs.field;
    for (let trial = 0; trial < 8; trial++) {
      const [ex, ey] = [0, 8].map((row) =>
        (batch.goal[row + trial] - batch.start[row + trial]) / 0.1
      );
      const from = batch.goStep[trial] + 15;
      const force = step >= from && step < from + 10 ? 4 : 0;
      assertClose([load![trial], load![8 + trial]], [-force * ey, force * ex], 1e-12);
    }
  }
});

Deno.test("where the goal is the start, neither channel nor pulse has a direction", () => {
  const batch = reaches(2);
  const still = { ...batch, goal: batch.start };
  const message = /trial 0 has its goal at its start: a .* needs a direction$/;
  assert.throws(() => withPulse(still, { force: 1, after: 0, steps: 1 }), message);
  assert.throws(() => withChannel(still, { stiffness: 1, damping: 1 }), message);
});

// Physics ------------------------------------------------------------------------------------------

const motors = findActuator("torque-motor", arm);

/** ½ q̇ᵀ M q̇, J. */
function kineticEnergy(moved: Arm, angles: Float64Array, rates: Float64Array): number {
  const still = rates.map(() => 0);
  const momenta = inverseDynamics(moved, [...angles], [...still], [...rates]);
  return momenta.reduce((sum, momentum, j) => sum + momentum * rates[j] / 2, 0);
}

Deno.test("an arm that swings in a curl field keeps its energy, in a drag it loses it", () => {
  const equations = {
    ...trainingEquations({ arm, actuator: motors, timeStep: 0.001 }),
    integrator: "rk4",
    scene: { ...horizontalScene, limits: false },
  } as const;
  const layout = stateLayout(equations);
  const swing = (part: FieldPart, field: Float64Array) => {
    const kernel = stepKernel(equations, [part]);
    const state = new Float64Array(layout.size);
    state.set([...middlePosture(arm), 1, -2]);
    const energy = () => kineticEnergy(arm, state.subarray(0, 2), state.subarray(2, 4));
    const before = energy();
    const sensed = new Float64Array(sensedSize(equations));
    for (let step = 0; step < 500; step++) {
      kernel.run(1, state, new Float64Array(2), field, state, sensed);
    }
    return energy() / before;
  };
  for (const part of ["viscosity", "quadraticViscosity"] as const) {
    assertClose([swing(part, Float64Array.of(0, 13, -13, 0))], [1], 1e-5);
    assert.ok(swing(part, Float64Array.of(-5, 0, 0, -5)) < 0.9, part);
    assert.ok(swing(part, Float64Array.of(5, 0, 0, 5)) > 1.1, part);
  }
});

for (
  const [name, actuator, commands] of [
    ["arm26", "hill-muscle", [.09, .02, .06, .02, .04, .01]],
    ["human3", "torque-motor", [0.3, 0.2, 0.05]],
  ] as const
) {
  Deno.test(`a velocity-squared field moves ${name} alike in both engines`, () => {
    const moved = findArm(name);
    const request = {
      arm: moved,
      actuator: findActuator(actuator, moved),
      arms: 1,
      timeStep: 0.01,
    };
    /** Where the hand is after 0.2 s, in fine steps. */
    const handAfter = (engine: (typeof engineNames)[number], field: HandFieldArrays) => {
      const plant = createPlant(engine, { ...request, stiff: true });
      plant.reset(Float64Array.from(middlePosture(moved)));
      for (let step = 0; step < 20; step++) plant.step(Float64Array.from(commands), field);
      return plant.readings.hand.slice();
    };
    const apart = (a: Float64Array, b: Float64Array) => Math.hypot(a[0] - b[0], a[1] - b[1]);
    const pushing = { quadraticViscosity: Float64Array.of(0, 20, -20, 0) };
    const [cannon, equations] = engineNames.map((engine) => handAfter(engine, pushing));
    const effect = apart(equations, handAfter("equations", {}));
    assert.ok(effect > 0.02, `the field moves the hand by ${effect} m only`);
    assert.ok(apart(cannon, equations) < 1e-3, `${apart(cannon, equations)} m apart`);
  });
}

Deno.test("in steps of 10 ms a light hand in twice the usual field does not gain energy", () => {
  const human3 = findArm("human3");
  const actuator = findActuator("torque-motor", human3);
  const equations = trainingEquations({ arm: human3, actuator, timeStep: 0.01 });
  const plant = equationsPlant({ ...equations, scene: { ...horizontalScene, limits: false } }, 1);
  const { angles, velocities } = plant.readings;
  const viscosity = Float64Array.of(0, 26, -26, 0);
  plant.reset(Float64Array.from(middlePosture(human3)));
  for (let step = 0; step < 5; step++) plant.step(Float64Array.of(0.3, 0.2, 0.1), {});
  const before = kineticEnergy(human3, angles, velocities);
  assert.ok(before > 0.05, `${before} J`);
  for (let step = 0; step < 40; step++) {
    plant.step(new Float64Array(3), { viscosity });
    const energy = kineticEnergy(human3, angles, velocities);
    assert.ok(energy < 1.01 * before, `${energy} J after a push to ${before} J`);
  }
});

// Gradient -----------------------------------------------------------------------------------------

for (const integrator of ["motornet", "rk4"] as const) {
  Deno.test(`the gradient through a velocity-squared field is that of central differences (${integrator})`, () => {
    const equations = {
      ...trainingEquations({ arm, actuator: motors, timeStep: 0.01 }),
      integrator,
      scene: { ...horizontalScene, limits: false },
    };
    const parts = ["quadraticViscosity"] as const;
    const { size } = stateLayout(equations);
    const [step, adjoint] = [stepKernel(equations, parts), adjointKernel(equations, parts, 1)];
    const stream = randomStream(7, `force-fields/gradient/${integrator}`);
    // Hands that are slower than where the force saturates, faster, and at rest.
    for (const scale of [0, 1e-4, 0.3, 1, 6]) {
      const state = Float64Array.from(
        { length: size },
        (_, row) => row < 2 ? 1 + 0.3 * stream.normal() : row < 4 ? scale * stream.normal() : 0,
      );
      const field = Float64Array.from({ length: 4 }, () => stream.uniform(-20, 20));
      const commands = Float64Array.of(0.1, -0.2);
      const seed = Float64Array.from({ length: size }, () => stream.normal());
      const sensedSeed = new Float64Array(sensedSize(equations));
      const gradient = new Float64Array(size);
      adjoint.run(1, state, commands, field, seed, sensedSeed, gradient, new Float64Array(2));
      const loss = (at: Float64Array) => {
        const after = new Float64Array(size);
        step.run(1, at, commands, field, after, new Float64Array(sensedSeed.length));
        return after.reduce((sum, value, row) => sum + seed[row] * value, 0);
      };
      for (let row = 0; row < 4; row++) {
        const h = 1e-6;
        const [ahead, behind] = [state.slice(), state.slice()];
        ahead[row] += h;
        behind[row] -= h;
        const slope = (loss(ahead) - loss(behind)) / (2 * h);
        const tolerance = 2e-6 * Math.max(1, Math.abs(slope));
        assert.ok(
          Math.abs(gradient[row] - slope) < tolerance,
          `row ${row} at ${scale} rad/s: ${gradient[row]}, central differences ${slope}`,
        );
      }
    }
  });
}
