/**
 * The cannon engine against the equations of motion: free spin, constant torque, release under
 * gravity, a pendulum's period, limits, loads; and that cannon-es's own defaults would be caught by
 * these checks.
 */
import assert from "node:assert/strict";
import { Body, Quaternion, Vec3, World } from "cannon-es";
import type { Arm } from "../../sim/arms/arm.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import { cannonEngine, type CannonOptions } from "../../sim/physics/cannon.ts";
import { addGyroscopicTorque } from "../../sim/physics/cannon_bodies.ts";
import { randomStream } from "../../sim/random.ts";
import {
  type ArmState,
  chainAcceleration,
  handDistance,
  jointState,
  type Load,
  mechanicalEnergy,
  readArm,
  referenceTrajectory,
  twoLinkAcceleration,
} from "./reference.ts";

const arm26 = findArm("arm26");
const human3 = findArm("human3");
const standardGravity = 9.81;

interface Motion {
  readonly start: ArmState;
  readonly load: Load;
  /** s */
  readonly duration: number;
}

const freeSpin: Motion = {
  start: { angles: [0.5, 1.2], velocities: [1, -2] },
  load: {},
  duration: 1,
};
/** 0.1319 J */
const freeSpinEnergy = mechanicalEnergy(arm26, freeSpin.start);
const constantTorque: Motion = {
  start: { angles: [0.5, 1.2], velocities: [0, 0] },
  load: { torques: [1, -0.5] },
  duration: 0.5,
};
const release: Motion = {
  start: { angles: [0, 0], velocities: [0, 0] },
  load: { gravity: standardGravity },
  duration: 1,
};

interface Errors {
  /** Largest distance of the hand from the reference, m. */
  readonly hand: number;
  /** Largest gap of a joint, m. */
  readonly gap: number;
  /** Largest change of the bodies' kinetic energy since the start, J. */
  readonly energy: number;
}

/**
 * The worst errors of the arm called `index` while it makes the motion and the others make another
 * one.
 */
function worstErrors(
  motion: Motion,
  dt: number,
  options: CannonOptions = {},
  index = 0,
  arm: Arm = arm26,
): Errors {
  const { start, load, duration } = motion;
  const { arms = 1 } = options;
  const joints = arm.links.length;
  const steps = Math.round(duration / dt);
  const engine = cannonEngine(arm, { gravity: load.gravity ?? 0, limits: false }, options);
  const column = (own: readonly number[], other: number) =>
    Float64Array.from(
      { length: own.length * arms },
      (_, i) => i % arms === index ? own[Math.floor(i / arms)] : other,
    );
  engine.reset({ angles: column(start.angles, 0.7), velocities: column(start.velocities, -1.5) });
  engine.setTorques(column(load.torques ?? arm.joints.map(() => 0), 0.3));
  engine.setHandForces(column(load.handForce ?? [0, 0], 2));

  const truth = referenceTrajectory(arm, start, load, dt, steps);
  const initialEnergy = mechanicalEnergy(arm, start);
  const worst = { hand: 0, gap: 0, energy: 0 };
  for (const expected of truth.slice(1)) {
    engine.step(dt);
    const { angles } = readArm(engine, joints, index);
    worst.hand = Math.max(worst.hand, handDistance(arm, angles, expected.angles));
    worst.gap = Math.max(worst.gap, engine.jointGap());
    worst.energy = Math.max(worst.energy, Math.abs(engine.kineticEnergy(index) - initialEnergy));
  }
  return worst;
}

const millimetres = (length: number) => `${(length * 1e3).toPrecision(3)} mm`;

function assertBelow(value: number, bound: number, what: string): void {
  assert.ok(value < bound, `${what}: ${value}, expected below ${bound}`);
}

function assertBetween(value: number, low: number, high: number, what: string): void {
  assert.ok(value > low && value < high, `${what}: ${value}, expected between ${low} and ${high}`);
}

Deno.test("the two references agree with each other and with published accelerations", () => {
  const random = randomStream(1, "tests/reference");
  const viscous = { ...arm26, viscosity: [[0.05, 0.025], [0.025, 0.05]] };
  for (let i = 0; i < 100; i++) {
    const state = {
      angles: [random.uniform(-3, 3), random.uniform(-3, 3)],
      velocities: [random.normal(0, 5), random.normal(0, 5)],
    };
    const load: Load = {
      gravity: standardGravity,
      torques: [random.normal(0, 5), random.normal(0, 5)],
      handForce: [random.normal(0, 10), random.normal(0, 10)],
    };
    const closed = twoLinkAcceleration(viscous, state, load);
    chainAcceleration(viscous, state, load).forEach((value, j) =>
      assertBelow(Math.abs(value - closed[j]), 1e-9 * (1 + Math.abs(closed[j])), "difference")
    );
  }
  const bent = [Math.PI / 4, Math.PI / 2];
  const driven = twoLinkAcceleration(arm26, { angles: bent, velocities: [1, -2] }, {
    torques: [1, -0.5],
  });
  const pulled = twoLinkAcceleration(arm26, { angles: bent, velocities: [0, 0] }, {
    handForce: [3, -4],
  });
  [...driven, ...pulled].forEach((value, i) =>
    assertBelow(
      Math.abs(value - [7.1266711, -13.0987142, -6.9298648, 9.3843865][i]),
      1e-7,
      `acceleration ${i}`,
    )
  );
});

for (const arms of [1, 3]) {
  const alone = arms === 1 ? "one arm" : `the middle one of ${arms} arms`;
  const index = Math.floor(arms / 2);

  Deno.test(`free spin, ${alone}: hand, joints and energy stay true`, () => {
    const { hand, gap, energy } = worstErrors(freeSpin, 0.002, { arms }, index);
    assertBelow(hand, 0.1e-3, "hand error, m");
    assertBelow(gap, 0.05e-3, "joint gap, m");
    assertBelow(energy, 1e-4 * freeSpinEnergy, "energy error, J");
  });

  Deno.test(`constant torque, ${alone}: the hand error is small and of first order`, () => {
    const coarse = worstErrors(constantTorque, 0.002, { arms }, index);
    const fine = worstErrors(constantTorque, 0.001, { arms }, index);
    assertBelow(coarse.hand, 3e-3, "hand error, m");
    assertBetween(coarse.hand / fine.hand, 1.8, 2.2, "hand error over that of half the step");
  });

  Deno.test(`release under gravity, ${alone}: the hand error halves and the gap quarters`, () => {
    const coarse = worstErrors(release, 0.002, { arms }, index);
    const fine = worstErrors(release, 0.001, { arms }, index);
    assertBelow(coarse.hand, 8e-3, "hand error, m");
    assertBelow(coarse.gap, 0.5e-3, "joint gap, m");
    assertBetween(coarse.hand / fine.hand, 1.8, 2.2, "hand error over that of half the step");
    assertBetween(coarse.gap / fine.gap, 3.5, 4.5, "joint gap over that of half the step");
  });
}

Deno.test("three links follow the equations of motion, to first order in the step", () => {
  const motion: Motion = {
    start: { angles: [0.3, 0.6, 0.4], velocities: [0, 0, 0] },
    load: { torques: [1, -0.5, 0.1], handForce: [0.5, -0.2], gravity: standardGravity },
    duration: 0.4,
  };
  const coarse = worstErrors(motion, 0.002, {}, 0, human3);
  const fine = worstErrors(motion, 0.001, {}, 0, human3);
  assertBelow(coarse.hand, 8e-3, "hand error, m");
  assertBetween(coarse.hand / fine.hand, 1.8, 2.2, "hand error over that of half the step");
});

Deno.test("joints as soft as cannon-es makes them by default are visibly worse", () => {
  const own = worstErrors(freeSpin, 0.002);
  const soft = worstErrors(freeSpin, 0.002, { constraintTimeStep: 1 / 60 });
  assert.ok(
    soft.hand > 5 * own.hand,
    `${millimetres(soft.hand)} with 1/60 s, ${millimetres(own.hand)} with the step`,
  );
});

Deno.test("the joints follow a change of the step", () => {
  const scene = { gravity: standardGravity, limits: false };
  const [used, fresh] = [cannonEngine(arm26, scene), cannonEngine(arm26, scene)];
  used.step(0.01);
  for (const engine of [used, fresh]) {
    engine.reset(jointState(freeSpin.start));
    for (let step = 0; step < 100; step++) engine.step(0.002);
  }
  assert.deepEqual(readArm(used, 2), readArm(fresh, 2));
});

Deno.test("cannon-es's default damping would fail the free spin", () => {
  const { hand, energy } = worstErrors(freeSpin, 0.002, { damping: 0.01 });
  assert.ok(hand > 1e-3, `hand error with damping ${millimetres(hand)}`);
  assert.ok(energy > 1e-2 * freeSpinEnergy, `energy error with damping ${energy} J`);
});

/** The arm's first link alone. */
const pendulum: Arm = {
  ...arm26,
  name: "pendulum",
  links: arm26.links.slice(0, 1),
  joints: arm26.joints.slice(0, 1),
  viscosity: [[0]],
};

/** T = 2π √((I + m c²) / (m g c)) / agm(1, cos(A/2)): the exact period of a pendulum. */
function exactPeriod({ links: [link] }: Arm, amplitude: number): number {
  const { mass, centreOfMass: c, inertia } = link;
  let a = 1, b = Math.cos(amplitude / 2);
  while (Math.abs(a - b) > 1e-15) [a, b] = [(a + b) / 2, Math.sqrt(a * b)];
  return 2 * Math.PI * Math.sqrt((inertia + mass * c ** 2) / (mass * standardGravity * c)) / a;
}

/** Mean time between passages through the vertical in one sense, over some swings. */
function measuredPeriod(arm: Arm, amplitude: number, dt: number, swings = 4): number {
  const engine = cannonEngine(arm, { gravity: standardGravity, limits: false });
  const rest = -Math.PI / 2;
  engine.reset(jointState({ angles: [rest + amplitude], velocities: [0] }));
  const passages: number[] = [];
  let before = amplitude;
  for (let step = 1; passages.length <= swings; step++) {
    assert.ok(step * dt < 20, `only ${passages.length} passages in 20 s`);
    engine.step(dt);
    const deflection = readArm(engine, 1).angles[0] - rest;
    if (before < 0 && deflection >= 0) {
      passages.push((step - deflection / (deflection - before)) * dt);
    }
    before = deflection;
  }
  return (passages[swings] - passages[0]) / swings;
}

for (
  const [amplitude, published, tolerance] of [
    [0.1, 1.174875, 1e-4],
    [1, 1.252026, 1e-3],
    [2, 1.560321, 1e-3],
  ] as const
) {
  Deno.test(`a pendulum of amplitude ${amplitude} rad keeps the exact period`, () => {
    const exact = exactPeriod(pendulum, amplitude);
    assertBelow(Math.abs(exact - published), 1e-6, "difference from the published period, s");
    const error = Math.abs(measuredPeriod(pendulum, amplitude, 0.002) / exact - 1);
    assertBelow(error, tolerance, "relative error of the period");
  });
}

Deno.test("the inertia of a bounding box would fail the pendulum", () => {
  const [link] = pendulum.links;
  const width = 0.06;
  const boxed = {
    ...pendulum,
    links: [{ ...link, inertia: link.mass * (link.length ** 2 + width ** 2) / 12 }],
  };
  const error = measuredPeriod(boxed, 0.1, 0.002) / exactPeriod(pendulum, 0.1) - 1;
  assert.ok(Math.abs(error) > 0.1, `relative error of the period with a box's inertia ${error}`);
});

/** Relative change of the angular momentum of a free asymmetric body within 2 s. */
function momentumChange(dt: number, gyroscopic: boolean): number {
  const body = new Body({ mass: 1, linearDamping: 0, angularDamping: 0 });
  body.inertia.set(0.02, 0.05, 0.06);
  body.invInertia.set(1 / 0.02, 1 / 0.05, 1 / 0.06);
  body.updateInertiaWorld(true);
  body.angularVelocity.set(0.5, 3, 0.5);
  const world = new World();
  world.addBody(body);
  const momentum = () => {
    const local = body.quaternion.inverse().vmult(body.angularVelocity);
    return body.quaternion.vmult(local.vmul(body.inertia));
  };
  const initial = momentum();
  let worst = 0;
  for (let step = 0; step < Math.round(2 / dt); step++) {
    if (gyroscopic) addGyroscopicTorque(body);
    world.step(dt);
    worst = Math.max(worst, momentum().vsub(initial).length() / initial.length());
  }
  return worst;
}

Deno.test("a free asymmetric body keeps its angular momentum by the gyroscopic torque", () => {
  const coarse = momentumChange(0.002, true);
  assertBelow(coarse, 2e-3, "relative change of the angular momentum");
  assertBetween(
    coarse / momentumChange(0.001, true),
    1.8,
    2.2,
    "change over that of half the step",
  );
  assert.ok(momentumChange(0.002, false) > 0.1, "without the torque the momentum is not kept");
});

Deno.test("the gyroscopic torque −ω × (I ω) is added in the world's frame", () => {
  const body = new Body({ mass: 1 });
  body.inertia.set(0.02, 0.05, 0.06);
  body.quaternion = new Quaternion(0, 0, Math.SQRT1_2, Math.SQRT1_2); // a quarter turn about z
  body.angularVelocity.set(1, 2, 3); // (2, −1, 3) in the body's frame
  body.torque.set(10, 0, 0);
  addGyroscopicTorque(body);
  // −ω × (I ω) = −(2, −1, 3) × (0.04, −0.05, 0.18) = (0.03, 0.24, 0.06), which the quarter turn
  // takes to (−0.24, 0.03, 0.06).
  assert.ok(body.torque.almostEquals(new Vec3(10 - 0.24, 0.03, 0.06), 1e-12), `${body.torque}`);
});

Deno.test("angles count full turns, however seldom they are read", () => {
  const spinning: ArmState = { angles: [0.4, -0.3], velocities: [15, 15] };
  const engine = cannonEngine(arm26, { gravity: 0, limits: false });
  engine.reset(jointState(spinning));
  for (let step = 0; step < 1000; step++) engine.step(0.001);
  const { angles } = readArm(engine, 2);
  const expected = referenceTrajectory(arm26, spinning, {}, 0.001, 1000).at(-1)!.angles;
  angles.forEach((angle, j) =>
    assertBelow(Math.abs(angle - expected[j]), 0.2, `angle ${j} against ${expected[j]}`)
  );
  assert.ok(angles[0] > 2 * Math.PI, `the shoulder turned to ${angles[0]}`);

  const turned = { angles: [7, -9], velocities: [0, 0] };
  engine.reset(jointState(turned));
  engine.step(0.001);
  readArm(engine, 2).angles.forEach((angle, j) =>
    assertBelow(Math.abs(angle - turned.angles[j]), 1e-12, `angle ${j} of an arm at rest`)
  );
});

Deno.test("viscosity brakes the joints as the equations of motion say", () => {
  const viscous = { ...arm26, viscosity: [[0.5, 0.025], [0.025, 0.2]] };
  const { hand } = worstErrors(freeSpin, 0.001, {}, 0, viscous);
  const undamped = worstErrors(freeSpin, 0.001).hand;
  assertBelow(hand, 1e-3, "hand error, m");
  assert.ok(hand > undamped, "viscosity acts with the velocity of the step's start");
});

Deno.test("a hand force moves the hand as the equations of motion say", () => {
  const motion: Motion = {
    start: { angles: [Math.PI / 4, Math.PI / 2], velocities: [0, 0] },
    load: { handForce: [3, -4] },
    duration: 0.4,
  };
  const coarse = worstErrors(motion, 0.002);
  const fine = worstErrors(motion, 0.001);
  assertBelow(coarse.hand, 5e-3, "hand error, m");
  assertBetween(coarse.hand / fine.hand, 1.8, 2.2, "hand error over that of half the step");
});

for (const arm of [arm26, human3]) {
  Deno.test(`${arm.name}: joints thrown at their limits do not pass them nor gain energy`, () => {
    const joints = arm.joints.length;
    const engine = cannonEngine(arm, { gravity: 0, limits: true });
    const random = randomStream(1, `tests/cannon/limits/${arm.name}`);
    let hits = 0;
    for (let trial = 0; trial < 20; trial++) {
      const start: ArmState = {
        angles: arm.joints.map(({ lower, upper }) => random.uniform(lower, upper)),
        velocities: arm.joints.map(() => random.normal(0, 4)),
      };
      const energy = mechanicalEnergy(arm, start);
      engine.reset(jointState(start));
      for (let step = 0; step < 500; step++) {
        engine.step(0.002);
        const state = readArm(engine, joints);
        state.angles.forEach((angle, j) => {
          const { lower, upper } = arm.joints[j];
          assertBetween(angle, lower - 2e-3, upper + 2e-3, `angle of the ${arm.joints[j].name}`);
        });
      }
      const left = mechanicalEnergy(arm, readArm(engine, joints)) / energy;
      assertBelow(left, 1.02, "energy after a second, as a share of that at the start");
      if (left < 0.9) hits++;
    }
    assert.ok(hits >= 10, `only ${hits} of 20 throws lost energy: they must reach a limit`);
  });

  Deno.test(`${arm.name}: pressed against its limits, the arm comes to rest on them`, () => {
    for (const side of [-1, 1]) {
      const engine = cannonEngine(arm, { gravity: 0, limits: true });
      engine.reset(jointState({
        angles: arm.joints.map(({ lower, upper }) => (lower + upper) / 2),
        velocities: arm.joints.map(() => 0),
      }));
      engine.setTorques(Float64Array.from(arm.torqueLimits, (torque) => side * torque));
      for (let step = 0; step < 1000; step++) engine.step(0.002);
      const { angles, velocities } = readArm(engine, arm.joints.length);
      angles.forEach((angle, j) => {
        const limit = side < 0 ? arm.joints[j].lower : arm.joints[j].upper;
        assertBelow(Math.abs(angle - limit), 1e-4, `distance of the ${arm.joints[j].name}, rad`);
        assertBelow(Math.abs(velocities[j]), 1e-6, `speed of the ${arm.joints[j].name}, rad/s`);
      });
    }
  });
}

Deno.test("a hit on a limit is the inelastic impact of the equations of motion", () => {
  // The elbow swings freely into its upper limit; there, M⁻¹ (0, 1) is what a unit impulse at the
  // elbow does.
  const { upper } = arm26.joints[1];
  const dt = 0.002;
  const start: ArmState = { angles: [1, upper - 0.5], velocities: [-2, 4] };
  const truth = referenceTrajectory(arm26, start, {}, dt, 100);
  const arrival = truth.findIndex(({ angles }) => angles[1] >= upper);
  const { angles, velocities } = truth[arrival];
  const response = twoLinkAcceleration(arm26, { angles, velocities: [0, 0] }, { torques: [0, 1] });
  const impulse = -velocities[1] / response[1];
  const after: ArmState = {
    angles,
    velocities: velocities.map((velocity, j) => velocity + response[j] * impulse),
  };
  const [before, left] = [start, after].map((state) => mechanicalEnergy(arm26, state));
  assert.ok(left < 0.3 * before, "the hit must cost energy for this to test anything");

  const engine = cannonEngine(arm26, { gravity: 0, limits: true });
  engine.reset(jointState(start));
  for (let step = 0; step < arrival + 3; step++) engine.step(dt);
  const stopped = readArm(engine, 2);
  assertBelow(
    Math.abs(stopped.angles[1] - upper),
    1e-4,
    "distance of the elbow from its limit, rad",
  );
  assertBelow(Math.abs(stopped.velocities[1]), 1e-2, "speed of the elbow, rad/s");
  const shoulder = stopped.velocities[0] / after.velocities[0] - 1;
  assertBelow(Math.abs(shoulder), 0.02, "relative error of the shoulder's speed");
  const energy = engine.kineticEnergy(0) / left - 1;
  assertBelow(Math.abs(energy), 0.02, "relative error of the energy left");
});

Deno.test("an arm placed beyond a limit returns to it without being thrown back", () => {
  const engine = cannonEngine(arm26, { gravity: 0, limits: true });
  const { lower } = arm26.joints[1];
  engine.reset(jointState({ angles: [1, lower - 0.1], velocities: [0, 0] }));
  let fastest = 0;
  for (let step = 0; step < 100; step++) {
    engine.step(0.002);
    fastest = Math.max(fastest, readArm(engine, 2).velocities[1]);
  }
  const { angles } = readArm(engine, 2);
  assert.ok(angles[1] > lower - 1e-3, `elbow at ${angles[1]} after 0.2 s`);
  assertBelow(fastest, 0.2 * 0.1 / 0.002 * 1.01, "fastest return, rad/s");
});

Deno.test("a joint without limits turns freely in a scene with limits", () => {
  const joints = arm26.joints.map((joint) => ({ ...joint, lower: -Infinity, upper: Infinity }));
  const free = { ...arm26, joints };
  const unlimited = cannonEngine(free, { gravity: 0, limits: true });
  const without = cannonEngine(arm26, { gravity: 0, limits: false });
  for (const engine of [unlimited, without]) {
    engine.reset(jointState(freeSpin.start));
    for (let step = 0; step < 2000; step++) engine.step(0.002);
  }
  assert.deepEqual(readArm(unlimited, 2), readArm(without, 2));
});

Deno.test("options out of range are refused by name", () => {
  const create = (options: CannonOptions) => () =>
    cannonEngine(arm26, { gravity: 0, limits: false }, options);
  assert.throws(
    () => cannonEngine(arm26, { gravity: 0, limits: false }, { arms: 2 }).kineticEnergy(2),
    {
      name: "RangeError",
      message: /^arm index is 2; expected an integer from 0 to 1$/,
    },
  );
  assert.throws(create({ arms: 0 }), { name: "RangeError", message: /^arms is 0;/ });
  assert.throws(create({ arms: 1.5 }), { name: "RangeError", message: /^arms is 1.5;/ });
  assert.throws(create({ iterations: 0 }), { name: "RangeError", message: /^iterations is 0;/ });
  assert.throws(create({ damping: -0.1 }), { name: "RangeError", message: /^damping is -0.1;/ });
  assert.throws(create({ constraintTimeStep: 0 }), {
    name: "RangeError",
    message: /^constraintTimeStep is 0;/,
  });
});
