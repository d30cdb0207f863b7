/**
 * The measures of motor control on sampled hand paths, by name: unit, meaning, and the functions that
 * give all that apply to a reach or a hold. One `MovementRecord` is one trial; every measure is a pure
 * function of it. A measure that a trial does not define (the settling time of a hand that never settles)
 * is NaN; `summarise` leaves it out of the mean and states the count.
 *
 * Conventions, the same for every measure: a record of K steps has K + 1 samples; "after each step"
 * leaves out the initial one. Derivatives are central differences. What lies to the left of the line from
 * start to goal is positive, and so is a counter-clockwise angle.
 *
 * The ideal to compare a reach with is the minimum-jerk movement of Flash & Hogan 1985.
 */
import { endpointError, finalError, meanAbsoluteError, meanError } from "./accuracy.ts";
import { coContraction, coordinationIndex } from "./coordination.ts";
import { effort, rootMeanSquareForce, weightedActivation, work } from "./effort.ts";
import { drift, maximalDisplacement, returnTime } from "./hold.ts";
import {
  initialDirectionError,
  maximalDeviation,
  overshoot,
  pathLength,
  signedArea,
  straightness,
} from "./path.ts";
import type { MovementRecord } from "./record.ts";
import { logDimensionlessJerk, spectralArcLength, speedPeaks } from "./smoothness.ts";
import {
  endSpeed,
  movementSpan,
  movementTime,
  onset,
  peakAcceleration,
  peakSpeed,
  peakSpeedShare,
  settlingTime,
} from "./time_course.ts";

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

/**
 * All measures of a reaching movement, by name; NaN for those whose data the record lacks.
 * @throws {RangeError} when the record is malformed, saying how
 */
export function reachMeasures(record: MovementRecord) {
  return {
    ...handMeasures(record),
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
    ...handMeasures(record),
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

/** What every trial has. */
function handMeasures(record: MovementRecord) {
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

/** What needs more than the hand; NaN where the record lacks it. */
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
