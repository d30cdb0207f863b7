/**
 * Robots and objects in cannon-es, against the chain's equations of motion and against mechanics: joints,
 * rotors, servos and limits; Coulomb's friction; momentum; a grasp.
 */
import assert from "node:assert/strict";
import { integrate } from "../../../sim/physics/plant_equations.ts";
import { randomStream } from "../../../sim/random.ts";
import { servoStep } from "../../../sim/robots/actuation.ts";
import { EnvelopeCholesky } from "../../../sim/robots/cannon/envelope_cholesky.ts";
import { matrixOf, principalAxes, quaternionOf } from "../../../sim/robots/cannon/frames.ts";
import { bodyEnergy } from "../../../sim/robots/cannon/robot_bodies.ts";
import { type PlacedRobot, RobotWorld } from "../../../sim/robots/cannon/robot_world.ts";
import { findRobot } from "../../../sim/robots/catalogue.ts";
import { placedIn } from "../../../sim/robots/composite.ts";
import {
  inverseDynamics,
  jointFrames,
  linkFrames,
  toolFrame,
  toolJacobian,
  torquesOfToolForce,
} from "../../../sim/robots/chain.ts";
import { pandaHome, pandaServoGains } from "../../../sim/robots/panda.ts";
import { padMaterial, pandaGripper, pandaWithHand } from "../../../sim/robots/panda_hand.ts";
import {
  poseAt,
  type Robot,
  rollPitchYaw,
  times,
  transposed,
  type Triple,
  turned,
} from "../../../sim/robots/robot.ts";
import { robotAccelerations } from "../../../sim/robots/robot_step.ts";
import type { RobotScene, SceneObject } from "../../../sim/robots/scene.ts";
import { numbers } from "../numbers.ts";

const gravity: Triple = [0, 0, -9.81];
const weightless: Triple = [0, 0, 0];

function largest(values: readonly number[]): number {
  return Math.max(...values.map(Math.abs));
}

function assertBelow(value: number, bound: number, what: string): void {
  assert.ok(value < bound, `${what}: ${value}, expected below ${bound}`);
}

function assertNear(value: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(value - expected) <= tolerance, `${what}: ${value}, expected ${expected}`);
}

function emptyScene(fall: Triple = gravity): RobotScene {
  return { gravity: fall, objects: [], frictions: [] };
}

function worldOf(robot: Robot, fall: Triple = gravity, rest: Omit<PlacedRobot, "robot"> = {}) {
  const world = new RobotWorld(emptyScene(fall), [{ robot, ...rest }]);
  return { world, bodies: world.robots[0] };
}

interface Motion {
  readonly robot: string;
  readonly angles: readonly number[];
  readonly velocities: readonly number[];
  readonly torques: readonly number[];
  /** Bounds at steps of 1 ms over 0.5 s: worst joint angle, rad, and gap of a joint, m. */
  readonly worstAngle: number;
  readonly worstGap: number;
}

const motions: readonly Motion[] = [
  {
    robot: "gym-reacher",
    angles: [0.3, -0.5],
    velocities: [0.5, -0.5],
    torques: [1, -0.5],
    worstAngle: 1e-4,
    worstGap: 1e-6,
  },
  {
    robot: "ur5e",
    angles: [0.1, -1, 1.2, -0.5, 0.3, 0.7],
    velocities: [0.5, -0.5, 0.5, -0.5, 0.5, -0.5],
    torques: [0, 0, 0, 0, 0, 0],
    worstAngle: 1.5e-2,
    worstGap: 4e-4,
  },
  {
    robot: "panda",
    angles: pandaHome,
    velocities: [0.5, -0.5, 0.5, -0.5, 0.5, -0.5, 0.5],
    torques: [5, -20, 5, 10, 1, 1, 0.5],
    worstAngle: 1e-3,
    worstGap: 5e-5,
  },
];

const seconds = 0.5;

/** The joints' angles after the motion, by the chain's equations. */
function exactly({ robot: name, angles, velocities, torques }: Motion): readonly number[] {
  const robot = findRobot(name);
  let motion = { angles, velocities };
  for (let step = 0; step < 500; step++) {
    motion = integrate(
      numbers,
      "rk4",
      seconds / 500,
      motion,
      (at) => robotAccelerations(numbers, robot, gravity, at, torques),
    );
  }
  return motion.angles;
}

function inCannon({ robot, angles, velocities, torques }: Motion, dt: number) {
  const { world, bodies } = worldOf(findRobot(robot));
  bodies.place(angles, velocities);
  bodies.setTorques(torques);
  let gap = 0;
  for (let step = 0; step < Math.round(seconds / dt); step++) {
    world.step(dt);
    gap = Math.max(gap, bodies.jointGap());
  }
  return { angles: bodies.positions(), gap };
}

for (const motion of motions) {
  Deno.test(`${motion.robot}: half a second under torques and gravity is that of the equations`, () => {
    const exact = exactly(motion);
    assertBelow(largest(exact), 4, "the motion should stay an ordinary one");
    const errorAt = (dt: number) => {
      const { angles, gap } = inCannon(motion, dt);
      return { error: largest(angles.map((angle, j) => angle - exact[j])), gap };
    };
    const fine = errorAt(0.001), coarse = errorAt(0.002);
    assertBelow(fine.error, motion.worstAngle, "angle error, rad");
    assertBelow(fine.gap, motion.worstGap, "joint gap, m");
    const ratio = coarse.error / fine.error;
    assert.ok(ratio > 1.7 && ratio < 2.4, `halving the step divides the error by ${ratio}`);
  });
}

Deno.test("what is placed is read back, and full turns are counted", () => {
  const { world, bodies } = worldOf(findRobot("ur5e"), weightless);
  const random = randomStream(1, "tests/cannon/placed");
  const angles = bodies.joints.map(() => random.uniform(-10, 10));
  const rates = bodies.joints.map(() => random.normal(0, 2));
  bodies.place(angles, rates);
  assertBelow(largest(bodies.positions().map((value, j) => value - angles[j])), 1e-13, "angles");
  assertBelow(largest(bodies.rates().map((value, j) => value - rates[j])), 1e-13, "rates");
  assertBelow(bodies.jointGap(), 1e-14, "gap");
  const free: Robot = {
    ...findRobot("ur5e"),
    joints: findRobot("ur5e").joints.map((joint) => ({
      ...joint,
      lower: -Infinity,
      upper: Infinity,
    })),
  };
  const spinning = worldOf(free, weightless);
  spinning.bodies.place(free.joints.map(() => 0), [0, 0, 0, 0, 0, 20]);
  for (let step = 0; step < 1000; step++) spinning.world.step(0.001);
  assertNear(spinning.bodies.positions()[5], 20, 0.2, "angle after three turns");
  world.step(0.001);
});

Deno.test("the tool stands where the chain's equations put it", () => {
  const { bodies } = worldOf(pandaWithHand, gravity, { gripper: pandaGripper });
  const angles = [0.1, -0.4, 0.3, -2, 0.2, 1.7, 0.5];
  bodies.place([...angles, 0.01, 0.02], Array(9).fill(0));
  const frames = linkFrames(numbers, jointFrames(numbers, pandaWithHand, angles));
  const expected = toolFrame(numbers, pandaWithHand, frames);
  const actual = bodies.toolPose();
  assertBelow(largest(actual.position.map((x, i) => x - expected.position[i])), 1e-14, "position");
  const turn = actual.rotation.flatMap((row, i) => row.map((x, j) => x - expected.rotation[i][j]));
  assertBelow(largest(turn), 1e-14, "rotation");

  // On another base, all is moved with it.
  const base = poseAt([1, 2, 3], [0.3, -0.2, 0.7]);
  const moved = worldOf(pandaWithHand, gravity, { gripper: pandaGripper, base }).bodies;
  moved.place([...angles, 0.01, 0.02], Array(9).fill(0));
  const inWorld = placedIn(base, expected);
  const off = moved.toolPose().position.map((x, i) => x - inWorld.position[i]);
  assertBelow(largest(off), 1e-14, "position on another base");
});

Deno.test("a free arm keeps its energy, better with smaller steps", () => {
  const robot = findRobot("ur5e");
  const drift = (dt: number) => {
    const { world, bodies } = worldOf(robot);
    bodies.place([0.1, -1, 1.2, -0.5, 0.3, 0.7], [1, -1, 1, -0.5, 0.5, 0]);
    const start = bodies.energy();
    for (let step = 0; step < Math.round(0.3 / dt); step++) world.step(dt);
    return Math.abs(bodies.energy() - start);
  };
  const fine = drift(0.0005), coarse = drift(0.001);
  assertBelow(fine, 0.1, "change of energy, J");
  assert.ok(coarse / fine > 1.7, `halving the step divides the change by ${coarse / fine}`);
});

Deno.test("principal axes diagonalise an inertia, also one with equal moments", () => {
  for (const { inertia } of [...findRobot("panda").links, ...findRobot("ur5e").links]) {
    const { moments, rotation } = principalAxes(inertia);
    const [x, y, z] = moments;
    const back = times(rotation, times([[x, 0, 0], [0, y, 0], [0, 0, z]], transposed(rotation)));
    const difference = back.flatMap((row, i) => row.map((value, j) => value - inertia[i][j]));
    assertBelow(largest(difference), 1e-15, "inertia, kg m²");
    const turn = matrixOf(quaternionOf(rotation));
    assertBelow(
      largest(turn.flatMap((row, i) => row.map((value, j) => value - rotation[i][j]))),
      1e-14,
      "quaternion of the axes",
    );
  }
  assert.throws(() => principalAxes([[1, 0, 0], [0, 1, 0], [0, 0, 0]]), /1, 1, 0 kg m²/);
});

Deno.test("the envelope's factor solves what it was made of", () => {
  const random = randomStream(1, "tests/cannon/envelope");
  const size = 12;
  // Rows that reach three back, and one that reaches to the first.
  const first = Array.from({ length: size }, (_, i) => i === 9 ? 0 : Math.max(0, i - 3));
  const matrix = Array.from(
    { length: size },
    (_, i) =>
      Array.from(
        { length: size },
        (_, j) => i === j ? 10 : j >= first[i] && j < i ? random.normal() : 0,
      ),
  );
  const entry = (i: number, j: number) => i >= j ? matrix[i][j] : matrix[j][i];
  const expected = matrix.map(() => random.normal());
  const x = Float64Array.from(
    matrix,
    (_, i) => expected.reduce((sum, value, j) => sum + entry(i, j) * value, 0),
  );
  const factor = new EnvelopeCholesky();
  factor.resize(size);
  for (let i = 0; i < size; i++) {
    factor.setFirst(i, first[i]);
    for (let j = first[i]; j <= i; j++) factor.set(i, j, matrix[i][j]);
  }
  factor.factorise();
  factor.forward(x);
  factor.backward(x);
  assertBelow(largest(expected.map((value, i) => value - x[i])), 1e-13, "solution");
  factor.setFirst(0, 0);
  factor.set(0, 0, -1);
  assert.throws(() => factor.factorise(), /row 0 of the matrix has a pivot of -1/);
});

const gains = {
  stiffness: pandaServoGains,
  damping: pandaServoGains.map((stiffness) => stiffness / 10),
};

/** Servos that hold the arm's joints at `targets`. */
function armServos(targets: readonly number[]) {
  return targets.map((target, j) => ({
    target,
    stiffness: gains.stiffness[j],
    damping: gains.damping[j],
  }));
}

/** The same for an arm with two fingers, which are left to their torques. */
function handServos(targets: readonly number[]) {
  return [...armServos(targets), undefined, undefined];
}

for (const far of [0.002, 1]) {
  Deno.test(`servos ${far} rad from their targets move the arm as the implicit equations say`, () => {
    const robot = findRobot("panda");
    const dt = 0.001;
    const targets = pandaHome.map((angle, j) => angle + far * (j % 2 ? -1 : 1));
    const { world, bodies } = worldOf(robot);
    bodies.place(pandaHome, pandaHome.map(() => 0));
    bodies.setServos(armServos(targets));
    let motion: { angles: readonly number[]; velocities: readonly number[] } = {
      angles: pandaHome,
      velocities: pandaHome.map(() => 0),
    };
    for (let step = 0; step < 200; step++) {
      world.step(dt);
      motion = servoStep(numbers, robot, gains, motion, targets, { gravity, timeStep: dt });
    }
    const error = largest(bodies.positions().map((angle, j) => angle - motion.angles[j]));
    const way = largest(motion.angles.map((angle, j) => angle - pandaHome[j]));
    assertBelow(error, 0.03 * way, "angle error, rad");
  });
}

Deno.test("a joint that runs into its limit stops there", () => {
  const robot = findRobot("panda");
  const { world, bodies } = worldOf(robot);
  bodies.place(pandaHome, pandaHome.map(() => 0));
  bodies.setTorques([0, 0, 0, 80, 0, 0, 0]);
  for (let step = 0; step < 500; step++) {
    world.step(0.002);
    assertBelow(bodies.positions()[3], robot.joints[3].upper + 1e-3, "angle of the elbow, rad");
  }
  assertNear(bodies.positions()[3], robot.joints[3].upper, 2e-3, "angle of the elbow, rad");
});

const plane: SceneObject = {
  name: "ground",
  primitive: { kind: "plane" },
  material: "ground",
  mass: 0,
  pose: poseAt([0, 0, 0]),
};

/** How a block moves along a slope, m/s², and how far it came in half a second, m. */
function onSlope(degrees: number, friction: number, heading: number) {
  const rotation = times(
    rollPitchYaw([0, 0, heading]),
    rollPitchYaw([0, degrees * Math.PI / 180, 0]),
  );
  const world = new RobotWorld({
    gravity,
    frictions: [{ materials: ["ground", "block"], coefficient: friction }],
    objects: [{ ...plane, pose: { position: [0, 0, 0], rotation } }, {
      name: "block",
      primitive: { kind: "box", size: [0.1, 0.1, 0.1] },
      material: "block",
      mass: 2,
      pose: { position: turned(rotation, [0, 0, 0.05]), rotation },
    }],
  });
  const block = world.object("block");
  for (let step = 0; step < 150; step++) world.step(0.002);
  const speed = block.velocity.length(), place = block.position.clone();
  for (let step = 0; step < 250; step++) world.step(0.002);
  return {
    acceleration: (block.velocity.length() - speed) / 0.5,
    way: block.position.distanceTo(place),
  };
}

for (const friction of [0.2, 0.5]) {
  Deno.test(`with µ = ${friction} a block sticks below arctan µ and slides above as Coulomb says`, () => {
    const steepest = Math.atan(friction) * 180 / Math.PI;
    // Along and across the directions in which cannon-es splits friction.
    for (const heading of [0, 0.7]) {
      assertBelow(onSlope(steepest - 0.5, friction, heading).way, 1e-4, "creep, m");
      for (const beyond of [0.5, 10]) {
        const angle = (steepest + beyond) * Math.PI / 180;
        const expected = 9.81 * (Math.sin(angle) - friction * Math.cos(angle));
        const { acceleration } = onSlope(steepest + beyond, friction, heading);
        assertNear(acceleration, expected, 1e-4, "acceleration, m/s²");
      }
    }
  });
}

Deno.test("a puck that slides comes to rest after v²/(2 µ g)", () => {
  const world = new RobotWorld({
    gravity,
    frictions: [{ materials: ["ground", "puck"], coefficient: 0.5 }],
    objects: [plane, {
      name: "puck",
      primitive: { kind: "cylinder", radius: 0.05, length: 0.04 },
      material: "puck",
      mass: 0.5,
      pose: poseAt([0, 0, 0.02]),
    }],
  });
  const puck = world.object("puck");
  for (let step = 0; step < 50; step++) world.step(0.002);
  const start = puck.position.x;
  puck.velocity.set(1, 0, 0);
  for (let step = 0; step < 200; step++) world.step(0.002);
  assertNear(puck.position.x - start, 1 / (2 * 0.5 * 9.81), 2e-3, "way, m");
  assertBelow(puck.velocity.length(), 1e-5, "speed at the end, m/s");
  assertBelow(Math.abs(puck.position.z - 0.02), 1e-5, "sinking in, m");
});

Deno.test("a ball that hits a free block passes momentum and angular momentum on, and energy is lost", () => {
  const world = new RobotWorld({
    gravity: weightless,
    frictions: [{ materials: ["ball", "block"], coefficient: 0.4 }],
    objects: [{
      name: "ball",
      primitive: { kind: "sphere", radius: 0.05 },
      material: "ball",
      mass: 1,
      pose: poseAt([-0.2, 0.03, 0.02]),
    }, {
      name: "block",
      primitive: { kind: "box", size: [0.2, 0.3, 0.1] },
      material: "block",
      mass: 2,
      pose: poseAt([0, 0, 0]),
    }],
  });
  const bodies = ["ball", "block"].map((name) => world.object(name));
  const [ball, block] = bodies;
  ball.velocity.set(1, 0.2, 0);
  ball.angularVelocity.set(0, 3, 1);
  const total = () => {
    let momentum = ball.velocity.scale(0), turning = ball.velocity.scale(0);
    for (const body of bodies) {
      const spin = body.quaternion.conjugate().vmult(body.angularVelocity);
      const own = body.quaternion.vmult(spin.vmul(body.inertia));
      momentum = momentum.vadd(body.velocity.scale(body.mass));
      turning = turning.vadd(body.position.cross(body.velocity.scale(body.mass))).vadd(own);
    }
    return [...momentum.toArray(), ...turning.toArray()];
  };
  const energy = () =>
    bodies.reduce((sum, body) => sum + bodyEnergy(body, body.velocity.scale(0)), 0);
  const before = { total: total(), energy: energy() };
  for (let step = 0; step < 300; step++) world.step(0.001);
  const after = total();
  assert.ok(block.velocity.x > 0.1, "the block should have been hit");
  assertBelow(largest(after.slice(0, 3).map((p, i) => p - before.total[i])), 1e-12, "momentum");
  // The gyroscopic torque is explicit.
  assertBelow(
    largest(after.slice(3).map((p, i) => p - before.total[3 + i])),
    2e-3,
    "angular momentum",
  );
  assert.ok(energy() < before.energy);
});

/** The Panda with its hand at home over a cube between its open fingers, on a pedestal or in the air. */
function graspScene(friction: number) {
  const world = new RobotWorld({
    gravity,
    frictions: [{ materials: [padMaterial, "cube"], coefficient: friction }],
    objects: [{
      name: "cube",
      primitive: { kind: "box", size: [0.04, 0.04, 0.04] },
      material: "cube",
      mass: 0.2,
      pose: poseAt([0, 0, 0]),
    }],
  }, [{ robot: pandaWithHand, gripper: pandaGripper, gravityCompensated: true }]);
  const [robot] = world.robots;
  robot.place([...pandaHome, 0.0205, 0.0205], Array(9).fill(0));
  world.placeObject("cube", robot.toolPose().position);
  return { world, robot, cube: world.object("cube") };
}

for (const friction of [0.6, 0.2]) {
  const holds = friction > 0.4;
  Deno.test(`fingers that press with 2.5 N ${holds ? "hold" : "lose"} a cube of 2 N at µ = ${friction}`, () => {
    const { world, robot, cube } = graspScene(friction);
    robot.setServos(handServos(pandaHome));
    robot.setTorques([0, 0, 0, 0, 0, 0, 0, -2.5, -2.5]);
    const height = cube.position.z;
    for (let step = 0; step < 200; step++) world.step(0.0025);
    const fallen = height - cube.position.z;
    if (!holds) return assert.ok(fallen > 0.03, `fallen ${fallen} m`);
    assertBelow(Math.abs(fallen), 2e-3, "sag, m");
    const [, , lift] = world.contactForce("cube");
    assertNear(lift, 0.2 * 9.81, 0.02, "force of the fingers, N");
    const pressed = world.contactForce("cube", (body) => robot.isLink(body, 7));
    assertNear(largest(pressed.slice(0, 2)), 2.5, 0.1, "force of one finger, N");
    assertBelow(robot.jointGap(), 1e-5, "joint gap, m");
  });
}

Deno.test("a finger slides as its mass, rotor and damping say, and stays on its track", () => {
  const { world, bodies } = worldOf(pandaWithHand, gravity, {
    gripper: pandaGripper,
    gravityCompensated: true,
  });
  bodies.place([...pandaHome, 0, 0], Array(9).fill(0));
  bodies.setServos(handServos(pandaHome));
  bodies.setTorques([0, 0, 0, 0, 0, 0, 0, 1, 1]);
  const dt = 0.0005, seconds = 0.05;
  for (let step = 0; step < Math.round(seconds / dt); step++) world.step(dt);
  const { link, joint } = pandaGripper.fingers[0];
  const inertia = link.mass + joint.armature;
  const rate = joint.damping / inertia;
  const expected = (seconds - (1 - Math.exp(-rate * seconds)) / rate) / joint.damping;
  for (const way of bodies.positions().slice(7)) assertNear(way, expected, 2e-4, "way, m");
  assertBelow(bodies.jointGap(), 1e-6, "joint gap, m");
  for (let step = 0; step < 400; step++) world.step(dt);
  for (const way of bodies.positions().slice(7)) {
    assertNear(way, joint.upper, 1e-4, "where it stops, m");
  }
});

Deno.test("what a tool and the ground give to a puck is what its momentum gains", () => {
  const robot = findRobot("ur5e");
  const angles = [0.2, -1.2, 1.6, -0.9, 1.2, 0.3];
  const frames = linkFrames(numbers, jointFrames(numbers, robot, angles));
  const [x, y, z] = toolFrame(numbers, robot, frames).position;
  const reach = Math.hypot(x, y);
  const [radius, dt, mass] = [0.03, 0.002, 0.5];
  const world = new RobotWorld({
    gravity,
    frictions: [
      { materials: ["ground", "puck"], coefficient: 0.4 },
      { materials: ["tip", "puck"], coefficient: 0.3 },
    ],
    objects: [{ ...plane, pose: poseAt([0, 0, z - 0.04]) }, {
      name: "puck",
      primitive: { kind: "cylinder", radius: 0.05, length: 0.08 },
      material: "puck",
      mass,
      // On the tool's way, turning about the base's axis; a little aside of it.
      pose: poseAt([x - 0.085 * y / reach + 0.01, y + 0.085 * x / reach, z]),
    }],
  }, [{
    robot,
    gravityCompensated: true,
    shapes: robot.links.map((_, i) =>
      i < 5 ? [] : [{
        primitive: { kind: "sphere", radius },
        pose: robot.tool,
        material: "tip",
      }]
    ),
  }]);
  const [bodies] = world.robots;
  bodies.place(angles, [0.8, 0, 0, 0, 0, 0]);
  const puck = world.object("puck");
  const given = [0, 0, 0];
  let touched = 0;
  for (let step = 0; step < 100; step++) {
    world.step(dt);
    const all = world.contactForce("puck");
    all.forEach((force, axis) => given[axis] += dt * (force + mass * gravity[axis]));
    touched += largest(world.contactForce("puck", (body) => bodies.isLink(body, 5))) > 0 ? 1 : 0;
  }
  const momentum = puck.velocity.scale(mass).toArray();
  assert.ok(touched > 0, "the tool should have touched the puck");
  assert.ok(largest(momentum) > 0.01, `momentum ${momentum} kg m/s`);
  assertBelow(largest(momentum.map((p, axis) => p - given[axis])), 1e-12, "difference, kg m/s");
});

Deno.test("a tool that presses on a wall presses with the force of Jᵀ⁻¹ τ", () => {
  const robot = findRobot("ur5e");
  const angles = [0.2, -1.2, 1.6, -0.9, 1.2, 0.3];
  const frames = jointFrames(numbers, robot, angles);
  const links = linkFrames(numbers, frames);
  const tool = toolFrame(numbers, robot, links);
  const jacobian = toolJacobian(numbers, robot, links, tool);
  const radius = 0.03;
  const wall = tool.position[2] - radius + 1e-5;
  const world = new RobotWorld({
    gravity,
    frictions: [{ materials: ["ground", "tip"], coefficient: 5 }],
    objects: [{ ...plane, pose: poseAt([0, 0, wall]) }],
  }, [{
    robot: { ...robot, joints: robot.joints.map((joint) => ({ ...joint, damping: 20 })) },
    shapes: robot.links.map((_, i) =>
      i < 5 ? [] : [{
        primitive: { kind: "sphere", radius },
        pose: robot.tool,
        material: "tip",
      }]
    ),
  }]);
  const [bodies] = world.robots;
  bodies.place(angles, angles.map(() => 0));
  const weight = inverseDynamics(numbers, robot, frames, angles.map(() => 0), gravity);
  const pressing = torquesOfToolForce(numbers, jacobian, [0, 0, -40]);
  bodies.setTorques(weight.map((torque, j) => torque + pressing[j]));
  for (let step = 0; step < 20; step++) world.step(0.001);
  const force = world.contactForce("ground");
  assertNear(-force[2], 40, 0.5, "force on the wall, N");
  assertBelow(largest(force.slice(0, 2)), 0.5, "force along the wall, N");
});

Deno.test("a world that was saved goes on with the same bits", () => {
  const go = (world: RobotWorld) => {
    for (let step = 0; step < 50; step++) world.step(0.0025);
  };
  const { world, robot } = graspScene(0.6);
  const drive = (bodies: typeof robot) => {
    bodies.setServos(handServos(pandaHome.map((angle) => angle + 0.1)));
    bodies.setTorques([0, 0, 0, 0, 0, 0, 0, -2.5, -2.5]);
  };
  drive(robot);
  go(world);
  const saved = world.save();
  assert.equal(saved.length, world.stateRows);
  go(world);
  const other = graspScene(0.6);
  drive(other.robot);
  other.world.restore(saved);
  go(other.world);
  assert.deepEqual(other.world.save(), world.save());
});

Deno.test("what does not fit is refused by name", () => {
  const { world, robot } = graspScene(0.6);
  assert.throws(() => robot.place([0], [0]), /1 values were given for 9 joints/);
  assert.throws(() => robot.setTorques([1, 2]), /2 values were given for 9 joints/);
  assert.throws(() => robot.setServos([]), /0 values were given for 9 joints/);
  assert.throws(() => world.object("ball"), /no object "ball" in the scene; there are cube/);
  assert.throws(() => world.step(0), /dt is 0 s/);
});
