/**
 * The record of one trial, on which all measures are defined, and its checked contents: hand positions
 * and velocities at the samples, and what was recorded of joints and actuators.
 *
 * A record of K steps has K + 1 samples; step k leads from sample k to k + 1.
 */
import type { Arm } from "../arms/arm.ts";
import type { Point } from "../arms/kinematics.ts";
import { differences, length } from "./arithmetic.ts";

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

/** What `derive` makes of a record, made once: measures ask for the same again and again. */
function oncePerRecord<Derived>(
  derive: (record: MovementRecord) => Derived,
): (record: MovementRecord) => Derived {
  const known = new WeakMap<MovementRecord, Derived>();
  return (record) => {
    let derived = known.get(record);
    if (derived === undefined) known.set(record, derived = derive(record));
    return derived;
  };
}

/** What stands for "the end" of a trial, s. */
const finalWindow = 0.1;

/** The positions of a record as points, checked. */
export const samples = oncePerRecord(checkedSamples);

function checkedSamples(
  { positions, timeStep, start, goal }: MovementRecord,
): readonly Point[] {
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

/** The samples of the last 0.1 s: at 10 ms the last ten. */
export function finalSamples(record: MovementRecord): readonly Point[] {
  const points = samples(record);
  return points.slice(-Math.max(1, Math.round(finalWindow / record.timeStep)));
}

/** Hand velocities at the samples, m/s: central differences, second-order one-sided ones at the ends. */
export const velocities = oncePerRecord((record): readonly Point[] => {
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
});

/** Hand speeds at the samples, m/s. */
export const speeds = oncePerRecord((record): readonly number[] => velocities(record).map(length));

/** One of the optional arrays of a record, checked: its rows, one a step or sample. */
export function rowsOf(
  record: MovementRecord,
  name: "jointAngles" | "jointVelocities" | "torques" | "excitations" | "activations" | "forces",
): number[][] {
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
  return Array.from(
    { length: count },
    (_, k) => Array.from(values.subarray(k * width, (k + 1) * width)),
  );
}

/** The means of neighbouring rows: values in the middle of the steps from values at the samples. */
export function midSteps(rows: readonly (readonly number[])[]): number[][] {
  return rows.slice(1).map((row, k) => row.map((value, j) => (value + rows[k][j]) / 2));
}

/** The record's arm, which `measure` needs. */
export function armOf({ arm }: MovementRecord, measure: string): Arm {
  if (!arm) throw new RangeError(`${measure} needs the record's arm`);
  return arm;
}
