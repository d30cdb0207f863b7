/**
 * The engines, the tests' references and the engines' conformance suite against MuJoCo, which
 * shares no line with any of them: same arm, same state, same load.
 */
import assert from "node:assert/strict";
import { findArm } from "../../sim/arms/catalogue.ts";
import { precisions } from "../../sim/expression/batch.ts";
import { cannonEngine } from "../../sim/physics/cannon.ts";
import type { PhysicsEngine } from "../../sim/physics/engine.ts";
import { equationsEngine } from "../../sim/physics/equations.ts";
import { randomStream } from "../../sim/random.ts";
import { fourthOrder, physicsEngineContract } from "../contract/physics_engine.ts";
import { mujocoEngine } from "./mujoco.ts";
import {
  type ArmState,
  chainAcceleration,
  handDistance,
  jointState,
  type Load,
  readArm,
  referenceTrajectory,
  twoLinkAcceleration,
} from "./reference.ts";

const gravity = 9.81;

for (const name of ["arm26", "two-dof", "two-dof-heavy", "human3"]) {
  Deno.test(`${name}: accelerations at random states are MuJoCo's`, () => {
    const arm = { ...findArm(name), viscosity: viscosity(findArm(name).joints.length) };
    const random = randomStream(1, `tests/mujoco/${name}`);
    using engine = mujocoEngine(arm, { gravity, limits: false });
    for (let trial = 0; trial < 200; trial++) {
      const state: ArmState = {
        angles: arm.joints.map(() => random.uniform(-Math.PI, Math.PI)),
        velocities: arm.joints.map(() => random.normal(0, 4)),
      };
      const load: Load = {
        gravity,
        torques: arm.joints.map(() => random.normal(0, 3)),
        handForce: [random.normal(0, 5), random.normal(0, 5)],
      };
      const expected = engine.accelerations(state, load);
      const own = [chainAcceleration(arm, state, load)];
      if (arm.links.length === 2) own.push([...twoLinkAcceleration(arm, state, load)]);
      for (const accelerations of own) {
        accelerations.forEach((value, j) =>
          assert.ok(
            Math.abs(value - expected[j]) <= 1e-6 * (1 + Math.abs(expected[j])),
            `joint ${j} at ${JSON.stringify(state)}: ${value}, MuJoCo ${expected[j]} rad/s²`,
          )
        );
      }
    }
  });
}

/** Some viscosity, coupled between neighbouring joints. */
const viscosity = (joints: number) =>
  Array.from(
    { length: joints },
    (_, j) => Array.from({ length: joints }, (_, k) => j === k ? 0.05 : 0.02),
  );

interface Trial {
  readonly statement: string;
  readonly arm: string;
  readonly start: ArmState;
  readonly load: Load;
  /** s */
  readonly duration: number;
  /** Largest distance of the hands of cannon at 2 ms and MuJoCo, m. */
  readonly tolerance: number;
}

const trials: readonly Trial[] = [
  {
    statement: "a constant torque of (1, −0.5) N m",
    arm: "arm26",
    start: { angles: [0.5, 1.2], velocities: [0, 0] },
    load: { torques: [1, -0.5] },
    duration: 0.5,
    tolerance: 3e-3,
  },
  {
    statement: "free spin",
    arm: "arm26",
    start: { angles: [0.5, 1.2], velocities: [1, -2] },
    load: {},
    duration: 1,
    tolerance: 0.1e-3,
  },
  {
    statement: "release under gravity",
    arm: "arm26",
    start: { angles: [0, 0], velocities: [0, 0] },
    load: { gravity },
    duration: 1,
    tolerance: 8e-3,
  },
  {
    statement: "free spin",
    arm: "human3",
    start: { angles: [0.5, 1.2, 0.3], velocities: [1, -2, 1] },
    load: {},
    duration: 1,
    tolerance: 0.2e-3,
  },
  {
    statement: "release under gravity",
    arm: "human3",
    start: { angles: [0, 0, 0], velocities: [0, 0, 0] },
    load: { gravity },
    duration: 1,
    tolerance: 15e-3,
  },
];

for (const { statement, arm: name, start, load, duration, tolerance } of trials) {
  const arm = findArm(name);
  const scene = { gravity: load.gravity ?? 0, limits: false };
  const dt = 0.002;
  const steps = Math.round(duration / dt);
  const prepare = <Engine extends PhysicsEngine>(engine: Engine): Engine => {
    engine.reset(jointState(start));
    engine.setTorques(Float64Array.from(load.torques ?? arm.joints.map(() => 0)));
    return engine;
  };

  const engines = [
    { what: "cannon", engine: cannonEngine(arm, scene), bound: tolerance },
    ...precisions.map((precision) => ({
      what: `equations (${precision})`,
      engine: equationsEngine(arm, scene, { integrator: "rk4", precision }),
      bound: precision === "double" ? 1e-6 : 1e-5,
    })),
  ];
  for (const { what, engine, bound } of engines) {
    Deno.test(`${name}, ${statement}: the ${what} engine stays with MuJoCo`, () => {
      const own = prepare(engine);
      using oracle = prepare(mujocoEngine(arm, scene));
      for (let step = 1; step <= steps; step++) {
        const [{ angles }, expected] = [own, oracle].map((engine) => {
          engine.step(dt);
          return readArm(engine, arm.joints.length);
        });
        const distance = handDistance(arm, angles, expected.angles);
        assert.ok(distance < bound, `hands ${distance} m apart at ${step * dt} s`);
      }
    });
  }

  Deno.test(`${name}, ${statement}: the reference trajectory is MuJoCo's`, () => {
    using oracle = prepare(mujocoEngine(arm, scene));
    for (const expected of referenceTrajectory(arm, start, load, dt, steps).slice(1)) {
      oracle.step(dt);
      const { angles } = readArm(oracle, arm.joints.length);
      const distance = handDistance(arm, angles, expected.angles);
      assert.ok(distance < 1e-6, `hands ${distance} m apart`);
    }
  });
}

Deno.test("a stop passes its force on to the other joint, in cannon as in MuJoCo", () => {
  // M⁻¹ τ alone would lift the shoulder off its lower limit; the force of the elbow's stop keeps it
  // there.
  const arm = findArm("arm26");
  const scene = { gravity: 0, limits: true };
  const torques = [-5, -5];
  const atLimits: ArmState = { angles: arm.joints.map(({ lower }) => lower), velocities: [0, 0] };
  const unheld = twoLinkAcceleration(arm, atLimits, { torques })[0];
  assert.ok(unheld > 10, `free acceleration of the shoulder ${unheld} rad/s²`);
  const cannon = cannonEngine(arm, scene);
  using oracle = mujocoEngine(arm, scene);
  for (const { engine, give } of [{ engine: cannon, give: 1e-4 }, { engine: oracle, give: 1e-3 }]) {
    engine.reset(jointState(atLimits));
    engine.setTorques(Float64Array.from(torques));
    for (let step = 0; step < 500; step++) engine.step(0.002);
    readArm(engine, 2).angles.forEach((angle, j) =>
      assert.ok(
        Math.abs(angle - arm.joints[j].lower) < give,
        `${engine.name}: ${arm.joints[j].name} at ${angle} rad`,
      )
    );
  }
});

// Its limits are springs.
physicsEngineContract("mujoco", mujocoEngine, { ...fourthOrder, limit: 0.02 });
