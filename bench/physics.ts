/**
 * Speed of the physics engines, each pair measured side by side in one run: repetitions of the two
 * alternate, medians are printed, and the ratio is the median of the ratios of neighbouring
 * repetitions.
 *
 *     deno run bench/physics.ts
 */
import { Body, GSSolver, HingeConstraint, Vec3, World } from "cannon-es";
import type { Arm } from "../sim/arms/arm.ts";
import { findArm } from "../sim/arms/catalogue.ts";
import { cannonEngine } from "../sim/physics/cannon.ts";
import { horizontalScene, type PhysicsEngine } from "../sim/physics/engine.ts";
import { equationsEngine } from "../sim/physics/equations.ts";
import { median } from "./timing.ts";

const dt = 0.002;
const iterations = 50;
const openPlane = { gravity: 0, limits: false };

/** Something that makes steps of arms, from the same start whenever it is prepared. */
interface Contender {
  readonly label: string;
  /** Back to the start. */
  prepare(): void;
  /** One step of `dt` at torques of (1, −0.5, …) N m times `scale`, for all its arms. */
  step(scale: number): void;
  /** How many arms a step moves. */
  readonly arms: number;
  /** How many steps make a repetition. */
  readonly steps: number;
}

interface Comparison {
  /** What a step of either side includes. */
  readonly includes: string;
  readonly contender: Contender;
  readonly baseline: Contender;
  readonly repetitions: number;
}

/**
 * Start angle and torque of joint j; torques change their sign every 0.1 s so that the arm stays at
 * work.
 */
const startAngle = (j: number) => [0.5, 1.2][j] ?? 0.3;
const torque = (j: number) => (j % 2 ? -0.5 : 1) / 2 ** Math.floor(j / 2);
const torqueScale = (step: number) => Math.floor(step * dt / 0.1) % 2 ? -1 : 1;

/** An engine under the contract. A step sets the torques, steps, and reads the joint state. */
function engineContender(
  label: string,
  arm: Arm,
  engine: PhysicsEngine,
  steps: number,
): Contender {
  const { arms } = engine;
  const size = arm.joints.length * arms;
  const start = {
    angles: Float64Array.from({ length: size }, (_, i) => startAngle(Math.floor(i / arms))),
    velocities: new Float64Array(size),
  };
  const state = { angles: new Float64Array(size), velocities: new Float64Array(size) };
  const full = Float64Array.from({ length: size }, (_, i) => torque(Math.floor(i / arms)));
  const torques = new Float64Array(size);
  return {
    label,
    arms,
    steps,
    prepare: () => engine.reset(start),
    step(scale) {
      for (let i = 0; i < size; i++) torques[i] = scale * full[i];
      engine.setTorques(torques);
      engine.step(dt);
      engine.readState(state);
    },
  };
}

/**
 * cannon-es and nothing else: the same bodies and hinges with the same SPOOK parameters. A step
 * sets the bodies' torques and steps the world; the joint state is not read.
 */
function bareCannon(arm: Arm, steps: number): Contender {
  const world = new World();
  const solver = new GSSolver();
  solver.iterations = iterations;
  world.solver = solver;
  const base = new Body({ type: Body.STATIC, mass: 0 });
  world.addBody(base);
  const links = arm.links.map(({ mass, inertia }) => {
    const body = new Body({ mass, linearDamping: 0, angularDamping: 0 });
    body.inertia.set(inertia, inertia, inertia);
    body.invInertia.set(1 / inertia, 1 / inertia, 1 / inertia);
    body.updateInertiaWorld(true);
    world.addBody(body);
    return body;
  });
  arm.links.forEach((link, j) => {
    const proximal = arm.links[j - 1];
    const hinge = new HingeConstraint(links[j - 1] ?? base, links[j], {
      pivotA: new Vec3(proximal ? proximal.length - proximal.centreOfMass : 0, 0, 0),
      pivotB: new Vec3(-link.centreOfMass, 0, 0),
      axisA: new Vec3(0, 0, 1),
      axisB: new Vec3(0, 0, 1),
    });
    for (const equation of hinge.equations) equation.setSpookParams(1e7, 4, dt);
    world.addConstraint(hinge);
  });
  return {
    label: "bare cannon-es",
    arms: 1,
    steps,
    prepare() {
      let angle = 0, x = 0, y = 0;
      arm.links.forEach(({ length, centreOfMass }, j) => {
        angle += startAngle(j);
        const cosine = Math.cos(angle), sine = Math.sin(angle);
        links[j].position.set(x + centreOfMass * cosine, y + centreOfMass * sine, 0);
        links[j].quaternion.setFromAxisAngle(Vec3.UNIT_Z, angle);
        links[j].velocity.setZero();
        links[j].angularVelocity.setZero();
        x += length * cosine;
        y += length * sine;
      });
    },
    step(scale) {
      for (let j = 0; j < links.length; j++) {
        const distal = j + 1 < links.length ? torque(j + 1) : 0;
        links[j].torque.z = scale * (torque(j) - distal);
      }
      world.step(dt);
    },
  };
}

/** Arm steps per second of one repetition. */
function measure(contender: Contender): number {
  contender.prepare();
  const began = performance.now();
  for (let step = 0; step < contender.steps; step++) contender.step(torqueScale(step));
  return contender.steps * contender.arms / (performance.now() - began) * 1e3;
}

function compare({ includes, contender, baseline, repetitions }: Comparison): void {
  for (const one of [contender, baseline]) measure(one); // compilation is not measured
  const pairs = Array.from({ length: repetitions }, (_, i) => {
    // A B, then B A: a slow drift of the machine favours neither.
    if (i % 2 === 0) return { own: measure(contender), other: measure(baseline) };
    const other = measure(baseline);
    return { own: measure(contender), other };
  });
  const rate = (value: number) => Math.round(value).toLocaleString("en").padStart(12);
  console.log(`${includes}; median of ${repetitions} alternating repetitions, arm steps/s`);
  console.log(`  ${contender.label.padEnd(36)}${rate(median(pairs.map(({ own }) => own)))}`);
  console.log(`  ${baseline.label.padEnd(36)}${rate(median(pairs.map(({ other }) => other)))}`);
  const ratio = median(pairs.map(({ own, other }) => own / other));
  console.log(`  ${"ratio".padEnd(36)}${ratio.toFixed(2).padStart(12)}\n`);
}

/** The cannon engine over cannon-es itself: what the contract costs. */
function cannonOverBare(name: string): Comparison {
  const arm = findArm(name);
  const steps = 5000;
  return {
    includes: `${name}: torques set and one step made; the engine's state is also read`,
    contender: engineContender(
      "cannon engine",
      arm,
      cannonEngine(arm, openPlane, { iterations }),
      steps,
    ),
    baseline: bareCannon(arm, steps),
    repetitions: 15,
  };
}

/** The cannon engine with its joint limits, as `sim` runs it, over a bare loop that has none. */
function limitedCannonOverBare(name: string): Comparison {
  const arm = findArm(name);
  const comparison = cannonOverBare(name);
  const engine = cannonEngine(arm, horizontalScene, { iterations });
  return {
    ...comparison,
    includes: `${comparison.includes}; joint limits, which the bare loop lacks`,
    contender: engineContender("cannon engine", arm, engine, comparison.contender.steps),
  };
}

/** The equations engine over the cannon engine, both with many arms. */
function equationsOverCannon(
  name: string,
  integrator: "motornet" | "semi-implicit" | "rk4",
): Comparison {
  const arm = findArm(name);
  const arms = 1000;
  return {
    includes: `${name}, ${arms} arms at once: torques set, one step made, state read`,
    contender: engineContender(
      `equations engine (${integrator})`,
      arm,
      equationsEngine(arm, openPlane, { arms, integrator }),
      200,
    ),
    baseline: engineContender(
      "cannon engine",
      arm,
      cannonEngine(arm, openPlane, { arms, iterations }),
      10,
    ),
    repetitions: 9,
  };
}

console.log(`steps of ${dt} s; cannon with up to ${iterations} solver iterations\n`);
for (const name of ["arm26", "human3"]) {
  compare(cannonOverBare(name));
  compare(limitedCannonOverBare(name));
}
for (const integrator of ["semi-implicit", "rk4"] as const) {
  compare(equationsOverCannon("arm26", integrator));
}
