/**
 * Arms that carry payloads round a circle, under computed torque (Luh, Walker & Paul 1980, "Resolved-acceleration
 * control of mechanical manipulators") whose inverse model has been learnt:
 *
 *     τ = f([q, q̇, q̈_d + K_v (q̇_d − q̇) + K_p (q_d − q)]; θ(γ))
 *
 * Several arms go round at once, each with a payload of its own and with the weights that its knob γ gives: the
 * payload's own, or another, when nobody has turned it. Commands and torques are kept within bounds. An arm that is
 * lost all the same, since its model is wrong, stops and stays where it is: its error goes on to count.
 */
import { handPosition, inverseKinematics } from "../../sim/arms/kinematics.ts";
import type { JointState, PhysicsEngine } from "../../sim/physics/engine.ts";
import { equationsEngine } from "../../sim/physics/equations.ts";
import { type Bench, features, type Plant } from "./payload_task.ts";

/** Seconds between two commands, each held until the next. */
const controlStep = 0.01;

/** A round of the circle takes so long, s. */
const period = 3;

/** K_p and K_v, 1/s² and 1/s: critically damped. */
const [stiffness, damping] = [64, 16];

/**
 * Commanded accelerations are kept within so many times those that the model was trained on: it is asked a little
 * beyond what it knows, so that there is enough feedback to make up for its errors.
 */
const largestCommand = 3;

/** Torques are kept within so many times the bench's scales. */
const strongest = 3;

/** Joints that turn so many times as fast as the bench's fastest are out of control, and stop for good. */
const outOfControl = 10;

type Point = readonly [x: number, y: number];

/** How the hand of one arm went. */
export interface Round {
  /** m, one point a command. */
  readonly path: readonly Point[];
  /** Root mean square of the hand's distance from where it should have been, m. */
  readonly error: number;
}

/**
 * The learnt inverse models of all arms at once.
 * @param inputs [arms][4 joints] as `features` has them
 * @returns [arms, joints], flat: torques divided by the bench's scales
 */
export type InverseModels = (inputs: readonly (readonly number[])[]) => Promise<ArrayLike<number>>;

/** Joint angles, velocities and accelerations that are to be had, rad and s. */
interface Motion {
  readonly q: readonly number[];
  readonly velocity: readonly number[];
  readonly acceleration: readonly number[];
}

/** Where the hand should be at a time in s: on a circle before the shoulder, at even speed. */
export function circlePoint({ arm: { links } }: Bench, time: number): Point {
  const reach = links.reduce((sum, { length }) => sum + length, 0);
  const angle = 2 * Math.PI * time / period;
  return [0.125 * reach * Math.cos(angle), (0.55 + 0.125 * Math.sin(angle)) * reach];
}

/** One round of the circle of every plant's arm, each beginning on it and moving along. */
export async function trackCircle(
  bench: Bench,
  plants: readonly Plant[],
  models: InverseModels,
): Promise<readonly Round[]> {
  const start = motionAt(bench, 0);
  const arms = plants.map(({ arm, gravity }) => {
    const engine = equationsEngine(arm, { gravity, limits: false }, { precision: "double" });
    const state = {
      angles: Float64Array.from(start.q),
      velocities: Float64Array.from(start.velocity),
    };
    engine.reset(state);
    return { engine, state };
  });
  const paths: Point[][] = plants.map(() => []);
  const squares = plants.map(() => 0);
  const commands = Math.round(period / controlStep);
  for (let step = 0; step < commands; step++) {
    const desired = motionAt(bench, step * controlStep);
    const outputs = await models(arms.map(({ state }) => commandFeatures(bench, desired, state)));
    const [goalX, goalY] = circlePoint(bench, (step + 1) * controlStep);
    arms.forEach(({ engine, state }, a) => {
      if (isInControl(bench, state)) drive(engine, bench, outputs, a);
      engine.readState(state);
      const hand = handPosition(bench.arm, [...state.angles]);
      paths[a].push(hand);
      squares[a] += (hand[0] - goalX) ** 2 + (hand[1] - goalY) ** 2;
    });
  }
  return paths.map((path, a) => ({ path, error: Math.sqrt(squares[a] / commands) }));
}

/** What the model is asked in a state: the torques of the acceleration that feedback commands. */
function commandFeatures(
  bench: Bench,
  { q, velocity, acceleration }: Motion,
  state: JointState,
): number[] {
  const [angles, velocities] = [[...state.angles], [...state.velocities]];
  const command = acceleration.map((value, j) =>
    within(
      value + damping * (velocity[j] - velocities[j]) + stiffness * (q[j] - angles[j]),
      largestCommand * bench.quickest,
    )
  );
  return features(bench, angles, velocities, command);
}

function isInControl({ fastest }: Bench, { velocities }: Pick<JointState, "velocities">): boolean {
  return velocities.every((velocity) => Math.abs(velocity) <= outOfControl * fastest);
}

function drive(
  engine: PhysicsEngine,
  { torqueScales }: Bench,
  outputs: ArrayLike<number>,
  arm: number,
): void {
  const joints = torqueScales.length;
  engine.setTorques(Float64Array.from(
    torqueScales,
    (scale, j) => scale * within(outputs[arm * joints + j], strongest),
  ));
  engine.step(controlStep);
}

function within(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value));
}

/** Derivatives by central differences, whose error is of the order of their step's square. */
function motionAt(bench: Bench, time: number): Motion {
  const h = 1e-3;
  const [before, q, after] = [time - h, time, time + h].map((t) =>
    inverseKinematics(bench.arm, circlePoint(bench, t), { elbow: 1 })
  );
  return {
    q,
    velocity: q.map((_, j) => (after[j] - before[j]) / (2 * h)),
    acceleration: q.map((value, j) => (after[j] - 2 * value + before[j]) / h ** 2),
  };
}
