/**
 * The plant: closed-loop numbers of the published training plant, its adjoint against central
 * differences, the order of its integrators, and the plant on a rigid-body engine beside the compiled
 * one.
 *
 * Closed-loop numbers: computed in double precision from the equations of MotorNet (Codol et al.,
 * eLife 88591) with the RigidTendonHillMuscle, explicit Euler, 10 ms.
 */
import assert from "node:assert/strict";
import { actuatorNames } from "../../sim/actuators/actuator.ts";
import { findActuator } from "../../sim/actuators/catalogue.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import { type Precision, precisions } from "../../sim/expression/batch.ts";
import { handVelocity } from "../../sim/arms/kinematics.ts";
import { createPlant } from "../../sim/physics/catalogue.ts";
import { horizontalScene } from "../../sim/physics/engine.ts";
import { enginePlant } from "../../sim/physics/engine_plant.ts";
import { equationsEngine } from "../../sim/physics/equations.ts";
import { equationsPlant } from "../../sim/physics/equations_plant.ts";
import { handForces } from "../../sim/physics/hand_field.ts";
import type { HandFieldArrays, Plant } from "../../sim/physics/plant.ts";
import type { Integrator } from "../../sim/physics/plant_equations.ts";
import { type FieldPart, fieldParts } from "../../sim/physics/hand_field.ts";
import {
  adjointKernel,
  sensedSize,
  stateLayout,
  stepKernel,
} from "../../sim/physics/plant_kernels.ts";
import { randomStream } from "../../sim/random.ts";
import {
  adjointGradients,
  adjointProblem,
  differenceGradients,
  equationsOf,
  randomAngles,
  randomField,
  randomRows,
  type Variation,
} from "./plant_problems.ts";
import { chainAcceleration, handPosition } from "./reference.ts";

const arm26 = findArm("arm26");
const human3 = findArm("human3");
const corner = Float64Array.of(Math.PI / 4, Math.PI / 2);

const compiledPlant = (variation: Variation, arms = 1, precision: Precision = "double") =>
  equationsPlant(equationsOf(variation), arms, precision);

/** The plant on the equations engine, semi-implicit. */
function plantOnEngine(
  variation: Variation,
  arms = 1,
  substeps = 1,
  precision: Precision = "double",
): Plant {
  const equations = equationsOf(variation);
  const engine = equationsEngine(equations.arm, equations.scene, {
    arms,
    integrator: "semi-implicit",
    precision,
  });
  return enginePlant(engine, { ...equations, substeps, precision });
}

function run(plant: Plant, commands: Float64Array, steps: number, field?: HandFieldArrays): void {
  for (let step = 0; step < steps; step++) plant.step(commands, field);
}

/** Everything that can be read of a plant. */
const snapshot = ({ readings }: Plant) =>
  Object.fromEntries(Object.entries(readings).map(([name, values]) => [name, [...values]]));

function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "numbers",
) {
  assert.equal(actual.length, expected.length, what);
  Array.from(actual).forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance,
      `${what}: element ${i} is ${value}, expected ${expected[i]} ± ${tolerance}`,
    )
  );
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.hypot(...Array.from(a).map((value, i) => value - b[i]));

// Closed loop ------------------------------------------------------------------------------------

/** Half a unit of the last place of a number of about 1 in each precision. */
const roundings: Readonly<Record<Precision, number>> = { double: 2 ** -53, single: 2 ** -24 };

for (const precision of precisions) {
  /** The digits that were published, or what rounding in single precision leaves of them. */
  const digits = (published: number, scale: number) =>
    precision === "single" ? Math.max(published, 20 * scale * roundings.single) : published;

  Deno.test(`half excitation of all muscles moves the arm as published: ${precision}`, () => {
    const plant = compiledPlant({}, 1, precision);
    const { angles, velocities, activation, hand } = plant.readings;
    const half = new Float64Array(6).fill(0.5);
    plant.reset(corner);
    plant.step(half);
    assertClose(angles, corner, precision === "single" ? 1e-7 : 0, "angles after 1 step");
    assertClose(velocities, [-0.0022260, 0.0034886], 5.1e-8, "velocities after 1 step");
    assertClose(activation, new Array(6).fill(0.664343), 5.1e-7, "activation after 1 step");
    plant.step(half);
    assertClose(angles, [.78537590, 1.57083121], digits(5.1e-9, 1), "angles after 2 steps");
    assertClose(activation, new Array(6).fill(0.615155), digits(5.1e-7, 1), "after 2 steps");
    plant.step(half);
    assertClose(angles, [.77707955, 1.58752795], digits(5.1e-9, 1), "angles after 3 steps");
    assertClose(velocities, [-1.5934513, 3.2048295], digits(5.1e-8, 3), "after 3 steps");
    assertClose(hand, [-.0171332, .4501481], digits(5.1e-8, 0.5), "hand after 3 steps");
    run(plant, half, 7);
    assertClose(angles, [.53581006, 2.05871250], digits(5.1e-9, 2), "angles after 10 steps");
    assertClose(velocities, [-5.6579529, 10.6803098], digits(5.1e-8, 10), "after 10 steps");
  });

  Deno.test(`mixed excitations under a load of (5, −3) N do as published: ${precision}`, () => {
    const plant = compiledPlant({}, 1, precision);
    const { angles, velocities, hand } = plant.readings;
    const commands = Float64Array.of(.5, .1, .3, .1, .2, .1);
    const field = { load: Float64Array.of(5, -3) };
    plant.reset(corner);
    run(plant, commands, 3, field);
    assertClose(angles, [.78285432, 1.58556563], digits(5.1e-9, 1), "angles after 3 steps");
    assertClose(velocities, [-.2737731, 2.7808517], digits(5.1e-8, 3), "after 3 steps");
    run(plant, commands, 7, field);
    assertClose(angles, [.76382623, 2.00368303], digits(5.1e-9, 2), "angles after 10 steps");
    assertClose(hand, [-.0868125, .3354168], digits(5.1e-8, 0.5), "hand after 10 steps");
  });
}

Deno.test("in single precision the plant stays with the one in double precision", () => {
  for (const variation of [{}, { arm: human3, actuator: "torque-motor" }] as const) {
    const arms = 100;
    const stream = randomStream(5, "plant/precisions");
    const [single, double] = (["single", "double"] as const).map((precision) =>
      compiledPlant(variation, arms, precision)
    );
    const { arm, actuator } = double;
    // Away from the limits, where a rounding decides whether a joint is held in this step or the next.
    const angles = randomAngles(arm, stream, arms).map((angle, i) => {
      const { lower, upper } = arm.joints[Math.floor(i / arms)];
      return (lower + upper) / 2 + 0.4 * (angle - (lower + upper) / 2);
    });
    for (const plant of [single, double]) plant.reset(angles);
    for (let step = 0; step < 100; step++) {
      const commands = actuator.muscles
        ? randomRows(stream, actuator.count * arms, 0, 0.1)
        : randomRows(stream, actuator.count * arms, -0.02, 0.02);
      const field = { viscosity: new Float64Array(4 * arms).fill(-5, 0, arms).fill(-5, 3 * arms) };
      for (const plant of [single, double]) plant.step(commands, field);
    }
    assert.ok(distance(double.readings.angles, angles) > 0.5, "the arms must move");
    assertClose(single.readings.angles, double.readings.angles, 5e-6, "angles");
    assertClose(single.readings.velocities, double.readings.velocities, 5e-5, "velocities");
    assertClose(single.readings.hand, double.readings.hand, 2e-6, "hands");
  }
});

Deno.test("in MotorNet's order an excitation moves the arm in the second step after its own", () => {
  const plants = [compiledPlant({}), compiledPlant({})];
  const commands = [new Float64Array(6).fill(0.2), Float64Array.of(.2, .2, .9, .2, .2, .2)];
  for (const plant of plants) plant.reset(corner);
  const apart = [1, 2, 3].map(() => {
    plants.forEach((plant, i) => plant.step(commands[i]));
    return distance(plants[0].readings.angles, plants[1].readings.angles);
  });
  assert.deepEqual(apart.slice(0, 2), [0, 0]);
  assert.ok(apart[2] > 1e-3, `${apart[2]} rad apart after 3 steps`);
});

/** The plants that the duties of the contract are checked on. */
const kinds: readonly {
  readonly kind: string;
  readonly create: (variation: Variation, arms?: number) => Plant;
  readonly precision: Precision;
}[] = [
  ...precisions.map((precision) => ({
    kind: `compiled plant, ${precision}`,
    create: (variation: Variation, arms?: number) => compiledPlant(variation, arms, precision),
    precision,
  })),
  ...precisions.map((precision) => ({
    kind: `engine plant, ${precision}`,
    create: (variation: Variation, arms?: number) => plantOnEngine(variation, arms, 1, precision),
    precision,
  })),
];

for (const { kind, create, precision } of kinds) {
  /** What is left of a number that the plant has stored. */
  const stored = precision === "single" ? Math.fround : (value: number) => value;
  /** Room for a few roundings of numbers of about 1. */
  const rounded = 5 * roundings[precision];

  Deno.test(`${kind}: what is sensed is the last posture's muscles and the present hand`, () => {
    const plant = create({});
    const other = create({});
    const { readings } = plant;
    plant.reset(corner);
    run(plant, Float64Array.of(.5, .1, .3, .1, .2, .1), 5);
    const before = readings.angles.slice();
    plant.step(new Float64Array(6));
    other.reset(before);
    const lengths = (sensed: Float64Array) => sensed.subarray(0, 6);
    assertClose(lengths(readings.sensed), lengths(other.readings.sensed), rounded, "fibre lengths");
    assertClose(readings.hand, handPosition(arm26, [...readings.angles]), rounded, "hand");
    assert.ok(distance(before, readings.angles) > 1e-3, "the arm stands still");
    assert.deepEqual([...readings.sensed.subarray(12)], [...readings.hand]);
  });

  Deno.test(`${kind}: a reset puts the arm at rest as if it were new`, () => {
    const [used, fresh] = [create({}, 2), create({}, 2)];
    const angles = Float64Array.of(0.5, 0.9, 1.2, 0.7);
    used.reset(Float64Array.of(1, 1, 1, 1));
    run(used, new Float64Array(12).fill(0.7), 20, { load: Float64Array.of(9, -9, 4, 2) });
    for (const plant of [used, fresh]) plant.reset(angles);
    assert.deepEqual(snapshot(used), snapshot(fresh));
    assert.deepEqual([...fresh.readings.velocities], [0, 0, 0, 0]);
    assert.deepEqual([...fresh.readings.activation], new Array(12).fill(stored(0.001)));
    assert.ok(fresh.readings.force.every((force) => force > 0));
    for (const plant of [used, fresh]) run(plant, new Float64Array(12).fill(0.1), 20);
    assert.deepEqual(snapshot(used), snapshot(fresh));
  });

  Deno.test(`${kind}: a force acts only in the steps for which it is given`, () => {
    const [nothing, explicitZero] = [create({}), create({})];
    const commands = new Float64Array(6).fill(0.1);
    for (const plant of [nothing, explicitZero]) {
      plant.reset(corner);
      plant.step(commands, { load: Float64Array.of(20, 0) });
    }
    run(nothing, commands, 20);
    run(explicitZero, commands, 20, { load: new Float64Array(2) });
    assert.deepEqual(snapshot(nothing), snapshot(explicitZero));
  });

  Deno.test(`${kind}: motors that press joints against their limits hold them there`, () => {
    // Both joints are pressed outwards by M⁻¹ τ as well, so that neither drives the other inwards.
    for (const [edge, commands] of [["lower", [-0.5, -0.23]], ["upper", [0.5, 0.5]]] as const) {
      const plant = create({ actuator: "torque-motor" });
      const { angles, velocities } = plant.readings;
      plant.reset(Float64Array.of(1.2, 1.4));
      for (let step = 0; step < 150; step++) {
        plant.step(Float64Array.from(commands));
        arm26.joints.forEach(({ lower, upper }, j) =>
          assert.ok(
            angles[j] >= stored(lower) && angles[j] <= stored(upper),
            `joint ${j} at ${angles[j]}`,
          )
        );
      }
      assertClose(angles, arm26.joints.map((joint) => stored(joint[edge])), 0, `angles, ${edge}`);
      assertClose(velocities, [0, 0], 0, `velocities, ${edge}`);
      run(plant, Float64Array.from(commands, (command) => -command), 20);
      arm26.joints.forEach((joint, j) =>
        assert.ok(Math.abs(angles[j] - joint[edge]) > 0.05, `joint ${j} does not leave`)
      );
    }
  });

  Deno.test(`${kind}: arms stepped at once move exactly as each would alone`, () => {
    for (const variation of [{}, { arm: human3, actuator: "torque-motor" }] as const) {
      const stream = randomStream(1, "plant/together");
      const arms = 3;
      const { arm, actuator } = equationsOf(variation);
      const angles = randomAngles(arm, stream, arms);
      const commands = randomRows(stream, actuator.count * arms, 0, 1);
      const field = randomField(stream, fieldParts, arms);
      const together = create(variation, arms);
      together.reset(angles);
      run(together, commands, 20, field);
      const column = (values: Float64Array, i: number) => values.filter((_, k) => k % arms === i);
      for (let i = 0; i < arms; i++) {
        const alone = create(variation);
        alone.reset(column(angles, i));
        const own = Object.fromEntries(fieldParts.map((part) => [part, column(field[part]!, i)]));
        run(alone, column(commands, i), 20, own);
        for (const [name, values] of Object.entries(together.readings)) {
          assert.deepEqual([...column(values, i)], snapshot(alone)[name], `${name} of arm ${i}`);
        }
      }
    }
  });

  Deno.test(`${kind}: arrays of a wrong length are refused, with both lengths`, () => {
    const plant = create({}, 2);
    plant.reset(new Float64Array(4).fill(1));
    const refuses = (act: () => void, given: number, needed: number) =>
      assert.throws(act, {
        name: "RangeError",
        message: new RegExp(`\\b${given}\\b.*\\b${needed}\\b`),
      });
    refuses(() => plant.reset(new Float64Array(2)), 2, 4);
    refuses(() => plant.step(new Float64Array(6)), 6, 12);
    refuses(() => plant.step(new Float64Array(13)), 13, 12);
    const { activation } = plant.readings;
    assert.deepEqual([...activation], new Array(12).fill(stored(0.001)), "nothing moved");
  });

  Deno.test(`${kind}: field parts of a wrong length are refused, with both lengths`, () => {
    const plant = create({}, 2);
    plant.reset(new Float64Array(4).fill(1));
    const before = snapshot(plant);
    const field = randomField(randomStream(1, "plant/lengths"), fieldParts, 2);
    for (const part of fieldParts) {
      const { length } = field[part]!;
      for (const given of [length - 1, length + 1]) {
        assert.throws(
          () => plant.step(new Float64Array(12), { ...field, [part]: new Float64Array(given) }),
          { name: "RangeError", message: new RegExp(`\\b${given}\\b.*\\b${length}\\b`) },
          part,
        );
      }
    }
    assert.deepEqual(snapshot(plant), before, "the arms must not have moved");
  });

  Deno.test(`${kind}: a stiffness without the point where it vanishes is refused`, () => {
    const plant = create({});
    plant.reset(corner);
    assert.throws(
      () => plant.step(new Float64Array(6), { stiffness: Float64Array.of(-100, 0, 0, -100) }),
      { name: "RangeError", message: /anchor/ },
    );
  });
}

// Adjoint ----------------------------------------------------------------------------------------

function checkAdjoint(variation: Variation, parts: readonly FieldPart[], losses: number): void {
  const equations = equationsOf(variation);
  const name = `${equations.actuator.name}/${parts.join()}`;
  const problem = adjointProblem(equations, parts, losses, name);
  const actual = adjointGradients(equations, parts, problem);
  const expected = differenceGradients(equations, parts, problem);
  actual.forEach((gradient, loss) =>
    gradient.forEach((value, i) => {
      const difference = expected[loss][i];
      assert.ok(
        Math.abs(value - difference) <= 1e-6 * Math.max(1, Math.abs(difference)),
        `${name}, loss ${loss}, row ${Math.floor(i / problem.arms)}, arm ${i % problem.arms}: ` +
          `adjoint ${value}, central difference ${difference}`,
      );
    })
  );
}

for (const actuator of actuatorNames) {
  Deno.test(`the adjoint is the derivative of the step, at joint limits too: ${actuator}`, () => {
    checkAdjoint({ actuator }, [], 1);
    checkAdjoint({ actuator }, fieldParts, 2);
  });
}

for (
  const parts of [["load"], ["viscosity"], ["quadraticViscosity"], ["stiffness", "anchor"]] as const
) {
  Deno.test(`the adjoint is the derivative of the step under ${parts.join(" and ")}`, () => {
    checkAdjoint({}, parts, 1);
    checkAdjoint({ arm: human3, actuator: "torque-motor" }, parts, 2);
  });
}

for (const integrator of ["semi-implicit", "rk4"] as const) {
  Deno.test(`the adjoint is the derivative of the step of ${integrator}`, () => {
    checkAdjoint({ integrator }, fieldParts, 2);
    checkAdjoint({ integrator, actuator: "thelen-muscle" }, [], 1);
  });
}

Deno.test("two losses pulled back at once have the gradients of each alone", () => {
  for (const actuator of actuatorNames) {
    const equations = equationsOf({ actuator });
    const problem = adjointProblem(equations, fieldParts, 2, `together/${actuator}`);
    const together = adjointGradients(equations, fieldParts, problem);
    problem.cotangents.forEach((cotangent, loss) => {
      const single = { ...problem, cotangents: [cotangent] };
      const [alone] = adjointGradients(equations, fieldParts, single);
      assert.ok(alone.every(Number.isFinite));
      alone.forEach((value, i) =>
        assert.ok(
          Math.abs(value - together[loss][i]) <= 1e-12 * Math.max(1, Math.abs(value)),
          `${actuator}, loss ${loss}, element ${i}: ${value} alone, ${together[loss][i]} together`,
        )
      );
    });
  }
});

Deno.test("a joint held by its limit passes no gradient to its angle, one that leaves it does", () => {
  const equations = equationsOf({ actuator: "relu-muscle" });
  const layout = stateLayout(equations);
  const arms = 2;
  const state = new Float64Array(layout.size * arms);
  const [lower, middle] = [arm26.joints[1].lower, 1];
  state.set([middle, middle, lower, lower, 0, 0, -3, 3]); // elbow at its limit: pressed, leaving
  const ofState = new Float64Array(state.length);
  ofState.fill(1, arms, 2 * arms); // loss: the elbow's angle after the step
  const gradient = new Float64Array(state.length);
  adjointKernel(equations, [], 1).run(
    arms,
    state,
    new Float64Array(6 * arms),
    ofState,
    new Float64Array(sensedSize(equations) * arms),
    gradient,
    new Float64Array(6 * arms),
  );
  assert.deepEqual([...gradient.subarray(arms, 2 * arms)], [0, 1]);
  assert.deepEqual([...gradient.subarray(3 * arms, 4 * arms)], [0, 0.01]);
});

// Integrators --------------------------------------------------------------------------------------

/** Commands that have the motors of the human arm pull with 1, 0.3 and −0.08 N m. */
const gentleCommands = Float64Array.from(
  [1, 0.3, -0.08],
  (torque, j) => torque / human3.torqueLimits[j],
);

/** The angles after 0.2 s of constant commands in a force field, by a step of `timeStep`. */
function endAngles(variation: Variation, timeStep: number): Float64Array {
  const plant = compiledPlant({ ...variation, timeStep });
  const { count, muscles } = plant.actuator;
  plant.reset(variation.arm === human3 ? Float64Array.of(0.5, 1.2, 0.3) : corner);
  const field = {
    load: Float64Array.of(1, -1),
    viscosity: Float64Array.of(0, 5, -5, 0),
    stiffness: Float64Array.of(-20, 3, -4, -10),
    anchor: Float64Array.of(0.1, 0.3),
  };
  const commands = muscles ? new Float64Array(count).fill(0.1) : gentleCommands;
  run(plant, commands, Math.round(0.2 / timeStep), field);
  return plant.readings.angles.slice();
}

const motors: Variation = { arm: human3, actuator: "torque-motor" };

for (const [integrator, order] of [["motornet", 1], ["semi-implicit", 1], ["rk4", 4]] as const) {
  Deno.test(`${integrator}: the error of a motor-driven arm is of order ${order} in the step`, () => {
    const [coarse, fine, finest] = [0.01, 0.005, 0.0025].map((timeStep) =>
      endAngles({ ...motors, integrator }, timeStep)
    );
    const ratio = distance(coarse, fine) / distance(fine, finest);
    assertClose([Math.log2(ratio)], [order], 0.25, "order");
  });
}

for (const [what, variation] of [["motors", motors], ["Hill muscles", {}]] as const) {
  Deno.test(`the integrators agree in the limit of small steps: ${what}`, () => {
    const gap = (integrator: Integrator, timeStep: number) =>
      distance(
        endAngles({ ...variation, integrator }, timeStep),
        endAngles({ ...variation, integrator: "rk4" }, timeStep),
      );
    for (const integrator of ["semi-implicit", "motornet"] as const) {
      const gaps = [2e-3, 1e-3, 5e-4].map((timeStep) => gap(integrator, timeStep));
      assert.ok(gaps[2] < 0.02, `${integrator}: gaps ${gaps} rad`);
      for (const [i, next] of gaps.slice(1).entries()) {
        assertClose([gaps[i] / next], [2], 0.3, `${integrator}: ratio of gaps ${gaps}`);
      }
    }
  });
}

Deno.test("motors accelerate the human arm as the equations of motion say", () => {
  const stream = randomStream(3, "plant/human3");
  const timeStep = 0.001;
  for (let i = 0; i < 20; i++) {
    const equations = equationsOf({ ...motors, integrator: "semi-implicit", timeStep });
    const angles = randomAngles(human3, stream, 1);
    const velocities = randomRows(stream, 3, -3, 3);
    const commands = randomRows(stream, 3, -1, 1);
    const field = randomField(stream, fieldParts, 1);
    const handForce = new Float64Array(2);
    const motion = [[...angles], [...velocities]] as const;
    handForces(
      field,
      Float64Array.from(handPosition(human3, motion[0])),
      Float64Array.from(handVelocity(human3, ...motion)),
      handForce,
    );
    const state = Float64Array.from([...angles, ...velocities, ...new Float64Array(6)]);
    const after = new Float64Array(state.length);
    const arrays = fieldParts.map((part) => field[part]!);
    const sensed = new Float64Array(sensedSize(equations));
    const free = { ...equations, scene: { ...horizontalScene, limits: false } };
    stepKernel(free, fieldParts).run(1, state, commands, ...arrays, after, sensed);
    const expected = chainAcceleration(
      human3,
      { angles: motion[0], velocities: motion[1] },
      {
        torques: human3.torqueLimits.map((limit, j) => limit * commands[j]),
        handForce: [handForce[0], handForce[1]],
      },
    );
    const actual = expected.map((_, j) => (after[3 + j] - velocities[j]) / timeStep);
    const scale = Math.max(1, ...expected.map(Math.abs));
    assertClose(actual, expected, 1e-10 * scale, "accelerations");
  }
});

// The plant on an engine ---------------------------------------------------------------------------

Deno.test("on a semi-implicit engine with one sub-step the plant is the compiled one", () => {
  for (const variation of [...actuatorNames.map((actuator) => ({ actuator })), motors]) {
    const arms = 3;
    const compiled = compiledPlant({ ...variation, integrator: "semi-implicit" }, arms);
    const onEngine = plantOnEngine(variation, arms);
    const { count, command } = compiled.actuator;
    const stream = randomStream(4, "plant/engine");
    const angles = randomAngles(compiled.arm, stream, arms);
    for (const plant of [compiled, onEngine]) plant.reset(angles);
    assert.deepEqual(snapshot(onEngine), snapshot(compiled));
    for (let step = 0; step < 20; step++) {
      const commands = randomRows(stream, count * arms, command.low, command.high);
      const field = step < 10 ? randomField(stream, fieldParts, arms) : {};
      for (const plant of [compiled, onEngine]) plant.step(commands, field);
      for (const [name, values] of Object.entries(compiled.readings)) {
        const scale = Math.max(1, ...values.map(Math.abs));
        const actual = onEngine.readings[name as keyof typeof onEngine.readings];
        assertClose(actual, values, 1e-9 * scale, `${compiled.actuator.name} ${name} ${step}`);
      }
    }
  }
});

Deno.test("more sub-steps bring the plant on an engine nearer to the exact motion", () => {
  const exact = endAngles({ ...motors, integrator: "rk4" }, 0.001);
  const errors = [2, 4, 8].map((substeps) => {
    const plant = plantOnEngine(motors, 1, substeps);
    plant.reset(Float64Array.of(0.5, 1.2, 0.3));
    run(plant, gentleCommands, 20, {
      load: Float64Array.of(1, -1),
      viscosity: Float64Array.of(0, 5, -5, 0),
      stiffness: Float64Array.of(-20, 3, -4, -10),
      anchor: Float64Array.of(0.1, 0.3),
    });
    return distance(plant.readings.angles, exact);
  });
  assertClose([errors[0] / errors[1], errors[1] / errors[2]], [2, 2], 0.2, `errors ${errors}`);
});

Deno.test("a number of sub-steps that is no positive integer is refused by its value", () => {
  for (const substeps of [0, -1, 2.5, NaN]) {
    assert.throws(() => plantOnEngine({}, 1, substeps), {
      name: "RangeError",
      message: new RegExp(`^${substeps} sub-steps`),
    });
  }
});

Deno.test("the same excitations move the arm alike on both engines of the catalogue", () => {
  const request = { arm: arm26, actuator: findActuator("hill-muscle", arm26), arms: 1 };
  const [cannon, equations] = (["cannon", "equations"] as const).map((engine) => {
    const plant = createPlant(engine, { ...request, timeStep: 0.01 });
    assert.equal(plant.engine, engine);
    assert.equal(plant.timeStep, 0.01);
    plant.reset(corner);
    for (let step = 0; step < 30; step++) {
      plant.step(Float64Array.of(.06, .02, .03, .02, .04, .01));
    }
    return [...plant.readings.hand];
  });
  assert.ok(distance(equations, handPosition(arm26, [...corner])) > 0.1, "the arm must move");
  assertClose(cannon, equations, 0.02, "hand");
});

for (const engine of ["cannon", "equations"] as const) {
  Deno.test(`${engine}: a stiff channel keeps a pushed hand on its line, free along it`, () => {
    const plant = createPlant(engine, {
      arm: arm26,
      actuator: findActuator("hill-muscle", arm26),
      arms: 1,
      timeStep: 0.01,
      stiff: true,
    });
    plant.reset(corner);
    const anchor = plant.readings.hand.slice();
    const [stiffness, damping] = [6000, 250];
    const across = (scale: number) => Float64Array.of(0, 0, 0, -scale); // a line along x
    const field = {
      load: Float64Array.of(-2, 12),
      viscosity: across(damping),
      stiffness: across(stiffness),
      anchor,
    };
    for (let step = 0; step < 50; step++) {
      plant.step(new Float64Array(6).fill(0.02), field);
      const deviation = Math.abs(plant.readings.hand[1] - anchor[1]);
      assert.ok(deviation < 5e-3, `${deviation} m across after ${step + 1} steps`);
    }
    const along = Math.abs(plant.readings.hand[0] - anchor[0]);
    assert.ok(along > 0.02, `only ${along} m along the line`);
  });
}
