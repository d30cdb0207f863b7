/**
 * The measures of motor control on sampled hand paths: accuracy, path shape, time course, smoothness,
 * effort, adaptation. One `MovementRecord` is one trial; every measure is a pure function of it;
 * `reachMeasures` and `holdMeasures` give all that apply under the names of `measures`; `summarise`
 * puts trials together. A measure that a trial does not define (the settling time of a hand that never
 * settles) is NaN and is left out of the mean, with the count stated.
 *
 * Conventions, the same for every measure:
 * - *Samples and steps.* A record of K steps has K + 1 samples; step k leads from sample k to k + 1.
 *   "After each step" leaves out the initial sample. Derivatives are central differences.
 * - *Onset and offset.* The first and the last time at which the speed exceeds 5 % of its peak, found
 *   between samples by linear interpolation.
 * - *Signs.* Along the line from start to goal lies e; n is e turned by +90°, so that what lies to the
 *   left of the line is positive, and so is a counter-clockwise angle.
 *
 * Sources: Flash & Hogan 1985 (minimum jerk), Shadmehr & Mussa-Ivaldi 1994 (force fields), Scheidt et
 * al. 2000 (force channels), Hogan & Sternad 2009 and Balasubramanian, Melendez-Calderon & Burdet 2012
 * and 2015 (dimensionless jerk, spectral arc length).
 */
import type { Arm } from "../arms/arm.ts";
import { coriolisTorques, massMatrix } from "../arms/dynamics.ts";
import type { Point } from "../arms/kinematics.ts";
import { muscleGeometry } from "../arms/muscles.ts";

/** One recorded trial. Only what the wanted measures need has to be there. */
export interface MovementRecord {
  /** Time between samples, s. */
  readonly timeStep: number;
  /** Hand positions, m, [sample][x, y], the initial one first. */
  readonly positions: Float64Array;
  /** Where the movement is to start, m; as a rule the first sample. */
  readonly start: Point;
  /** Where the hand should be at the end, m; of a hold, the start. */
  readonly goal: Point;
  /** When a perturbation sets in, s after the first sample; default 0. Only `returnTime` uses it. */
  readonly perturbationOnset?: number;
  /** Whose movement it was; needed for measures of muscles and of joint torques. */
  readonly arm?: Arm;
  /** rad, [sample][joint] */
  readonly jointAngles?: Float64Array;
  /** rad/s, [sample][joint] */
  readonly jointVelocities?: Float64Array;
  /** Torques of muscles or motors, N m, [step][joint]. */
  readonly torques?: Float64Array;
  /** Muscle excitations 0 … 1 or motor commands −1 … 1, [step][actuator]. */
  readonly excitations?: Float64Array;
  /** Muscle activations 0 … 1, [step][muscle]. */
  readonly activations?: Float64Array;
  /** Muscle forces, N, [step][muscle]. */
  readonly forces?: Float64Array;
}

/** What each measure means, by its name in `reachMeasures` and `holdMeasures`. */
export const measures = {
  endpointError: ["m", "distance of the mean position of the last 0.1 s from the goal"],
  finalError: ["m", "mean distance from the goal over the last 0.1 s"],
  meanError: ["m", "mean distance from the goal after each step"],
  meanAbsoluteError: ["m", "mean |error| over both coordinates after each step"],
  peakSpeed: ["m/s", "largest speed of the hand"],
  endSpeed: ["m/s", "speed of the hand at the last sample"],
  peakAcceleration: ["m/s²", "largest acceleration of the hand"],
  straightness: [
    "1",
    "path length over the distance from start to goal, at least 5 cm; 1: straight",
  ],
  pathRatio: ["1", "path length over the distance from start to goal, however small"],
  maximalDeviation: ["m", "largest distance from the line of start and goal, left positive"],
  signedArea: ["m²", "area between path and line, left positive"],
  initialDirectionError: ["rad", "direction of the first 100 ms after onset against the line"],
  onset: ["s", "first time above 5 % of the peak speed"],
  movementTime: ["s", "from onset to the last time above 5 % of the peak speed"],
  peakSpeedShare: ["1", "time from onset to peak speed over movement time"],
  speedPeaks: ["1", "number of speed peaks that stand out by a tenth of the peak speed"],
  ldlj: ["1", "log dimensionless jerk from onset to offset; higher is smoother"],
  sparc: ["1", "spectral arc length of the speed over the record; higher is smoother"],
  settlingTime: ["s", "last time farther than 2 cm from the goal"],
  overshoot: ["m", "farthest the hand comes beyond the goal, along the line"],
  drift: ["m", "distance of the mean position of the last 0.1 s from the start"],
  maximalDisplacement: ["m", "largest distance from the start"],
  returnTime: ["s", "from the perturbation to the last time farther than 1 cm from the start"],
  pathTravelled: ["m", "path length"],
  effort: ["1", "mean squared excitation or motor command"],
  weightedActivation: ["1", "mean squared activation, weighted by the muscles' maximal forces"],
  work: ["J", "time integral of the sum of |torque × joint rate|"],
  coContraction: ["N m", "mean over time of the opposed muscle torque, summed over joints"],
  rootMeanSquareForce: ["N", "root mean square over time and muscles of the muscle force"],
  coordinationIndex: [
    "1",
    "correlation of elbow torque with the interaction torque it must cancel",
  ],
} as const satisfies Readonly<Record<string, readonly [unit: string, meaning: string]>>;

/** The name of a measure. */
export type MeasureName = keyof typeof measures;

/** Some measures of one trial by name; NaN where the trial does not define one or lacks its data. */
type Measures = { readonly [name in MeasureName]?: number };

/** What `reachMeasures` gives for one minimum-jerk movement from rest to rest: the ideal to compare with. */
export const minimumJerkReference = {
  straightness: 1,
  maximalDeviation: 0,
  initialDirectionError: 0,
  peakSpeedShare: 0.5,
  speedPeaks: 1,
  ldlj: -4.41,
  sparc: -1.406,
  overshoot: 0,
} as const satisfies Measures;

/** Share of the peak speed above which the hand counts as moving. */
const onsetShare = 0.05;
/** What stands for "the end" of a trial, s. */
const finalWindow = 0.1;
/** Shortest distance by which `straightness` divides, m; keeps short random reaches from dominating. */
const shortestReach = 0.05;

// ---------------------------------------------------------------------------------------- records

/**
 * All measures of a reaching movement, by name; NaN for those whose data the record lacks.
 * @throws {RangeError} when the record is malformed, saying how
 */
export function reachMeasures(record: MovementRecord) {
  return {
    ...accuracyMeasures(record),
    straightness: straightness(record),
    pathRatio: straightness(record, 0),
    maximalDeviation: maximalDeviation(record),
    signedArea: signedArea(record),
    initialDirectionError: initialDirectionError(record),
    peakAcceleration: peakAcceleration(record),
    onset: onset(record),
    movementTime: movementTime(record),
    peakSpeedShare: peakSpeedShare(record),
    speedPeaks: speedPeaks(record),
    ldlj: logDimensionlessJerk(record, movementSpan(record)),
    sparc: spectralArcLength(record),
    settlingTime: settlingTime(record),
    overshoot: overshoot(record),
    ...effortMeasures(record),
  } satisfies Measures;
}

/**
 * All measures of holding a position, by name; NaN for those whose data the record lacks.
 * @throws {RangeError} when the record is malformed, saying how
 */
export function holdMeasures(record: MovementRecord) {
  return {
    ...accuracyMeasures(record),
    drift: drift(record),
    maximalDisplacement: maximalDisplacement(record),
    returnTime: returnTime(record),
    ...effortMeasures(record),
  } satisfies Measures;
}

/** The measures of one reach. */
export type ReachMeasures = ReturnType<typeof reachMeasures>;
/** The measures of one hold. */
export type HoldMeasures = ReturnType<typeof holdMeasures>;

function accuracyMeasures(record: MovementRecord) {
  return {
    endpointError: endpointError(record),
    finalError: finalError(record),
    meanError: meanError(record),
    meanAbsoluteError: meanAbsoluteError(record),
    peakSpeed: peakSpeed(record),
    endSpeed: endSpeed(record),
    pathTravelled: pathLength(record),
  } satisfies Measures;
}

function effortMeasures(record: MovementRecord) {
  const { arm, jointAngles, jointVelocities, torques, excitations, activations, forces } = record;
  const coordinated = arm && arm.joints.length > 1 && jointAngles && jointVelocities && torques;
  return {
    effort: excitations ? effort(record) : NaN,
    weightedActivation: arm && activations ? weightedActivation(record) : NaN,
    work: torques && jointVelocities ? work(record) : NaN,
    coContraction: arm && forces && jointAngles ? coContraction(record) : NaN,
    rootMeanSquareForce: forces ? rootMeanSquareForce(record) : NaN,
    coordinationIndex: coordinated ? coordinationIndex(record) : NaN,
  } satisfies Measures;
}

/** The positions of a record as points, checked. */
function samples({ positions, timeStep, start, goal }: MovementRecord): Point[] {
  const count = positions.length / 2;
  if (!Number.isInteger(count) || count < 2) {
    throw new RangeError(
      `positions has ${positions.length} numbers; it should be [sample][x, y] with at least 2 samples`,
    );
  }
  if (!(timeStep > 0 && Number.isFinite(timeStep))) {
    throw new RangeError(`timeStep ${timeStep} s should be positive and finite`);
  }
  const unusable = [...positions, ...start, ...goal].find((value) => !Number.isFinite(value));
  if (unusable !== undefined) {
    throw new RangeError(`positions, start and goal should be finite; there is a ${unusable}`);
  }
  return Array.from({ length: count }, (_, k): Point => [positions[2 * k], positions[2 * k + 1]]);
}

const minus = ([ax, ay]: Point, [bx, by]: Point): Point => [ax - bx, ay - by];
const length = ([x, y]: Point) => Math.hypot(x, y);
const dot = ([ax, ay]: Point, [bx, by]: Point) => ax * bx + ay * by;
const cross = ([ax, ay]: Point, [bx, by]: Point) => ax * by - ay * bx;
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const meanPoint = (points: readonly Point[]): Point => [
  mean(points.map(([x]) => x)),
  mean(points.map(([, y]) => y)),
];

/** The samples of the last 0.1 s: at 10 ms the last ten. */
function finalSamples(record: MovementRecord): Point[] {
  const points = samples(record);
  return points.slice(-Math.max(1, Math.round(finalWindow / record.timeStep)));
}

/** The unit vector from start to goal; not a number where they coincide. */
function direction({ start, goal }: MovementRecord): Point {
  const [x, y] = minus(goal, start);
  const distance = Math.hypot(x, y);
  return [x / distance, y / distance];
}

// --------------------------------------------------------------------------------------- accuracy

/** ‖mean position of the last 0.1 s − goal‖, m. */
export function endpointError(record: MovementRecord): number {
  return length(minus(meanPoint(finalSamples(record)), record.goal));
}

/** The mean distance from the goal over the last 0.1 s, m. */
export function finalError(record: MovementRecord): number {
  return mean(finalSamples(record).map((point) => length(minus(point, record.goal))));
}

/** The mean distance from the goal after each step, m. */
export function meanError(record: MovementRecord): number {
  return mean(samples(record).slice(1).map((point) => length(minus(point, record.goal))));
}

/** The mean |error| over both coordinates after each step, m: the L1 form used in training. */
export function meanAbsoluteError(record: MovementRecord): number {
  return mean(
    samples(record).slice(1).map((point) => {
      const [x, y] = minus(point, record.goal);
      return (Math.abs(x) + Math.abs(y)) / 2;
    }),
  );
}

/** The mean endpoint of several trials relative to each one's goal: its length is the constant error, m. */
export function constantError(records: readonly MovementRecord[]): number {
  return length(meanPoint(endpointOffsets(records)));
}

/** The root mean square distance of the trials' endpoints (relative to the goals) from their mean, m. */
export function variableError(records: readonly MovementRecord[]): number {
  const offsets = endpointOffsets(records);
  const centre = meanPoint(offsets);
  return Math.sqrt(mean(offsets.map((offset) => length(minus(offset, centre)) ** 2)));
}

function endpointOffsets(records: readonly MovementRecord[]): Point[] {
  if (records.length === 0) {
    throw new RangeError("no records; an error over trials needs at least one");
  }
  return records.map((record) => minus(meanPoint(finalSamples(record)), record.goal));
}

// ----------------------------------------------------------------------------- speed, time course

/** Hand velocities at the samples, m/s: central differences, second-order one-sided ones at the ends. */
export function velocities(record: MovementRecord): Point[] {
  const steps = differences(samples(record));
  const last = steps.length - 1;
  const combine = (weight: number, step: Point, otherWeight: number, other: Point): Point => [
    (weight * step[0] + otherWeight * other[0]) / record.timeStep,
    (weight * step[1] + otherWeight * other[1]) / record.timeStep,
  ];
  return [
    combine(1.5, steps[0], -0.5, steps[Math.min(1, last)]),
    ...steps.slice(1).map((step, k) => combine(0.5, steps[k], 0.5, step)),
    combine(1.5, steps[last], -0.5, steps[Math.max(0, last - 1)]),
  ];
}

/** Hand speeds at the samples, m/s. */
export function speeds(record: MovementRecord): number[] {
  return velocities(record).map(length);
}

/** The largest speed, m/s. */
export function peakSpeed(record: MovementRecord): number {
  return Math.max(...speeds(record));
}

/** The speed at the last sample, m/s. */
export function endSpeed(record: MovementRecord): number {
  return speeds(record)[record.positions.length / 2 - 1];
}

/** The largest acceleration, m/s² (second differences); NaN with fewer than three samples. */
export function peakAcceleration(record: MovementRecord): number {
  const accelerations = differences(differences(samples(record))).map(length);
  return accelerations.length > 0 ? Math.max(...accelerations) / record.timeStep ** 2 : NaN;
}

const differences = (points: readonly Point[]): Point[] =>
  points.slice(1).map((point, k) => minus(point, points[k]));

/** A part of a record, s after the first sample. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const nowhere: Span = { from: NaN, to: NaN };

const wholeRecord = ({ positions, timeStep }: MovementRecord): Span => ({
  from: 0,
  to: (positions.length / 2 - 1) * timeStep,
});

/** From onset to offset; NaN to NaN if nothing moves. */
export function movementSpan(record: MovementRecord): Span {
  const values = speeds(record);
  const threshold = onsetShare * Math.max(...values);
  const first = values.findIndex((speed) => speed > threshold);
  const last = values.findLastIndex((speed) => speed > threshold);
  if (first < 0) return nowhere;
  // How far beyond the sample `inside` the speed crosses the threshold on its way to `outside`, steps.
  const crossing = (inside: number, outside: number | undefined) =>
    outside === undefined ? 0 : (inside - threshold) / (inside - outside);
  return {
    from: (first - crossing(values[first], values[first - 1])) * record.timeStep,
    to: (last + crossing(values[last], values[last + 1])) * record.timeStep,
  };
}

/** When the speed first exceeds 5 % of its peak, s after the first sample; NaN if nothing moves. */
export function onset(record: MovementRecord): number {
  return movementSpan(record).from;
}

/** From the first to the last time above 5 % of the peak speed, s; NaN if nothing moves. */
export function movementTime(record: MovementRecord): number {
  const { from, to } = movementSpan(record);
  return to - from;
}

/** When within the movement time the speed peaks, 0 … 1; 0.5 for minimum jerk. NaN if nothing moves. */
export function peakSpeedShare(record: MovementRecord): number {
  const values = speeds(record);
  const peak = values.indexOf(Math.max(...values)) * record.timeStep;
  const { from, to } = movementSpan(record);
  return (peak - from) / (to - from);
}

/**
 * How many speed peaks stand out: between two of them the speed falls by at least `prominence` of the
 * peak speed below the lower one. Before and after the record the hand counts as at rest.
 */
export function speedPeaks(record: MovementRecord, prominence = 0.1): number {
  const values = speeds(record);
  const least = prominence * Math.max(...values);
  if (least === 0) return 0;
  let peaks = 0;
  let rising = true;
  let extreme = 0;
  for (const speed of [...values, 0]) {
    if (rising ? speed > extreme : speed < extreme) {
      extreme = speed;
    } else if (Math.abs(speed - extreme) >= least) {
      if (rising) peaks++;
      rising = !rising;
      extreme = speed;
    }
  }
  return peaks;
}

/** The last time farther than `radius` from the goal, s; 0 if never, NaN if still so at the end. */
export function settlingTime(record: MovementRecord, radius = 0.02): number {
  return lastTimeOutside(record, record.goal, radius);
}

function lastTimeOutside(record: MovementRecord, centre: Point, radius: number): number {
  const points = samples(record);
  const last = points.findLastIndex((point) => length(minus(point, centre)) > radius);
  return last === points.length - 1 ? NaN : Math.max(0, last) * record.timeStep;
}

// ------------------------------------------------------------------------------------- path shape

/** The length of the path, m. */
export function pathLength(record: MovementRecord): number {
  return differences(samples(record)).reduce((sum, step) => sum + length(step), 0);
}

/**
 * Path length over the distance from start to goal, the latter at least `shortest` m. With `shortest`
 * 0 it is the plain ratio: 1 for a straight path that ends at the goal. The default of 5 cm keeps
 * random reaches to nearby goals from ruling the mean.
 */
export function straightness(record: MovementRecord, shortest = shortestReach): number {
  return pathLength(record) / Math.max(length(minus(record.goal, record.start)), shortest);
}

/** The deviation from the line of largest size, with its sign, m: left positive. */
export function maximalDeviation(record: MovementRecord): number {
  const e = direction(record);
  return samples(record)
    .map((point) => cross(e, minus(point, record.start)))
    .reduce((most, deviation) => Math.abs(deviation) > Math.abs(most) ? deviation : most);
}

/** The area between path and line, m² (trapezoids along the line): left positive. */
export function signedArea(record: MovementRecord): number {
  const e = direction(record);
  const offsets = samples(record).map((point) => minus(point, record.start));
  return differences(offsets).reduce((area, step, k) => {
    const deviation = (cross(e, offsets[k]) + cross(e, offsets[k + 1])) / 2;
    return area + deviation * dot(e, step);
  }, 0);
}

/**
 * The angle from the line to the way that the hand goes in the first `window` s after onset, rad,
 * counter-clockwise positive; NaN if nothing moves or the record ends before.
 */
export function initialDirectionError(record: MovementRecord, window = 0.1): number {
  const points = samples(record);
  const first = Math.ceil(onset(record) / record.timeStep);
  const then = first + Math.round(window / record.timeStep);
  if (!(then < points.length)) return NaN;
  const way = minus(points[then], points[first]);
  const e = direction(record);
  return Math.atan2(cross(e, way), dot(e, way));
}

/** How far the hand comes beyond the goal along the line, m; 0 if it does not. */
export function overshoot(record: MovementRecord): number {
  const e = direction(record);
  return Math.max(0, ...samples(record).map((point) => dot(e, minus(point, record.goal))));
}

// ------------------------------------------------------------------------------------- smoothness

/**
 * ∫ ‖p⃛‖² dt over `span`, m²/s⁵; NaN with fewer than five samples. The jerk of a step is the third
 * difference centred on it; that of the first and the last step continues their neighbours linearly.
 */
export function squaredJerk(record: MovementRecord, span = wholeRecord(record)): number {
  const thirds = differences(differences(differences(samples(record))));
  if (thirds.length < 2) return NaN;
  const beyond = ([x, y]: Point, [nextX, nextY]: Point): Point => [2 * x - nextX, 2 * y - nextY];
  const last = thirds.length - 1;
  const ofSteps = [
    beyond(thirds[0], thirds[1]),
    ...thirds,
    beyond(thirds[last], thirds[last - 1]),
  ];
  const { timeStep } = record;
  return ofSteps.reduce((sum, third, k) => {
    const covered = Math.min(span.to, (k + 1) * timeStep) - Math.max(span.from, k * timeStep);
    return sum + Math.max(0, covered) * dot(third, third);
  }, 0) / timeStep ** 6;
}

/**
 * LDLJ = −ln((T³ / v_peak²) ∫ ‖p⃛‖² dt) over `span` of duration T, by default the whole record: then
 * −5.322 for one minimum-jerk movement from rest to rest. As rest before or after the movement makes T
 * longer, `reachMeasures` takes it from onset to offset, where the same movement has −4.41. NaN if
 * nothing moves.
 */
export function logDimensionlessJerk(record: MovementRecord, span = wholeRecord(record)): number {
  const peak = peakSpeed(record);
  if (peak === 0) return NaN;
  return -Math.log((span.to - span.from) ** 3 / peak ** 2 * squaredJerk(record, span));
}

/**
 * SPARC = −Σ √((Δf / f_range)² + (ΔM̂)²) over the amplitude spectrum M̂ of the speed, normalised to a
 * largest value of 1, zero-padded by four octaves, and cut at 10 Hz and then at the last frequency
 * whose amplitude is at least 0.05; −1.4058 for a minimum-jerk movement of 0.5 to 2 s. Rest before or
 * after the movement changes it little. NaN if nothing moves.
 */
export function spectralArcLength(record: MovementRecord): number {
  const values = speeds(record);
  if (Math.max(...values) === 0) return NaN;
  const padded = 2 ** (Math.ceil(Math.log2(values.length)) + 4);
  const resolution = 1 / (padded * record.timeStep);
  const bins = Math.floor(Math.min(10 / resolution, padded / 2)) + 1;
  const amplitudes = Array.from({ length: bins }, (_, bin) => amplitude(values, bin / padded));
  const largest = Math.max(...amplitudes);
  const last = amplitudes.findLastIndex((value) => value >= 0.05 * largest);
  let arc = 0;
  for (let bin = 1; bin <= last; bin++) {
    arc += Math.hypot(1 / last, (amplitudes[bin] - amplitudes[bin - 1]) / largest);
  }
  return -arc;
}

/** |Σ_k v_k exp(−2πi k f)| at the frequency f, in cycles a sample. */
function amplitude(values: readonly number[], frequency: number): number {
  let real = 0;
  let imaginary = 0;
  values.forEach((value, k) => {
    const angle = 2 * Math.PI * frequency * k;
    real += value * Math.cos(angle);
    imaginary += value * Math.sin(angle);
  });
  return Math.hypot(real, imaginary);
}

// ------------------------------------------------------------------------------------------- hold

/** ‖mean position of the last 0.1 s − start‖, m. */
export function drift(record: MovementRecord): number {
  return length(minus(meanPoint(finalSamples(record)), record.start));
}

/** The largest distance from the start, m. */
export function maximalDisplacement(record: MovementRecord): number {
  return Math.max(...samples(record).map((point) => length(minus(point, record.start))));
}

/**
 * From the perturbation to the last time farther than `radius` from the start, s; 0 if never, NaN if
 * still so at the end of the record.
 */
export function returnTime(record: MovementRecord, radius = 0.01): number {
  const last = lastTimeOutside(record, record.start, radius);
  return Math.max(0, last - (record.perturbationOnset ?? 0));
}

/**
 * The steady stiffness K of holding, N/m: the least-squares slope of load on final displacement over
 * trials with constant loads, both axes together, each about its own mean. NaN if nothing is displaced.
 *
 * @param loads the force on the hand in each trial, N
 * @throws {RangeError} when there are not at least two trials and a load for each
 */
export function holdStiffness(
  records: readonly MovementRecord[],
  loads: readonly Point[],
): number {
  if (records.length < 2 || loads.length !== records.length) {
    throw new RangeError(
      `${records.length} records and ${loads.length} loads; the stiffness needs at least two trials ` +
        "and one load a trial",
    );
  }
  const displacements = records.map((record) =>
    minus(meanPoint(finalSamples(record)), record.start)
  );
  const middle = meanPoint(displacements);
  const centred = displacements.map((displacement) => minus(displacement, middle));
  const covariance = centred.reduce((sum, offset, i) => sum + dot(offset, loads[i]), 0);
  return covariance / centred.reduce((sum, offset) => sum + dot(offset, offset), 0);
}

// ----------------------------------------------------------------------------------------- effort

/** One of the optional arrays of a record, checked: `rows` steps or samples of equal width. */
function rowsOf(
  record: MovementRecord,
  name: "jointAngles" | "jointVelocities" | "torques" | "excitations" | "activations" | "forces",
): { readonly rows: number[][]; readonly width: number } {
  const values = record[name];
  const perSample = name === "jointAngles" || name === "jointVelocities";
  const count = samples(record).length - (perSample ? 0 : 1);
  const width = (values?.length ?? 0) / count;
  const owned = name === "activations" || name === "forces" ? "muscles" : "joints";
  const expected = name === "excitations" ? undefined : record.arm?.[owned].length;
  if (!values || width === 0 || !Number.isInteger(width) || (expected ?? width) !== width) {
    throw new RangeError(
      `${name} has ${
        values ? values.length : "no"
      } numbers; it should have a row for each of the ` +
        `${count} ${perSample ? "samples" : "steps"}` +
        (expected === undefined ? "" : ` with one number for each of the ${expected} ${owned}`),
    );
  }
  const rows = Array.from(
    { length: count },
    (_, k) => Array.from(values.subarray(k * width, (k + 1) * width)),
  );
  return { rows, width };
}

function armOf({ arm }: MovementRecord, measure: string): Arm {
  if (!arm) throw new RangeError(`${measure} needs the record's arm`);
  return arm;
}

const squares = (rows: readonly (readonly number[])[]) => rows.flat().map((value) => value ** 2);

/** The mean of u² over steps and actuators. */
export function effort(record: MovementRecord): number {
  return mean(squares(rowsOf(record, "excitations").rows));
}

/** The mean over steps of Σ F_max a² / Σ F_max. */
export function weightedActivation(record: MovementRecord): number {
  const maximal = armOf(record, "weightedActivation").muscles.map((muscle) => muscle.maximalForce);
  const total = maximal.reduce((sum, force) => sum + force, 0);
  return mean(
    rowsOf(record, "activations").rows.map((row) =>
      row.reduce((sum, activation, m) => sum + maximal[m] * activation ** 2, 0) / total
    ),
  );
}

/** ∫ Σ_j |τ_j q̇_j| dt, J, with the mean rate of each step. */
export function work(record: MovementRecord): number {
  const torques = rowsOf(record, "torques").rows;
  const rates = midSteps(rowsOf(record, "jointVelocities").rows);
  const power = torques.map((row, k) =>
    row.reduce((sum, torque, j) => sum + Math.abs(torque * rates[k][j]), 0)
  );
  return power.reduce((sum, value) => sum + value, 0) * record.timeStep;
}

/** The means of neighbouring rows: values in the middle of the steps from values at the samples. */
function midSteps(rows: readonly (readonly number[])[]): number[][] {
  return rows.slice(1).map((row, k) => row.map((value, j) => (value + rows[k][j]) / 2));
}

/**
 * The mean over steps of Σ_j min(flexor torque, extensor torque), N m: the torque that muscles spend
 * against each other. Moment arms are those of the sample before the step.
 */
export function coContraction(record: MovementRecord): number {
  const arm = armOf(record, "coContraction");
  const angles = rowsOf(record, "jointAngles").rows;
  return mean(
    rowsOf(record, "forces").rows.map((forces, k) => {
      const { momentArms } = muscleGeometry(arm, angles[k]);
      return arm.joints.reduce((sum, _, j) => {
        const torques = forces.map((force, m) => -momentArms[m][j] * force);
        const flexion = torques.reduce((total, torque) => total + Math.max(torque, 0), 0);
        const extension = torques.reduce((total, torque) => total + Math.max(-torque, 0), 0);
        return sum + Math.min(flexion, extension);
      }, 0);
    }),
  );
}

/** The root of the mean of F² over steps and muscles, N. */
export function rootMeanSquareForce(record: MovementRecord): number {
  return Math.sqrt(mean(squares(rowsOf(record, "forces").rows)));
}

// -------------------------------------------------------------------------- adaptation, coordination

/** The least-squares line of y on x and their correlation; NaN where x (or y) does not vary. */
function regression(x: readonly number[], y: readonly number[]) {
  const meanX = mean(x);
  const meanY = mean(y);
  const covariance = mean(x.map((value, i) => (value - meanX) * (y[i] - meanY)));
  const varianceX = mean(x.map((value) => (value - meanX) ** 2));
  const varianceY = mean(y.map((value) => (value - meanY) ** 2));
  return {
    slope: covariance / varianceX,
    correlation: covariance / Math.sqrt(varianceX * varianceY),
  };
}

/**
 * Adaptation to a curl field F = gain · (ẏ, −ẋ), tested in a force channel: the slope of the regression,
 * from onset to offset, of the force against the channel's wall on the ideal gain · (e·ṗ). 0 before
 * learning, 1 when the field is fully compensated.
 *
 * @param wallForces the force of the hand on the wall along n (left positive), N, one a sample
 * @param gain the field's b, N s/m; a positive one pushes the hand to the right
 * @throws {RangeError} when there is not one force a sample
 */
export function adaptationIndex(
  record: MovementRecord,
  wallForces: ArrayLike<number>,
  gain: number,
): number {
  const rates = velocities(record);
  if (wallForces.length !== rates.length) {
    throw new RangeError(
      `${wallForces.length} wall forces for ${rates.length} samples; there should be one a sample`,
    );
  }
  const { from, to } = movementSpan(record);
  const e = direction(record);
  const moving = <Value>(values: Value[]) =>
    values.filter((_, k) => k * record.timeStep >= from && k * record.timeStep <= to);
  const ideal = moving(rates).map((velocity) => gain * dot(e, velocity));
  return regression(ideal, moving(Array.from(wallForces))).slope;
}

/** 1 − |deviation| / |deviation of the first field trial|: adaptation as seen without channels. */
export function deviationReduction(firstField: MovementRecord, trial: MovementRecord): number {
  return 1 - Math.abs(maximalDeviation(trial) / maximalDeviation(firstField));
}

/**
 * The deviation of the first trial after the field is switched off, as a share of that of the first
 * trial in the field and with the opposite sign: positive when it mirrors the field's effect.
 */
export function afterEffect(firstField: MovementRecord, firstWashout: MovementRecord): number {
  return -maximalDeviation(firstWashout) / maximalDeviation(firstField);
}

/**
 * The correlation over the steps of the second joint's torque with the interaction torque that it has
 * to cancel, C_2 + M_21 q̈_1 (elbow and upper arm): 1 when the elbow is driven only so as to stay
 * unmoved by the shoulder. States are those of the middle of each step.
 */
export function coordinationIndex(record: MovementRecord): number {
  const arm = armOf(record, "coordinationIndex");
  if (arm.joints.length < 2) {
    throw new RangeError(`coordinationIndex needs two joints; ${arm.name} has one`);
  }
  const samplesOfRates = rowsOf(record, "jointVelocities").rows;
  const angles = midSteps(rowsOf(record, "jointAngles").rows);
  const rates = midSteps(samplesOfRates);
  const interaction = angles.map((posture, k) => {
    const acceleration = (samplesOfRates[k + 1][0] - samplesOfRates[k][0]) / record.timeStep;
    return coriolisTorques(arm, posture, rates[k])[1] +
      massMatrix(arm, posture)[1][0] * acceleration;
  });
  return regression(interaction, rowsOf(record, "torques").rows.map((row) => row[1])).correlation;
}

// --------------------------------------------------------------------------------------- summaries

/** One measure over trials. */
export interface Summary {
  /** NaN when no trial defines the measure. */
  readonly mean: number;
  /** Sample standard deviation over the counted trials; NaN for fewer than two. */
  readonly deviation: number;
  /** How many trials define the measure. */
  readonly count: number;
  /** How many trials there were. */
  readonly trials: number;
}

/**
 * Mean and deviation of each measure over trials. Trials whose value is NaN are left out of that
 * measure; `count` of `trials` says how many remain.
 * @param trials what `reachMeasures` or `holdMeasures` gave, or other numbers under the same names
 * @throws {RangeError} when there is no trial
 */
export function summarise<Name extends string>(
  trials: readonly Readonly<Record<Name, number>>[],
): Record<Name, Summary> {
  if (trials.length === 0) throw new RangeError("no trials; a summary needs at least one");
  const names = Object.keys(trials[0]) as Name[];
  const summaries = names.map((name) => [name, summary(trials.map((trial) => trial[name]))]);
  return Object.fromEntries(summaries);
}

function summary(trials: readonly number[]): Summary {
  const values = trials.filter((value) => !Number.isNaN(value));
  const centre = mean(values);
  const squared = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return {
    mean: centre,
    deviation: values.length > 1 ? Math.sqrt(squared / (values.length - 1)) : NaN,
    count: values.length,
    trials: trials.length,
  };
}
