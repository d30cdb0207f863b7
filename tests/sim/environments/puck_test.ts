/** The puck: Coulomb's laws on the plane, the contact's laws, and the balance of momentum. */
import assert from "node:assert/strict";
import {
  type Pushing,
  pushStep,
  taskContact,
  taskPuck,
} from "../../../sim/environments/arm_push.ts";
import { humanArm } from "../../../sim/environments/human_arm.ts";
import {
  contactPushes,
  type DiscMotion,
  puckInertia,
  puckStep,
} from "../../../sim/environments/puck.ts";
import { jointFrames, massMatrix } from "../../../sim/robots/chain.ts";
import { numbers } from "../numbers.ts";

const gravity = 9.81;
const { mass, radius, friction } = taskPuck;
const plane = { gravity, timeStep: 0.002 };
const untouched = { force: [0, 0], moment: 0 } as const;
const atRest: DiscMotion<number> = { position: [0, 0], velocity: [0, 0], spin: 0 };

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} for ${expected}`);
}

function slide(from: DiscMotion<number>, steps: number, timeStep: number): DiscMotion<number> {
  let puck = from;
  for (let step = 0; step < steps; step++) {
    puck = puckStep(numbers, taskPuck, puck, untouched, { gravity, timeStep });
  }
  return puck;
}

Deno.test("a sliding puck comes to rest after v/μg at v²/2μg, along its way", () => {
  const [vx, vy] = [0.6, -0.8];
  const timeStep = 1e-4;
  const seconds = 1 / (friction * gravity);
  const moving = slide(
    { ...atRest, velocity: [vx, vy] },
    Math.floor(0.99 * seconds / timeStep),
    timeStep,
  );
  close(Math.hypot(...moving.velocity), 0.01, 1e-3);
  const stopped = slide(
    { ...atRest, velocity: [vx, vy] },
    Math.ceil(1.01 * seconds / timeStep),
    timeStep,
  );
  assert.deepEqual(stopped.velocity, [0, 0]);
  const way = 1 / (2 * friction * gravity);
  close(stopped.position[0], vx * way, 1e-4);
  close(stopped.position[1], vy * way, 1e-4);
});

Deno.test("a turning puck is braked by ⅔ μ m g R", () => {
  const { spin } = slide({ ...atRest, spin: 30 }, 10, 0.002);
  const torque = 2 / 3 * friction * mass * gravity * radius;
  close(spin, 30 - 0.02 * torque / puckInertia(taskPuck), 1e-10);
});

Deno.test("a puck sticks under less than μ m g and slides under more, by the difference", () => {
  const bound = friction * mass * gravity;
  const pushed = (force: number) =>
    puckStep(numbers, taskPuck, atRest, { force: [force, 0], moment: 0 }, plane).velocity[0];
  assert.equal(pushed(0.99 * bound), 0);
  close(pushed(1.5 * bound), 0.5 * bound / mass * plane.timeStep, 1e-12);
});

Deno.test("friction of a puck that slides and turns lies on the limit surface, against the motion", () => {
  const before = { ...atRest, velocity: [0.3, 0.2], spin: -12 } as const;
  const { velocity, spin } = puckStep(numbers, taskPuck, before, untouched, plane);
  const [fx, fy] = velocity.map((v, i) => mass * (v - before.velocity[i]) / plane.timeStep);
  const moment = puckInertia(taskPuck) * (spin - before.spin) / plane.timeStep;
  const largestForce = friction * mass * gravity;
  const largestMoment = 2 / 3 * radius * largestForce;
  close(Math.hypot(fx, fy, moment * largestForce / largestMoment), largestForce, 1e-9);
  close(fx * before.velocity[1], fy * before.velocity[0], 1e-12);
  assert.ok(fx < 0 && moment > 0);
});

/** A finger and a puck that overlap by `overlap` along x, with the finger's velocity and spin. */
function touching(overlap: number, velocity: readonly [number, number], spin = 0) {
  const distance = taskContact.fingerRadius + radius - overlap;
  const finger = { position: [0, 0], velocity, spin } as const;
  const puck = { ...atRest, position: [distance, 0] } as const;
  return contactPushes(numbers, taskPuck, taskContact, finger, puck);
}

Deno.test("what does not overlap is left alone; what does is pushed apart, never pulled", () => {
  assert.deepEqual(touching(-1e-6, [1, 1]).onPuck.force.map(Math.abs), [0, 0]);
  close(touching(1e-3, [0, 0]).onPuck.force[0], taskContact.stiffness * 1e-3, 1e-9);
  close(touching(1e-3, [0.1, 0]).onPuck.force[0], 10 + taskContact.damping * 0.1, 1e-9);
  assert.equal(touching(1e-3, [-5, 0]).onPuck.force[0], 0);
});

Deno.test("finger and puck are pushed equally, and nothing turns the two together", () => {
  const overlap = 2e-3;
  const { onFinger, onPuck } = touching(overlap, [0.2, 0.4], 3);
  onPuck.force.forEach((force, axis) => assert.equal(force, -onFinger.force[axis]));
  const distance = taskContact.fingerRadius + radius - overlap;
  close(onFinger.moment + onPuck.moment + distance * onPuck.force[1], 0, 1e-12);
});

Deno.test("friction of the contact drags along, bounded by μ times the normal force", () => {
  const drag = (speed: number) => touching(1e-3, [0, speed]).onPuck;
  const bound = taskContact.friction * 10;
  for (const speed of [1e-4, 0.01, 1, 10]) {
    const { force: [, y], moment } = drag(speed);
    assert.ok(y > 0 && y < bound);
    assert.ok(moment < 0, "the puck is rolled off the finger");
    assert.equal(drag(-speed).force[1], -y);
  }
  close(drag(taskContact.slipSpeed).force[1], bound / Math.SQRT2, 1e-9);
  close(drag(10).force[1], bound, 1e-4);
});

Deno.test("finger and puck that turn like two gears do not rub", () => {
  const distance = taskContact.fingerRadius + radius - 1e-3;
  const lever = { ofFinger: taskContact.fingerRadius - 0.5e-3, ofPuck: radius - 0.5e-3 };
  const turning = (ofPuck: number) =>
    contactPushes(
      numbers,
      taskPuck,
      taskContact,
      { position: [0, 0], velocity: [0, 0], spin: 3 },
      { position: [distance, 0], velocity: [0, 0], spin: ofPuck },
    ).onPuck.force[1];
  close(turning(-3 * lever.ofFinger / lever.ofPuck), 0, 1e-12);
  assert.ok(turning(0) > 1, "a finger that turns alone drags the puck along");
  assert.ok(turning(-6) < -1, "a puck that turns faster is held back");
});

/** Momentum of arm and puck about the shoulder, kg m²/s. */
function angularMomentum({ arm, puck }: Pushing<number>): number {
  const [row] = massMatrix(numbers, humanArm, jointFrames(numbers, humanArm, arm.angles));
  const { position: [x, y], velocity: [vx, vy], spin } = puck;
  return row.reduce((sum, value, j) => sum + value * arm.velocities[j], 0) +
    mass * (x * vy - y * vx) + puckInertia(taskPuck) * spin;
}

/** The elbow drives the hand through a puck at its side; the shoulder is free. */
function strike(timeStep: number, floor: number) {
  const object = { ...taskPuck, friction: floor };
  let pushing: Pushing<number> = {
    arm: { angles: [0.9, 1.75], velocities: [1, 2] },
    puck: { ...atRest, position: [-0.17, 0.39] },
  };
  const before = angularMomentum(pushing);
  let impulse = 0;
  for (let time = 0; time < 0.15 - timeStep / 2; time += timeStep) {
    const { puck } = pushing;
    pushing = pushStep(numbers, pushing, [0, -3], timeStep, object);
    impulse += mass * Math.hypot(...pushing.puck.velocity.map((v, i) => v - puck.velocity[i]));
  }
  return { pushing, gained: angularMomentum(pushing) - before, impulse };
}

Deno.test("arm and puck together keep their angular momentum through a blow without a floor", () => {
  const coarse = strike(4e-4, 0);
  const fine = strike(2e-4, 0);
  assert.ok(coarse.impulse > 0.1, `the puck was hit with ${coarse.impulse} N s`);
  assert.ok(Math.abs(coarse.pushing.puck.spin) > 1, "and turned");
  const share = Math.abs(fine.gained / angularMomentum(fine.pushing));
  assert.ok(share < 5e-3, `${share} of it is gained`);
  const ratio = coarse.gained / fine.gained;
  assert.ok(ratio > 1.7 && ratio < 2.3, `halving the step divides the error by ${ratio}`);
});

Deno.test("what the floor takes of a struck puck's momentum is no more than μ m g t", () => {
  const free = strike(2e-4, 0);
  const braked = strike(2e-4, friction);
  assert.ok(
    Math.hypot(...braked.pushing.puck.velocity) < Math.hypot(...free.pushing.puck.velocity),
  );
  const most = friction * mass * gravity * 0.15 * 0.7;
  assert.ok(Math.abs(braked.gained) < most, `${braked.gained} of at most ${most} kg m²/s`);
  assert.ok(Math.abs(braked.gained) > 10 * Math.abs(free.gained));
});
