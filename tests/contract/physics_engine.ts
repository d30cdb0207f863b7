/**
 * What every physics engine must do, as a suite of tests: mechanics within the engine's own
 * tolerances, independence of the arms, and the duties of the contract in sim/physics/engine.ts to
 * the letter.
 *
 * @example
 * ```ts
 * physicsEngineContract(
 *   "cannon",
 *   (arm, scene, arms) => cannonEngine(arm, scene, { arms }),
 *   firstOrder,
 * );
 * ```
 */
import assert from "node:assert/strict";
import type { Arm } from "../../sim/arms/arm.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import type { JointState, PhysicsEngine, Scene } from "../../sim/physics/engine.ts";
import {
  type ArmState,
  handDistance,
  jointState,
  mechanicalEnergy,
  readArm,
  shoulderMomentum,
} from "../sim/reference.ts";

/** Makes an engine for `arms` independent copies of an arm. */
export type CreateEngine = (arm: Arm, scene: Scene, arms: number) => PhysicsEngine;

/** How exact an engine has to be at its own time step; each an upper bound of an error. */
export interface EngineTolerances {
  /** The step that all bounds refer to, s. */
  readonly timeStep: number;
  /** Relative change of the kinetic energy of the free arm within 1 s. */
  readonly energy: number;
  /** Relative change of its angular momentum about the shoulder within 1 s. */
  readonly angularMomentum: number;
  /** Hand after 0.5 s of constant torque, m. */
  readonly hand: number;
  /** Joint velocities after 0.5 s of constant torque, rad/s. */
  readonly velocity: number;
  /** Joint accelerations of one step from rest under a hand force, relative. */
  readonly acceleration: number;
  /** Period of a pendulum of 0.1 rad, relative. */
  readonly period: number;
  /** How far a joint may pass a limit, or come to rest from it, rad. */
  readonly limit: number;
  /** Order of the integrator: halving the step divides the hand error by 2 to this power. */
  readonly order: number;
  /**
   * Step at which the order shows: short enough for its leading term, long enough for rounding, s.
   */
  readonly orderTimeStep: number;
  /** How far a state that has just been given may be from what is read back, relative. */
  readonly rounding: number;
}

/** An engine whose errors are of first order in its step of 2 ms. */
export const firstOrder: EngineTolerances = {
  timeStep: 0.002,
  energy: 5e-3,
  angularMomentum: 5e-3,
  hand: 3e-3,
  velocity: 0.1,
  acceleration: 1e-7,
  period: 2e-4,
  limit: 1e-3,
  order: 1,
  orderTimeStep: 0.002,
  rounding: 0,
};

/** An engine whose errors are of fourth order. */
export const fourthOrder: EngineTolerances = {
  timeStep: 0.002,
  energy: 1e-9,
  angularMomentum: 1e-9,
  hand: 1e-7,
  velocity: 1e-6,
  acceleration: 1e-3, // the posture moves within the step
  period: 1e-6,
  limit: 1e-9,
  order: 4,
  orderTimeStep: 0.01,
  rounding: 0,
};

/**
 * Where rounding to single precision sets bounds of its own: what it adds up to over 500 steps, and for
 * the order the step at which it no longer hides the integrator's error.
 */
const singleFloor = {
  energy: 5e-6,
  angularMomentum: 5e-6,
  hand: 1e-6,
  velocity: 1e-5,
  acceleration: 1e-6,
  period: 2e-6,
  limit: 1e-7,
  orderTimeStep: 0.05,
  rounding: 2 ** -24,
} as const;

/** The tolerances of the same engine in single precision. */
export function inSinglePrecision(tolerances: EngineTolerances): EngineTolerances {
  const bounds = Object.keys(singleFloor) as (keyof typeof singleFloor)[];
  const raised = bounds.map((bound) => [bound, Math.max(singleFloor[bound], tolerances[bound])]);
  return { ...tolerances, ...Object.fromEntries(raised) };
}

const arm26 = findArm("arm26");
const openPlane: Scene = { gravity: 0, limits: false };

/** Registers the suite's tests for the engine called `name`. */
export function physicsEngineContract(
  name: string,
  create: CreateEngine,
  tolerances: EngineTolerances,
): void {
  const { timeStep } = tolerances;
  const test = (statement: string, check: () => void) =>
    Deno.test(`engine ${name}: ${statement}`, check);
  const createAt = (start: ArmState, scene = openPlane, arm = arm26) => {
    const engine = create(arm, scene, 1);
    engine.reset(jointState(start));
    return engine;
  };

  test("a free arm keeps its energy and its angular momentum about the shoulder", () => {
    const start: ArmState = { angles: [0.5, 1.2], velocities: [1, -2] };
    const engine = createAt(start);
    const energy = mechanicalEnergy(arm26, start);
    const momentum = shoulderMomentum(arm26, start);
    advance(engine, 1, timeStep, () => {
      const state = readArm(engine, 2);
      assertWithin(mechanicalEnergy(arm26, state) / energy, 1, tolerances.energy, "energy");
      assertWithin(
        shoulderMomentum(arm26, state) / momentum,
        1,
        tolerances.angularMomentum,
        "angular momentum",
      );
    });
    const elbow = readArm(engine, 2).angles[1];
    assert.ok(
      elbow < -1,
      `the elbow must swing through, from 1.2 rad to about −1.15; it is at ${elbow}`,
    );
  });

  test("an upper arm hanging under gravity swings with the period of a physical pendulum", () => {
    const pendulum: Arm = {
      ...arm26,
      links: arm26.links.slice(0, 1),
      joints: arm26.joints.slice(0, 1),
      viscosity: [[0]],
    };
    const hanging = -Math.PI / 2;
    const start = { angles: [hanging + 0.1], velocities: [0] };
    const engine = createAt(start, { gravity: 9.81, limits: false }, pendulum);
    const passages: number[] = [];
    let before = 0.1, time = 0;
    advance(engine, 5, timeStep, () => {
      const deflection = readArm(engine, 1).angles[0] - hanging;
      time += timeStep;
      if (before < 0 && deflection >= 0) {
        passages.push(time - timeStep * deflection / (deflection - before));
      }
      before = deflection;
    });
    // 2π √((I + m c²) / (m g c)) / agm(1, cos 0.05) for m = 1.82 kg, c = 0.135 m, I = 0.051 kg m².
    const period = 1.174875;
    assert.equal(passages.length, 4, `passages in 5 s: ${passages}`);
    assertWithin((passages[3] - passages[0]) / 3 / period, 1, tolerances.period, "period");
  });

  const driven: ArmState = { angles: [0.5, 1.2], velocities: [0, 0] };
  const drivenEnd: ArmState = {
    angles: [1.6437303, -1.1988530],
    velocities: [4.1710844, -8.5092006],
  };
  const drive = (dt: number) => {
    const engine = createAt(driven);
    engine.setTorques(Float64Array.of(1, -0.5));
    advance(engine, 0.5, dt);
    return readArm(engine, 2);
  };

  test("constant torques take the arm where the equations of motion say", () => {
    const { angles, velocities } = drive(timeStep);
    const error = handDistance(arm26, angles, drivenEnd.angles);
    assert.ok(error < tolerances.hand, `hand error ${error} m`);
    velocities.forEach((velocity, j) =>
      assertWithin(velocity, drivenEnd.velocities[j], tolerances.velocity, `velocity ${j}`)
    );
  });

  test(`halving the step divides the error by 2 to the power ${tolerances.order}`, () => {
    // By three of the engine's own results, so that the rounding of the published end does not
    // matter.
    const [coarse, fine, finest] = [1, 2, 4].map((parts) =>
      drive(tolerances.orderTimeStep / parts).angles
    );
    const ratio = handDistance(arm26, coarse, fine) / handDistance(arm26, fine, finest);
    assertWithin(Math.log2(ratio), tolerances.order, 0.2, "order of the error");
  });

  test("a force on the hand accelerates the joints by M⁻¹ Jᵀ F", () => {
    const engine = createAt({ angles: [Math.PI / 4, Math.PI / 2], velocities: [0, 0] });
    engine.setHandForces(Float64Array.of(3, -4));
    engine.step(timeStep);
    const expected = [-6.9298648, 9.3843865];
    readArm(engine, 2).velocities.forEach((velocity, j) =>
      assertWithin(
        velocity / timeStep / expected[j],
        1,
        tolerances.acceleration,
        `acceleration ${j}`,
      )
    );
  });

  /** The arm is in a state that it has been reset to, and has not moved since. */
  const assertState = (engine: PhysicsEngine, { angles, velocities }: ArmState) => {
    const state = readArm(engine, 2);
    const numbers = [...state.angles, ...state.velocities];
    [...angles, ...velocities].forEach((expected, i) =>
      assertWithin(numbers[i], expected, tolerances.rounding * Math.abs(expected), `number ${i}`)
    );
  };

  const states: readonly ArmState[] = [
    { angles: [0.5, 1.2], velocities: [1, -2] },
    { angles: [1.1, 0.4], velocities: [-3, 2.5] },
    { angles: [0.2, 2.2], velocities: [0, 0] },
  ];
  const torques = [[1, -0.5], [0, 0], [-0.3, 0.8]];
  const forces = [[0, 0], [3, -4], [-1, 2]];

  test("arms stepped at once move exactly as each would alone", () => {
    const scene = { gravity: 9.81, limits: true };
    const together = create(arm26, scene, states.length);
    assert.equal(together.arms, states.length);
    together.reset({
      angles: interleave(states.map(({ angles }) => angles)),
      velocities: interleave(states.map(({ velocities }) => velocities)),
    });
    together.setTorques(interleave(torques));
    together.setHandForces(interleave(forces));
    advance(together, 0.5, timeStep);
    states.forEach((start, i) => {
      const alone = createAt(start, scene);
      alone.setTorques(Float64Array.from(torques[i]));
      alone.setHandForces(Float64Array.from(forces[i]));
      advance(alone, 0.5, timeStep);
      assert.deepEqual(readArm(together, 2, i), readArm(alone, 2), `arm ${i}`);
    });
  });

  test("a torque and a hand force act until they are set again", () => {
    const once = createAt(states[0]);
    const always = createAt(states[0]);
    once.setTorques(Float64Array.of(1, -0.5));
    once.setHandForces(Float64Array.of(3, -4));
    for (let step = 0; step < 50; step++) {
      always.setTorques(Float64Array.of(1, -0.5));
      always.setHandForces(Float64Array.of(3, -4));
      always.step(timeStep);
      once.step(timeStep);
    }
    assert.deepEqual(readArm(once, 2), readArm(always, 2));
  });

  test("loads are copied: changing the caller's array afterwards changes nothing", () => {
    const kept = createAt(states[0]);
    const changed = createAt(states[0]);
    const torque = Float64Array.of(1, -0.5);
    const force = Float64Array.of(3, -4);
    for (const engine of [kept, changed]) {
      engine.setTorques(torque);
      engine.setHandForces(force);
    }
    advance(kept, 0.1, timeStep);
    torque.fill(9);
    force.fill(9);
    advance(changed, 0.1, timeStep);
    assert.deepEqual(readArm(changed, 2), readArm(kept, 2));
  });

  test("after a reset the arm moves as a new one would, without the old loads", () => {
    const used = createAt(states[1]);
    used.setTorques(Float64Array.of(5, 5));
    used.setHandForces(Float64Array.of(20, -20));
    advance(used, 0.3, timeStep);
    used.reset(jointState(states[0]));
    assertState(used, states[0]);
    const fresh = createAt(states[0]);
    for (const engine of [used, fresh]) advance(engine, 0.3, timeStep);
    assert.deepEqual(readArm(used, 2), readArm(fresh, 2));
  });

  // Torques that press both joints outwards at the limits even by M⁻¹ τ alone, so that engines
  // which hold the joints one by one, without the force that the other's stop passes on, come to
  // rest there as well.
  const pressing = { lower: [-5, -2.3], upper: [5, 5] } as const;
  for (const edge of ["lower", "upper"] as const) {
    test(`joints pressed against their ${edge} limits stop there`, () => {
      const scene = { gravity: 0, limits: true };
      const engine = createAt({ angles: [1.2, 1.4], velocities: [0, 0] }, scene);
      engine.setTorques(Float64Array.from(pressing[edge]));
      advance(engine, 2, timeStep, () =>
        readArm(engine, 2).angles.forEach((angle, j) => {
          const { name, lower, upper } = arm26.joints[j];
          const beyond = Math.max(lower - angle, angle - upper);
          assert.ok(beyond < tolerances.limit, `${name} is ${beyond} rad beyond its limit`);
        }));
      const { angles, velocities } = readArm(engine, 2);
      arm26.joints.forEach((joint, j) => {
        assertWithin(angles[j], joint[edge], tolerances.limit, `angle of the ${joint.name}`);
        assertWithin(velocities[j], 0, 1e-3, `velocity of the ${joint.name}`);
      });
    });
  }

  test("joints leave their limits freely when they are pulled away", () => {
    const pull = Float64Array.of(1.5, 0.6);
    const atLimit: ArmState = {
      angles: arm26.joints.map(({ lower }) => lower),
      velocities: [0, 0],
    };
    const limited = createAt(atLimit, { gravity: 0, limits: true });
    const free = createAt(atLimit);
    for (const engine of [limited, free]) {
      engine.setTorques(pull);
      advance(engine, 0.05, timeStep);
    }
    const [{ angles }, { angles: expected }] = [limited, free].map((engine) => readArm(engine, 2));
    assert.ok(expected.every((angle, j) => angle > atLimit.angles[j]), `pulled to ${expected}`);
    angles.forEach((angle, j) => assertWithin(angle, expected[j], tolerances.limit, `angle ${j}`));
  });

  test("arrays of a wrong length are refused, with the length given and the one expected", () => {
    const engine = create(arm26, openPlane, 3);
    const right = (): JointState => ({
      angles: new Float64Array(6),
      velocities: new Float64Array(6),
    });
    const short = new Float64Array(5);
    const long = new Float64Array(7);
    const refuses = (act: () => void, given: number) =>
      assert.throws(act, (error: unknown) => {
        assert.ok(error instanceof RangeError, `${error} is no RangeError`);
        assert.match(error.message, new RegExp(`\\b${given}\\b`), "must tell the length given");
        assert.match(error.message, /\b6\b/, "must tell the length expected");
        return true;
      });
    refuses(() => engine.setTorques(short), 5);
    refuses(() => engine.setHandForces(long), 7);
    refuses(() => engine.reset({ ...right(), angles: short }), 5);
    refuses(() => engine.reset({ ...right(), velocities: long }), 7);
    refuses(() => engine.readState({ ...right(), angles: long }), 7);
    refuses(() => engine.readState({ ...right(), velocities: short }), 5);
  });

  test("a step that is not a positive number of seconds is refused by its value", () => {
    const engine = createAt(states[0]);
    for (const dt of [0, -0.002, NaN, Infinity]) {
      assert.throws(() => engine.step(dt), {
        name: "RangeError",
        message: new RegExp(`${dt}\\b`),
      });
    }
    assertState(engine, states[0]);
  });
}

function advance(
  engine: PhysicsEngine,
  seconds: number,
  dt: number,
  afterEach: () => void = () => {},
): void {
  for (let step = 0; step < Math.round(seconds / dt); step++) {
    engine.step(dt);
    afterEach();
  }
}

/** [arm][variable] to the engines' flat [variable][arm]. */
function interleave(rows: readonly (readonly number[])[]): Float64Array {
  return Float64Array.from(
    { length: rows.length * rows[0].length },
    (_, i) => rows[i % rows.length][Math.floor(i / rows.length)],
  );
}

function assertWithin(value: number, expected: number, tolerance: number, what: string): void {
  assert.ok(
    Math.abs(value - expected) <= tolerance,
    `${what} is ${value}, expected ${expected} ± ${tolerance}`,
  );
}
