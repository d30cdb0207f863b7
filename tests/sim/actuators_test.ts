/**
 * Actuators: muscle paths, activation dynamics, the four force laws and torque motors, against the
 * published equations and numbers computed from them in double precision.
 *
 * Sources: MotorNet (Codol et al., eLife 88591); Kistemaker, Wong & Gribble 2010; Thelen 2003; MuJoCo's
 * documentation, "muscle actuators".
 */
import assert from "node:assert/strict";
import {
  type Actuator,
  type ActuatorGeometry,
  actuatorNames,
  jointTorques,
} from "../../sim/actuators/actuator.ts";
import { defaultActuator, findActuator } from "../../sim/actuators/catalogue.ts";
import {
  hillLaw,
  mujocoLaw,
  type MuscleLaw,
  reluLaw,
  thelenLaw,
} from "../../sim/actuators/muscle_laws.ts";
import { torqueMotors } from "../../sim/actuators/torque_motor.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import { Graph } from "../../sim/expression/graph.ts";
import { compileKernel } from "../../sim/expression/kernel.ts";
import { inputLanes, type Lanes, lanesAlgebra } from "../../sim/expression/lanes.ts";
import { randomStream } from "../../sim/random.ts";

const arm26 = findArm("arm26");
const human3 = findArm("human3");
const corner = [Math.PI / 4, Math.PI / 2];
const timeStep = 0.01;

/** Compiles what `build` makes of inputs with so many lanes each; takes and gives plain lists. */
function compile(
  lanes: readonly number[],
  build: (algebra: ReturnType<typeof lanesAlgebra>, inputs: readonly Lanes[]) => readonly Lanes[],
): (...inputs: readonly (readonly number[])[]) => number[][] {
  const graph = new Graph();
  const inputs = lanes.map((count) => inputLanes(graph, count));
  const outputs = build(lanesAlgebra(graph), inputs);
  const rows = outputs.flat();
  const kernel = compileKernel("compiled", [{ name: "input", rows: inputs.flat() }], [
    { name: "output", rows },
  ]);
  return (...values) => {
    assert.deepEqual(values.map(({ length }) => length), lanes);
    const results = new Float64Array(rows.length);
    kernel.run(1, Float64Array.from(values.flat()), results);
    let from = 0;
    return outputs.map(({ length }) => [...results.subarray(from, from += length)]);
  };
}

/** Force / F_max of `law` at activation a, length n and velocity v. */
function forceOf(law: MuscleLaw): (a: number, n: number, v: number) => number {
  const compiled = compile([1, 1, 1], (algebra, [a, n, v]) => [law.force(algebra, a, n, v)]);
  return (a, n, v) => compiled([a], [n], [v])[0][0];
}

/** Everything that `actuator` works out in one joint state under given activations. */
function mechanics(actuator: Actuator, joints: number) {
  const compiled = compile([joints, joints, actuator.count], (algebra, [q, rates, activation]) => {
    const split = (value: Lanes) => value.map((_, j) => algebra.lane(value, j));
    const geometry: ActuatorGeometry<Lanes> = actuator.geometry(algebra, split(q), split(rates));
    const force = actuator.force(algebra, geometry, activation);
    return [
      geometry.length,
      geometry.velocity,
      force,
      jointTorques(algebra, geometry, force).flat(),
      actuator.proprioception(algebra, geometry),
      ...geometry.momentArms,
    ];
  });
  return (
    angles: readonly number[],
    velocities: readonly number[],
    activation: readonly number[],
  ) => {
    const [length, velocity, force, torques, proprioception, ...momentArms] = compiled(
      angles,
      velocities,
      activation,
    );
    return { length, velocity, force, torques, proprioception, momentArms };
  };
}

/** Activations after each of `steps` control steps under a constant command. */
function activations(
  actuator: Actuator,
  from: number,
  command: number,
  steps: number,
  dt = timeStep,
): number[] {
  const { count } = actuator;
  const compiled = compile([count, count], (algebra, [activation, commands]) => [
    actuator.activate(algebra, activation, commands, dt),
  ]);
  const every = (value: number) => new Array<number>(count).fill(value);
  let now = every(from);
  return Array.from({ length: steps }, () => {
    [now] = compiled(now, every(command));
    assert.deepEqual(now, every(now[0]), "the actuators must not differ");
    return now[0];
  });
}

const hill = findActuator("hill-muscle", arm26);
const atCorner = (activation: number, velocities: readonly number[] = [0, 0]) =>
  mechanics(hill, 2)(corner, velocities, new Array<number>(6).fill(activation));

function assertClose(actual: readonly number[], expected: readonly number[], tolerance: number) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance,
      `element ${i} of [${actual}] is not within ${tolerance} of [${expected}]`,
    )
  );
}

/** Evenly spaced numbers, both ends included. */
const spaced = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + (to - from) * i / (count - 1));

Deno.test("muscle paths and elbow moment arms at (π/4, π/2) are the published ones", () => {
  const { length, momentArms } = atCorner(1);
  const paths = length.map((normalised, m) =>
    normalised * arm26.muscles[m].optimalLength + arm26.muscles[m].tendonLength
  );
  assertClose(paths, [.1745619, .2086381, .2540392, .2693416, .3172650, .3145663], 5.1e-8);
  assertClose(momentArms[1], [0, 0, -.0265664, .0180885, -.0339071, .0199469], 5.1e-8);
  assertClose(momentArms[0], [-.03, .03, 0, 0, -.03, .03], 1e-15);
});

Deno.test("moment arms are the derivatives of path lengths, and velocities follow from them", () => {
  const evaluate = mechanics(hill, 2);
  const rest = new Array<number>(6).fill(0.001);
  const stream = randomStream(1, "actuators/moment-arms");
  for (let i = 0; i < 50; i++) {
    const angles = arm26.joints.map(({ lower, upper }) => stream.uniform(lower, upper));
    const rates = [stream.uniform(-5, 5), stream.uniform(-5, 5)];
    const { momentArms, velocity } = evaluate(angles, rates, rest);
    const path = (at: readonly number[], muscle: number) =>
      evaluate(at, [0, 0], rest).length[muscle] * arm26.muscles[muscle].optimalLength;
    arm26.muscles.forEach(({ optimalLength }, muscle) => {
      const slopes = angles.map((_, joint) => {
        const moved = (by: number) => path(angles.map((q, j) => j === joint ? q + by : q), muscle);
        return (moved(1e-5) - moved(-1e-5)) / 2e-5;
      });
      assertClose(momentArms.map((row) => row[muscle]), slopes, 1e-9);
      const lengthening = slopes[0] * rates[0] + slopes[1] * rates[1];
      assertClose([velocity[muscle]], [lengthening / (10 * optimalLength)], 1e-7);
    });
  }
});

Deno.test("a fibre is never shorter than nothing", () => {
  const longTendons = arm26.muscles.map((muscle) => ({ ...muscle, tendonLength: 1 }));
  const actuator = findActuator("hill-muscle", { ...arm26, muscles: longTendons });
  const { length } = mechanics(actuator, 2)(corner, [0, 0], longTendons.map(() => 1));
  assert.deepEqual(length, longTendons.map(() => 0));
});

Deno.test("Hill muscles at (π/4, π/2) pull and turn the joints as published", () => {
  const full = atCorner(1);
  assertClose(full.force, [838, 1207, 1383.73, 1502.29, 385.47, 528.64], 5.1e-3);
  assertClose(full.torques, [-15.36513, 12.112], 5.1e-6);
  assertClose(atCorner(0.1).torques, [-1.55602, 1.21120], 5.1e-6);
  assertClose(atCorner(0.5, [1, -2]).torques, [-7.87163, 6.85418], 5.1e-6);
});

Deno.test("torques of the joints do the work of the forces along the paths", () => {
  const stream = randomStream(2, "actuators/power");
  for (const name of actuatorNames) {
    const actuator = findActuator(name, arm26);
    const rates = [stream.uniform(-3, 3), stream.uniform(-3, 3)];
    const activation = Array.from({ length: actuator.count }, () => stream.uniform(0.01, 1));
    const { torques, force, velocity } = mechanics(actuator, 2)([0.9, 1.4], rates, activation);
    const speeds = actuator.muscles
      ? velocity.map((v, m) => -10 * arm26.muscles[m].optimalLength * v)
      : velocity;
    const power = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, value, i) => sum + value * b[i], 0);
    assertClose([power(torques, rates)], [power(force, speeds)], 1e-10);
  }
});

Deno.test("the Hill muscle's force-velocity relation has the published values", () => {
  const force = forceOf(hillLaw());
  const table = [
    [1, -1, .772581],
    [1, -.1, .973396],
    [1, 0, 1],
    [1, .1, 1.048943],
    [1, 1, 1.260917],
    [.1, -1, .021239],
    [.1, .1, .120890],
  ];
  for (const [a, v, expected] of table) assertClose([force(a, 1, v)], [expected], 5.1e-7);
});

Deno.test("the Hill muscle is the published formula, branch by branch", () => {
  const force = forceOf(hillLaw(1.4));
  const stream = randomStream(3, "actuators/hill");
  for (let i = 0; i < 300; i++) {
    const [a, n, v] = [stream.uniform(0.001, 1), stream.uniform(0.3, 1.65), stream.uniform(-1, 1)];
    const passive = Math.max(n - 1.4, 0) ** 2 / (1.66 - 1.4) ** 2;
    const fl = Math.max(1 - (n - 1) ** 2 / 0.66 ** 2, 0.01);
    const hillA = 0.41 * (n > 1 ? fl : 1);
    const hillB = 5.2 * (a < 0.3 ? (1 - 0.9 * (a - 0.3) / (0.005 - 0.3)) ** 2 : 1);
    const f = a * fl;
    const sigma = 0.001;
    const twice = sigma - 2 * a * (fl + hillA) / hillB;
    const [p1, p2, p3] = [-0.5 * f / twice, 0.25 * f ** 2 / twice, -1.5 * f];
    const active = v < 0
      ? (v * a * hillA + f * hillB) / (hillB - v)
      : (-p1 * p3 + p1 * sigma * v + p2 - p3 * v + sigma * v ** 2) / (p1 + v);
    assertClose([force(a, n, v)], [Math.max(active, 0) + passive], 1e-12);
  }
});

/** One-sided derivatives of `f` at 0, by a second-order formula. */
function slopesAtZero(f: (x: number) => number): [below: number, above: number] {
  const side = (h: number) => (-3 * f(0) + 4 * f(h) - f(2 * h)) / (2 * h);
  return [side(-1e-5), side(1e-5)];
}

Deno.test("the Hill muscle yields twice as steeply when it lengthens as when it shortens", () => {
  const force = forceOf(hillLaw());
  assertClose(slopesAtZero((v) => force(1, 1, v)), [.271154, .542308], 5.1e-6);
  for (const [a, n] of [[0.05, 1], [0.2, 0.8], [0.5, 1.3], [1, 1.5]]) {
    const [below, above] = slopesAtZero((v) => force(a, n, v));
    assert.ok(below > 0.005, `slope ${below} at a ${a}, n ${n}`);
    assertClose([above / below], [2], 1e-5);
    assertClose([force(a, n, -1e-12), force(a, n, 1e-12)], [force(a, n, 0), force(a, n, 0)], 1e-11);
  }
});

Deno.test("a Hill muscle's force grows with its velocity at every activation and length", () => {
  const force = forceOf(hillLaw());
  for (const a of [0.001, 0.01, 0.1, 0.299, 0.3, 0.6, 1]) {
    for (const n of [0.3, 0.7, 1, 1.3, 1.65]) {
      const forces = spaced(-2, 2, 401).map((v) => force(a, n, v));
      forces.slice(1).forEach((next, i) =>
        assert.ok(next >= forces[i] - 1e-15, `a ${a}, n ${n}: ${next} after ${forces[i]}`)
      );
      assert.ok(forces[400] > forces[0], `constant at a ${a}, n ${n}`);
      assert.ok(forces[0] >= 0, `a muscle pushes at a ${a}, n ${n}`);
    }
  }
});

Deno.test("a fully active Hill muscle at rest gives exactly F_max between n = 1 and 1.6", () => {
  const force = forceOf(hillLaw());
  for (const n of spaced(1, 1.6, 25)) assertClose([force(1, n, 0)], [1], 1e-14);
  assert.ok(force(1, 0.9, 0) < 0.98);
  assert.ok(force(1, 1.7, 0) > 1.1);
});

Deno.test("the slack of the passive spring is that of the version asked for", () => {
  const [tensorflow, pytorch] = [hillLaw(), hillLaw(1.4)].map(forceOf);
  const active = (n: number) => 0.001 * (1 - (n - 1) ** 2 / 0.66 ** 2);
  assertClose([pytorch(0.001, 1.39, 0)], [active(1.39)], 1e-15);
  assertClose([tensorflow(0.001, 1.33, 0)], [active(1.33) + 0.25], 1e-15);
  assertClose([pytorch(0.001, 1.53, 0)], [active(1.53) + 0.25], 1e-15);
});

Deno.test("activation rises and falls as published at steps of 10 ms", () => {
  assert.deepEqual(activations(hill, 0.001, 1, 2), [1, 1]);
  assertClose(activations(hill, 1, 0, 5), [.6004, .432496, .33336, .266886, .219009], 5.1e-7);
});

Deno.test("activation follows the equations of Thelen 2003 at small steps", () => {
  const dt = 1e-5;
  const relu = findActuator("relu-muscle", arm26);
  // Falling to 0, a' = −a (0.5 + 1.5 a)/T, has the solution a/(0.5 + 1.5 a) = C e^(−0.5 t/T).
  const falling = activations(relu, 1, 0, 5000, dt)[4999];
  const share = 0.5 * Math.exp(-0.5);
  assertClose([falling], [0.5 * share / (1 - 1.5 * share)], 1e-4);
  // Rising to 1 it takes ∫ T (0.5 + 1.5 a)/(1 − a) da = T [2 ln(1/(1 − a)) − 1.5 a] to reach a.
  const steps = Math.round(0.015 * (2 * Math.log(1 / 0.4) - 1.5 * 0.6) / dt);
  assertClose([activations(relu, 0, 1, steps, dt)[steps - 1]], [0.6], 1e-3);
});

Deno.test("muscles of MuJoCo follow faster: time constants of 10 and 40 ms", () => {
  const mujoco = findActuator("mujoco-muscle", arm26);
  const [rising] = activations(mujoco, 0.2, 0.9, 1, 0.001);
  const [falling] = activations(mujoco, 0.9, 0.2, 1, 0.001);
  assertClose([rising], [0.2 + 0.001 * 0.7 / (0.010 * 0.8)], 1e-15);
  assertClose([falling], [0.9 - 0.001 * 0.7 * 1.85 / 0.040], 1e-15);
});

Deno.test("commands beyond their range act as its ends", () => {
  for (const name of actuatorNames) {
    const actuator = findActuator(name, arm26);
    const { low, high } = actuator.command;
    const middle = (low + high) / 2;
    for (const [beyond, end] of [[high + 3, high], [low - 3, low]]) {
      const expected = activations(actuator, middle, end, 3);
      assert.deepEqual(activations(actuator, middle, beyond, 3), expected, `${name}, ${beyond}`);
      assert.notEqual(expected[0], middle, `${name} does not react`);
    }
    const extremes = [activations(actuator, high, high, 50), activations(actuator, low, low, 50)];
    assert.deepEqual(extremes.map((values) => values[49]), [high, low], name);
  }
});

Deno.test("actuators start from rest: the smallest activation of muscles, none of motors", () => {
  const rest = actuatorNames.map((name) => findActuator(name, arm26).restActivation);
  assert.deepEqual(rest, [0.001, 0.001, 0, 0, 0]);
});

Deno.test("MuJoCo's force-length, force-velocity and passive curves have the published values", () => {
  const force = forceOf(mujocoLaw);
  // v counts in units of 10 l0/s here, in units of 1.5 l0/s there.
  const forceVelocity = (velocity: number) => force(1, 1, 0.15 * velocity);
  const forceLength = (n: number) => force(1, n, 0) - force(0, n, 0);
  const passive = (n: number) => force(0, n, 0);
  assertClose([1, .75, .5, .4, 1.6, 1.7].map(forceLength), [1, .646296, 0, 0, 0, 0], 5.1e-7);
  assertClose(
    [-2, -1, -.5, 0, .1, .2, 1].map(forceVelocity),
    [0, 0, .25, 1, 1.15, 1.2, 1.2],
    1e-14,
  );
  assertClose([.8, 1, 1.15, 1.3, 1.6].map(passive), [0, 0, .040625, .325, 1.3], 1e-14);
});

Deno.test("MuJoCo's curves are continuous and smooth where their pieces meet", () => {
  const force = forceOf(mujocoLaw);
  const knots: readonly (readonly [what: string, at: number, curve: (x: number) => number])[] = [
    ...[.5, .6125, .725, .75, .8375, .95, 1, 1.3, 1.6].map((n) =>
      ["force-length", n, (x: number) => force(1, x, 0) - force(0, x, 0)] as const
    ),
    ...[1, 1.3].map((n) => ["passive", n, (x: number) => force(0, x, 0)] as const),
    ...[-1, .2].map((v) => ["force-velocity", v, (x: number) => force(1, 1, 0.15 * x)] as const),
  ];
  for (const [what, at, curve] of knots) {
    const [below, above] = slopesAtZero((x) => curve(at + x));
    assert.ok(Math.abs(above - below) < 1e-3, `${what} at ${at}: slopes ${below}, ${above}`);
    assertClose([curve(at - 1e-10), curve(at + 1e-10)], [curve(at), curve(at)], 1e-8);
  }
});

Deno.test("the Thelen muscle at rest and optimal length gives its activation's share of F_max", () => {
  const force = forceOf(thelenLaw);
  assertClose([1, 0.4, 0.001].map((a) => force(a, 1, 0)), [1, 0.4, 0.001], 1e-15);
  // Passive: (e^(5 (n − 1)/0.6) − 1)/(e⁵ − 1), F_max at a strain of 0.6; active: e^(−(n − 1)²/0.45).
  assertClose([force(0, 1.6, 0), force(0, 0.7, 0)], [1, 0], 1e-14);
  assertClose([force(1, 0.7, 0)], [Math.exp(-0.09 / 0.45)], 1e-14);
  assertClose(
    [force(0.5, 1.3, 0)],
    [0.5 * Math.exp(-0.09 / 0.45) + Math.expm1(2.5) / Math.expm1(5)],
    1e-14,
  );
});

Deno.test("the Thelen muscle's force-velocity relation is continuous and twice as steep above", () => {
  const force = forceOf(thelenLaw);
  for (const a of [0.01, 0.3, 1]) {
    const velocityFactor = (w: number) => force(a, 1, w) / a;
    const base = 0.25 * (3 * a + 1);
    const [below, above] = slopesAtZero(velocityFactor);
    assertClose([below * base / 5, above * base / 10], [1, 1], 1e-5);
    assertClose([velocityFactor(-1e-12), velocityFactor(1e-12)], [1, 1], 1e-10);
    assertClose([velocityFactor(-0.25 * (3 * a + 1)), velocityFactor(-2)], [0, 0], 1e-15);
    const shortening = 0.25 * (3 * a + 4 * -0.1 + 1) / (0.75 * a + 0.25 + 0.4);
    const lengthening = (0.3 * a + 1.4 + 0.1) / (0.3 * a + 1 + 0.1);
    assertClose([velocityFactor(-0.1), velocityFactor(0.1)], [shortening, lengthening], 1e-14);
  }
});

Deno.test("a ReluMuscle pulls with its activation, whatever its length and velocity", () => {
  const force = forceOf(reluLaw);
  assert.deepEqual([force(0.3, 0.5, -1), force(0.3, 1.5, 1)], [0.3, 0.3]);
  const muscles = mechanics(findActuator("relu-muscle", arm26), 2);
  assert.deepEqual(
    muscles(corner, [3, -3], new Array<number>(6).fill(0.5)).force,
    arm26.muscles.map(({ maximalForce }) => 0.5 * maximalForce),
  );
});

Deno.test("every muscle law only pulls", () => {
  const stream = randomStream(4, "actuators/pull");
  for (const law of [hillLaw(), hillLaw(1.4), thelenLaw, mujocoLaw, reluLaw]) {
    const force = forceOf(law);
    for (let i = 0; i < 300; i++) {
      const a = stream.uniform(law.minimalActivation, 1);
      const value = force(a, stream.uniform(0, 1.65), stream.uniform(-3, 3));
      assert.ok(value >= 0 && value < 10, `force ${value}`);
    }
  }
});

Deno.test("muscles sense their normalised lengths, then their normalised velocities", () => {
  const { proprioception, length, velocity } = atCorner(0.5, [1, -2]);
  assert.deepEqual(proprioception, [...length, ...velocity]);
  assertClose([length[0], velocity[0]], [(.1745619 - .039) / .134, -.03 / 1.34], 1e-6);
});

Deno.test("motors turn each joint by their command's share of its torque limit", () => {
  const motors = mechanics(torqueMotors(human3), 3);
  const { torques, force, proprioception } = motors([0.3, 0.6, -0.4], [1, -2, 3], [1, -0.5, 0.25]);
  assert.deepEqual(torques, [10, -5, 0.75]);
  assert.deepEqual(force, torques);
  const angles = [0.3, 0.6, -0.4];
  assert.deepEqual(
    proprioception,
    [...angles.map(Math.cos), ...angles.map(Math.sin), 1, -2, 3],
  );
});

Deno.test("motors without lag obey at once, with a lag by its first-order response", () => {
  assert.deepEqual(activations(torqueMotors(human3), 0.3, -0.6, 2), [-0.6, -0.6]);
  const lag = 0.05;
  const slow = activations(torqueMotors(human3, lag), 0, 0.8, 10);
  assertClose(slow, slow.map((_, i) => 0.8 * (1 - (1 - timeStep / lag) ** (i + 1))), 1e-14);
  const fine = activations(torqueMotors(human3, lag), 0, 0.8, 1000, 1e-4);
  assertClose([fine[499]], [0.8 * (1 - Math.exp(-1))], 5e-4);
});

Deno.test("a lag shorter than the step does not overshoot", () => {
  assert.deepEqual(activations(torqueMotors(human3, 0.001), 0, 1, 3), [1, 1, 1]);
});

Deno.test("a lag that is no time is refused by its value", () => {
  for (const lag of [-0.01, NaN, Infinity]) {
    assert.throws(() => torqueMotors(human3, lag), {
      name: "RangeError",
      message: new RegExp(`lag ${lag} s`),
    });
  }
});

Deno.test("an arm without muscles is refused by muscles, and driven by motors unless told", () => {
  for (const name of actuatorNames.filter((name) => name !== "torque-motor")) {
    assert.throws(() => findActuator(name, human3), {
      name: "RangeError",
      message: /"human3" has no muscle data; use the actuator torque-motor/,
    });
  }
  assert.equal(defaultActuator(human3).name, "torque-motor");
  assert.equal(defaultActuator(arm26).name, "hill-muscle");
});

Deno.test("an actuator is found by its name, an unknown one refused with those that there are", () => {
  for (const name of actuatorNames) assert.equal(findActuator(name, arm26).name, name);
  for (const name of ["hill", "toString", ""]) {
    assert.throws(() => findActuator(name, arm26), {
      name: "RangeError",
      message: `no actuator "${name}"; there are ${actuatorNames.join(", ")}`,
    });
  }
});
