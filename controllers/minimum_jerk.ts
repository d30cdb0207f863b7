/**
 * A scripted controller that reaches the way people do on average: the hand follows a minimum-jerk
 * trajectory to the target (Flash & Hogan 1985), the joints follow the hand, torques follow from the
 * arm's equations of motion with feedback on the joints, and muscles share the torque so that the sum
 * of their squared activations is least. It has a model of the arm and its actuators, but knows nothing
 * of the arm's state beyond the observation, and nothing of loads and force fields.
 *
 * From one observation to one command, for each arm:
 * 1. *Sense.* Joint angles from where the hand is seen (two links) or from cosine and sine; joint rates
 *    from the motors' sensors, or from muscle velocities by least squares through the moment arms.
 * 2. *Plan*, at the first observation and whenever the target has moved: a straight minimum-jerk path
 *    of the hand from the present desired motion; where a straight path would take a joint beyond its
 *    limits, a minimum-jerk path of the joints. It takes longer if the actuators are too weak for it.
 * 3. *Torque.* τ = M(q_d)(q̈_d + 2ζω ė + ω²(e + ∫e dt / T_i)) + C(q_d, q̇_d) + G(q_d) + D q̇_d with e = q_d − q.
 *    Feedback scaled by the mass matrix has the same bandwidth on every arm. The slow integral takes up
 *    constant loads. The desired motion is that of now in e and ė, and a little ahead elsewhere.
 * 4. *Share.* Activations that make the torque (`shareTorque`), from each muscle's isometric force,
 *    which is linear in its activation, and its passive force.
 * 5. *Command.* The command that brings each activation there in one step, as far as the activation
 *    dynamics allow; the controller keeps a copy of the activations that its commands have caused.
 */
import { type Actuator, jointTorques } from "../sim/actuators/actuator.ts";
import { defaultActuator } from "../sim/actuators/catalogue.ts";
import type { Arm } from "../sim/arms/arm.ts";
import { inverseDynamics } from "../sim/arms/dynamics.ts";
import {
  closestPosture,
  handPosition,
  inverseKinematics,
  middlePosture,
  nearestInReach,
  type Point,
  withinLimits,
} from "../sim/arms/kinematics.ts";
import { muscleGeometry } from "../sim/arms/muscles.ts";
import { Graph } from "../sim/expression/graph.ts";
import { compileKernel } from "../sim/expression/kernel.ts";
import { inputLanes, type Lanes, lanesAlgebra } from "../sim/expression/lanes.ts";
import { observationLayout } from "../sim/sensors/observation.ts";
import type { Controller } from "./controller.ts";
import { minimumJerkTrajectory, type Motion } from "./minimum_jerk_trajectory.ts";

/** What can be chosen about the controller. */
export interface MinimumJerkOptions {
  /** What drives the arm; default: what drives it by default. */
  readonly actuator?: Actuator;
  /** Duration of a movement, s; longer where the actuators are too weak for it. Default 0.4. */
  readonly duration?: number;
  /** By how much the feed-forward torque leads, for sensing and actuators are late, s; default 0.03. */
  readonly anticipation?: number;
  /** Time between two commands, s; default 0.01. */
  readonly timeStep?: number;
  /** Gravitational acceleration along −y, m/s²; default 0. */
  readonly gravity?: number;
  /** ω of the feedback, rad/s; default 16. */
  readonly bandwidth?: number;
  /** ζ of the feedback; default 1. */
  readonly dampingRatio?: number;
  /** T_i: how fast the feedback takes up a constant load, s; default 0.15. */
  readonly integralTime?: number;
}

const defaults = {
  duration: 0.4,
  anticipation: 0.03,
  timeStep: 0.01,
  gravity: 0,
  bandwidth: 16,
  dampingRatio: 1,
  integralTime: 0.15,
};

type Settings = typeof defaults;

/** Joint angles (rad) and rates (rad/s) of one arm. */
export interface JointEstimate {
  readonly angles: readonly number[];
  readonly velocities: readonly number[];
}

/**
 * The scripted minimum-jerk controller for `arm`.
 *
 * @throws {RangeError} when an option is not positive and finite (gravity, anticipation: finite), or
 * when an arm with muscles has not two links, as its posture then cannot be told from the hand; from
 * `act`, when an array does not fit the batch of the last reset
 */
export function minimumJerkController(arm: Arm, options: MinimumJerkOptions = {}): Controller {
  const { actuator = defaultActuator(arm), ...chosen } = options;
  const settings: Settings = { ...defaults, ...chosen };
  for (const [name, value] of Object.entries(settings)) {
    const mayVanish = name === "gravity" || name === "anticipation";
    if (!(Number.isFinite(value) && (value > 0 || mayVanish))) {
      throw new RangeError(`${name} ${value} should be ${mayVanish ? "" : "positive and "}finite`);
    }
  }
  if (actuator.muscles && arm.links.length !== 2) {
    throw new RangeError(
      `${arm.name} has ${arm.links.length} links and muscles; the minimum-jerk controller tells the ` +
        "posture from the hand, for which an arm with muscles needs two links",
    );
  }
  const { size } = observationLayout(arm, actuator.muscles);
  const newPilot = pilot(arm, actuator, settings);
  let pilots: ((observation: Float64Array) => ArrayLike<number>)[] = [];
  return {
    name: "minimum-jerk",
    reset(batch) {
      pilots = Array.from({ length: batch }, newPilot);
    },
    act(observations, actions) {
      const batch = pilots.length;
      requireRows("observations", observations, size, batch);
      requireRows("actions", actions, actuator.count, batch);
      pilots.forEach((command, i) => {
        const observation = Float64Array.from(
          { length: size },
          (_, row) => observations[row * batch + i],
        );
        const commands = command(observation);
        for (let m = 0; m < actuator.count; m++) actions[m * batch + i] = commands[m];
      });
    },
  };
}

function requireRows(name: string, values: Float64Array, rows: number, batch: number): void {
  if (values.length !== rows * batch) {
    throw new RangeError(
      `${name} has ${values.length} numbers; for the ${batch} arms of the last reset there should be ` +
        `${rows} rows of ${batch}`,
    );
  }
}

/** Where the integral of the error ends, rad: a joint that is held fast must not wind it up. */
const largestIntegral = 0.5;

/** Makes pilots: a pilot turns the observations of one arm, one after the other, into commands. */
function pilot(arm: Arm, actuator: Actuator, settings: Settings) {
  const { timeStep, integralTime } = settings;
  const layout = observationLayout(arm, actuator.muscles);
  const share = torqueSharing(arm, actuator);
  const command = activationDynamics(actuator, timeStep);
  const shortfall: Shortfall = (angles, torques) => share(angles, torques).missing;
  return () => {
    const drive = command();
    let estimate: JointEstimate | undefined;
    let plan: Plan | undefined;
    let integral = arm.joints.map(() => 0);
    return (observation: Float64Array) => {
      const target = pointAt(observation, layout.target);
      estimate = estimateJoints(arm, actuator.muscles, timeStep, observation, estimate?.angles);
      const { angles } = estimate;
      if (!plan) {
        plan = planReach(arm, [angles, angles, angles], target, settings, shortfall);
      } else if (target[0] !== plan.target[0] || target[1] !== plan.target[1]) {
        plan = planReach(arm, plan.around(), target, settings, shortfall);
      }
      const error = minus(plan.around()[1], angles);
      integral = integral.map((sum, j) =>
        Math.min(
          largestIntegral,
          Math.max(-largestIntegral, sum + error[j] * timeStep / integralTime),
        )
      );
      const torques = wantedTorques(arm, plan, estimate, integral, settings);
      const commands = drive(share(angles, torques).activations);
      plan.advance();
      return commands;
    };
  };
}

const pointAt = (observation: Float64Array, row: number): Point => [
  observation[row],
  observation[row + 1],
];

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);

const minus = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value - b[i]);

// ------------------------------------------------------------------------------------------ sense

/**
 * The joint state behind one observation.
 *
 * Rates are those of proprioception, so one control step old. Angles are current: two links are solved
 * for the hand that is seen; other arms (torque motors only) turn on from the sensed angles for one
 * step at the sensed rates.
 *
 * @param muscles whether the observation is that of an arm driven by muscles
 * @param timeStep s
 * @param observation one column, laid out as `observationLayout` says
 * @param previous the angles estimated one step before, to which the sensed muscle velocities belong;
 * without them the arm is taken to have been where it is
 */
export function estimateJoints(
  arm: Arm,
  muscles: boolean,
  timeStep: number,
  observation: Float64Array,
  previous?: readonly number[],
): JointEstimate {
  const joints = arm.joints.length;
  const { hand } = observationLayout(arm, muscles);
  const row = (start: number) => Array.from(observation.subarray(start, start + joints));
  const seen = () =>
    inverseKinematics(arm, nearestInReach(arm, pointAt(observation, hand)), {
      elbow: middlePosture(arm)[1] < 0 ? -1 : 1,
      near: previous,
    });
  if (muscles) {
    const angles = seen();
    const speeds = observation.subarray(arm.muscles.length, 2 * arm.muscles.length);
    return { angles, velocities: jointRates(arm, previous ?? angles, speeds) };
  }
  const [cosines, sines, velocities] = [row(0), row(joints), row(2 * joints)];
  const angles = joints === 2
    ? seen()
    : cosines.map((cosine, j) => Math.atan2(sines[j], cosine) + timeStep * velocities[j]);
  return { angles, velocities };
}

/** Joint rates whose muscle velocities V = R q̇ fit the sensed V/(10 l0) best. */
function jointRates(arm: Arm, angles: readonly number[], sensed: Float64Array): number[] {
  const { momentArms } = muscleGeometry(arm, angles);
  const speeds = arm.muscles.map(({ optimalLength }, m) => 10 * optimalLength * sensed[m]);
  const product = (f: (m: number) => number) => arm.muscles.reduce((sum, _, m) => sum + f(m), 0);
  return solve(
    arm.joints.map((_, i) =>
      arm.joints.map((_, j) => product((m) => momentArms[m][i] * momentArms[m][j]))
    ),
    arm.joints.map((_, i) => product((m) => momentArms[m][i] * speeds[m])),
  );
}

// ------------------------------------------------------------------------------------------- plan

/** Desired postures, one a control step, on the way to a target. */
interface Plan {
  readonly target: Point;
  /** The desired postures one step before, at, and one step after now or `ahead` steps later. */
  around(ahead?: number): Postures;
  /** Time goes on by one step. */
  advance(): void;
}

type Postures = readonly [readonly number[], readonly number[], readonly number[]];

/** How much torque the actuators lack to make `torques` at `angles`, of the worst joint, N m. */
type Shortfall = (angles: readonly number[], torques: readonly number[]) => number;

/** The actuators are strong enough if they lack no more than this, N m. */
const tolerableShortfall = 1e-3;

/** Durations that a plan tries, as multiples of the chosen one. */
const stretches = [1, 1.15, 1.3, 1.5, 1.75, 2, 2.5, 3];

/**
 * A plan that continues the motion of three successive desired postures, the middle one being now. It
 * has the first of the durations for which the actuators are strong enough, or the last of all.
 */
function planReach(
  arm: Arm,
  recent: Postures,
  target: Point,
  settings: Settings,
  shortfall: Shortfall,
): Plan {
  const [before, now] = recent;
  let postures: (readonly number[])[] = [];
  for (const stretch of stretches) {
    const slower = { ...settings, duration: stretch * settings.duration };
    const joints = jointPath(arm, recent, target, slower);
    postures = [before, now, ...straightPath(arm, recent, joints, slower) ?? joints];
    if (withinStrength(arm, postures, settings, shortfall)) break;
  }
  const at = (index: number) => postures[Math.min(index, postures.length - 1)];
  let index = 1;
  return {
    target,
    around: (ahead = 0) => [at(index + ahead - 1), at(index + ahead), at(index + ahead + 1)],
    advance: () => void index++,
  };
}

function withinStrength(
  arm: Arm,
  postures: readonly (readonly number[])[],
  { timeStep, gravity }: Settings,
  shortfall: Shortfall,
): boolean {
  return postures.slice(2).every((after, k) => {
    const motion = motionOf([postures[k], postures[k + 1], after], timeStep);
    const torques = torquesOf(arm, motion, motion.acceleration, gravity);
    return shortfall(motion.position, torques) <= tolerableShortfall;
  });
}

const pathTimes = ({ duration, timeStep }: Settings) =>
  Array.from({ length: Math.ceil(duration / timeStep) }, (_, k) => (k + 1) * timeStep);

/** A minimum-jerk path of the joints. */
function jointPath(arm: Arm, recent: Postures, target: Point, settings: Settings): number[][] {
  const goal = closestPosture(arm, target, recent[1]);
  const motion = minimumJerkTrajectory(
    motionOf(recent, settings.timeStep),
    goal,
    settings.duration,
  );
  return pathTimes(settings).map((time) => [...motion(time).position]);
}

/**
 * Postures whose hand moves straight at minimum jerk to where the path `joints` ends; undefined if a
 * joint's limits are in the way. Of the postures that put the hand in one place, the one near `joints`
 * is taken.
 */
function straightPath(
  arm: Arm,
  recent: Postures,
  joints: readonly (readonly number[])[],
  settings: Settings,
): number[][] | undefined {
  const hands = recent.map((posture) => handPosition(arm, posture)) as [Point, Point, Point];
  const goal = handPosition(arm, joints[joints.length - 1]);
  const hand = minimumJerkTrajectory(motionOf(hands, settings.timeStep), goal, settings.duration);
  const postures: number[][] = [];
  for (const [k, time] of pathTimes(settings).entries()) {
    const point = hand(time).position as Point;
    const posture = closestPosture(arm, point, joints[k]);
    const missed = Math.hypot(...minus(handPosition(arm, posture), point));
    if (missed > 1e-6 || !withinLimits(arm, posture)) return undefined;
    postures.push(posture);
  }
  return postures;
}

/** The motion in the middle of three positions, by central differences. */
function motionOf([before, now, after]: Postures, timeStep: number): Motion {
  return {
    position: now,
    velocity: now.map((_, i) => (after[i] - before[i]) / (2 * timeStep)),
    acceleration: now.map((value, i) => (after[i] - 2 * value + before[i]) / timeStep ** 2),
  };
}

// ----------------------------------------------------------------------------------------- torque

/** Torques of a motion with given accelerations, N m. */
const torquesOf = (
  arm: Arm,
  { position, velocity }: Motion,
  accelerations: readonly number[],
  gravity: number,
) => inverseDynamics(arm, position, velocity, accelerations, gravity);

/** Feed-forward and feedback torques towards the plan, N m. */
function wantedTorques(
  arm: Arm,
  plan: Plan,
  estimate: JointEstimate,
  integral: readonly number[],
  { bandwidth, dampingRatio, gravity, timeStep, anticipation }: Settings,
): number[] {
  const now = motionOf(plan.around(), timeStep);
  const soon = motionOf(plan.around(Math.round(anticipation / timeStep)), timeStep);
  const positionError = minus(now.position, estimate.angles);
  const velocityError = minus(now.velocity, estimate.velocities);
  const accelerations = soon.acceleration.map((value, j) =>
    value + 2 * dampingRatio * bandwidth * velocityError[j] +
    bandwidth ** 2 * (positionError[j] + integral[j])
  );
  return torquesOf(arm, soon, accelerations, gravity);
}

// ------------------------------------------------------------------------------------------ share

/** How far torques may be missed for each unit of their multiplier, N m: keeps the problem regular. */
const softness = 1e-6;

/**
 * Activations that make given torques with the least sum of squares: minimise Σ a_m² subject to
 * Σ_m B_jm a_m = τ_j and low ≤ a_m ≤ high. Torques beyond the actuators' strength are approached as
 * closely as possible.
 *
 * Solved in the multipliers y of the few torques rather than in the many activations: the optimum is
 * a = clip(Bᵀy), and y minimises a smooth convex function of as many variables as there are joints, by
 * Newton's method with step halving (a semismooth Newton method; it ends after a few steps because the
 * function is piecewise quadratic).
 *
 * @param torques τ, N m, one a joint
 * @param unitTorques B: torque of each actuator at activation 1, N m, [joint][actuator]
 * @param low smallest activation
 * @param high largest activation
 */
export function shareTorque(
  torques: readonly number[],
  unitTorques: readonly (readonly number[])[],
  low: number,
  high: number,
): number[] {
  const clip = (pull: number) => Math.min(high, Math.max(low, pull));
  const pulls = (y: readonly number[]) =>
    unitTorques[0].map((_, m) => y.reduce((sum, value, j) => sum + value * unitTorques[j][m], 0));
  const missing = (pull: readonly number[], y: readonly number[]) =>
    torques.map((torque, j) => torque - softness * y[j] - dot(unitTorques[j], pull.map(clip)));
  const value = (y: readonly number[]) =>
    pulls(y).reduce((sum, pull) => sum + clip(pull) * (pull - clip(pull) / 2), 0) +
    softness * dot(y, y) / 2 - dot(y, torques);

  let y = torques.map(() => 0);
  for (let i = 0; i < 50; i++) {
    const pull = pulls(y);
    const downhill = missing(pull, y);
    if (Math.max(...downhill.map(Math.abs)) < 1e-9) break;
    const free = pull.map((value) => value >= low && value <= high);
    const step = solve(curvature(unitTorques, free), downhill);
    y = halved(value, y, step, dot(step, downhill));
  }
  return pulls(y).map(clip);
}

/** B_free B_freeᵀ, made regular by the softness. */
function curvature(unitTorques: readonly (readonly number[])[], free: readonly boolean[]) {
  const ofFree = unitTorques.map((row) => row.filter((_, m) => free[m]));
  return ofFree.map((row, j) =>
    ofFree.map((other, k) => dot(row, other) + (j === k ? softness : 0))
  );
}

/** `from` plus the longest of step, step/2, step/4, … by which `value` falls enough (Armijo's rule). */
function halved(
  value: (at: readonly number[]) => number,
  from: readonly number[],
  step: readonly number[],
  descent: number,
): number[] {
  const here = value(from);
  const along = (part: number) => from.map((start, j) => start + part * step[j]);
  let part = 1;
  while (part > 1e-9 && value(along(part)) > here - 1e-4 * part * descent) part /= 2;
  return along(part);
}

/** Solves a small symmetric, positive definite system by elimination. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  const size = rows.length;
  for (let pivot = 0; pivot < size; pivot++) {
    for (let i = pivot + 1; i < size; i++) {
      const factor = rows[i][pivot] / rows[pivot][pivot];
      for (let j = pivot; j <= size; j++) rows[i][j] -= factor * rows[pivot][j];
    }
  }
  const solution = Array<number>(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    const known = solution.reduce((sum, value, j) => j > i ? sum + rows[i][j] * value : sum, 0);
    solution[i] = (rows[i][size] - known) / rows[i][i];
  }
  return solution;
}

/** Makes the function that turns a posture and wanted torques into activations. */
function torqueSharing(arm: Arm, actuator: Actuator) {
  const { count, command: { low, high } } = actuator;
  const kernel = capacityKernel(arm, actuator);
  const unit = new Float64Array(arm.joints.length * count);
  const passive = new Float64Array(arm.joints.length);
  return (angles: readonly number[], torques: readonly number[]) => {
    kernel.run(1, Float64Array.from(angles), unit, passive);
    const unitTorques = torques.map((_, j) =>
      Array.from(unit.subarray(j * count, (j + 1) * count))
    );
    const active = torques.map((torque, j) => torque - passive[j]);
    const activations = shareTorque(active, unitTorques, low, high);
    const made = unitTorques.map((row) => dot(row, activations));
    const missing = Math.max(...active.map((torque, j) => Math.abs(torque - made[j])));
    return { activations, missing };
  };
}

/**
 * Kernel: angles → torque of each actuator at activation 1, [joint][actuator], and the passive torque
 * of each joint, N m, both at rest. The isometric force of every actuator is linear in its activation,
 * so the forces at two activations tell it all.
 */
function capacityKernel(arm: Arm, actuator: Actuator) {
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const angles = arm.joints.map(() => inputLanes(graph, 1));
  const still = arm.joints.map(() => algebra.constant(0));
  const geometry = actuator.geometry(algebra, angles, still);
  const { restActivation: rest, count } = actuator;
  const forceAt = (activation: number) =>
    actuator.force(algebra, geometry, algebra.constant(Array<number>(count).fill(activation)));
  const atRest = forceAt(rest);
  const unit = algebra.multiply(
    algebra.subtract(forceAt(1), atRest),
    algebra.constant(1 / (1 - rest)),
  );
  const passive = algebra.subtract(atRest, algebra.multiply(unit, algebra.constant(rest)));
  return compileKernel("capacity", [{ name: "angles", rows: angles.flat() }], [
    {
      name: "unit",
      rows: geometry.momentArms.flatMap((arms) => algebra.negate(algebra.multiply(arms, unit))),
    },
    { name: "passive", rows: jointTorques(algebra, geometry, passive).flat() },
  ]);
}

// ---------------------------------------------------------------------------------------- command

/** Size of the command step by which the activation dynamics are probed. */
const probe = 1e-3;

/**
 * Makes drives, one an arm. A drive turns wanted activations into the commands that bring them about
 * as far as one step allows, and remembers the activations that its commands have caused.
 */
function activationDynamics(actuator: Actuator, timeStep: number) {
  const { count, restActivation, command: { low, high } } = actuator;
  const kernel = activationKernel(actuator, timeStep);
  return () => {
    const activation = new Float64Array(count).fill(restActivation);
    const commands = new Float64Array(count);
    const reached = new Float64Array(3 * count);
    return (wanted: readonly number[]) => {
      kernel.run(1, activation, commands, reached);
      wanted.forEach((goal, m) => {
        const change = goal - activation[m];
        const probed = change > 0 ? reached[count + m] : reached[2 * count + m];
        const rate = Math.abs(probed - activation[m]) / probe;
        const command = rate > 0 ? activation[m] + change / rate : goal;
        commands[m] = Math.min(high, Math.max(low, command));
      });
      kernel.run(1, activation, commands, reached);
      activation.set(reached.subarray(0, count));
      return commands;
    };
  };
}

/**
 * Kernel: activation, command → activation after one step, then after a command a little above the
 * activation, then a little below it.
 */
function activationKernel(actuator: Actuator, timeStep: number) {
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const activation = inputLanes(graph, actuator.count);
  const command = inputLanes(graph, actuator.count);
  const after = (value: Lanes) => actuator.activate(algebra, activation, value, timeStep);
  const above = algebra.add(activation, algebra.constant(probe));
  const below = algebra.subtract(activation, algebra.constant(probe));
  return compileKernel("activation", [
    { name: "old", rows: activation },
    { name: "command", rows: command },
  ], [{ name: "reached", rows: [...after(command), ...after(above), ...after(below)] }]);
}
