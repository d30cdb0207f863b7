/**
 * Batches of trials: what each arm starts from, what it is asked to do, and which forces act on its
 * hand, step by step. Arrays are laid out [row][trial].
 */
import type { Point } from "../arms/kinematics.ts";
import type { HandFieldArrays } from "../physics/plant.ts";

/** A batch of trials of one task. */
export interface TrialBatch {
  readonly trials: number;
  /** Control steps of every trial. */
  readonly steps: number;
  /** s */
  readonly timeStep: number;
  /** Start posture, [joint][trial], rad; the arm is at rest in it. */
  readonly startAngles: Float64Array;
  /** The hand there, [x, y][trial], m. */
  readonly start: Float64Array;
  /** Where the hand should go or stay, [x, y][trial], m. */
  readonly goal: Float64Array;
  /** The first step at which the goal is shown, [trial]; before it the start is the target. */
  readonly goStep: Int32Array;
  /** Constant force while it acts, [x, y][trial], N. */
  readonly load?: TimedRows;
  /** Viscous field while it acts, [xx, xy, yx, yy][trial], N s/m. */
  readonly viscosity?: TimedRows;
  /** Velocity-squared field while it acts, [xx, xy, yx, yy][trial], N s²/m². */
  readonly quadraticViscosity?: TimedRows;
  /** A channel from start to goal that acts from the go step on. */
  readonly channel?: Channel;
}

/** Rows that count within [from, until) and are 0 outside. */
export interface TimedRows {
  readonly rows: Float64Array;
  /** First step, [trial]. */
  readonly from: Int32Array;
  /** Step after the last one, [trial]. */
  readonly until: Int32Array;
}

/** Stiff walls along the line from start to goal (Scheidt et al. 2000): F = −K e⊥ − B ė⊥. */
export interface Channel {
  /** N/m */
  readonly stiffness: number;
  /** N s/m */
  readonly damping: number;
}

/** The targets shown at one step and the forces then; filled anew for every step. */
export interface StepInputs {
  /** [x, y][trial], m */
  readonly target: Float64Array;
  readonly field: HandFieldArrays;
}

/** Room for the inputs of one step of `batch`. */
export function stepInputs(batch: TrialBatch): StepInputs {
  const rows = (count: number) => new Float64Array(count * batch.trials);
  return {
    target: rows(2),
    field: {
      ...(batch.load && { load: rows(2) }),
      ...((batch.viscosity || batch.channel) && { viscosity: rows(4) }),
      ...(batch.quadraticViscosity && { quadraticViscosity: rows(4) }),
      ...(batch.channel && { stiffness: rows(4), anchor: batch.start }),
    },
  };
}

/** Fill `into` with the inputs of step `step`. */
export function inputsAt(batch: TrialBatch, step: number, into: StepInputs): void {
  const { trials, start, goal, goStep, load, viscosity, quadraticViscosity, channel } = batch;
  for (let i = 0; i < 2 * trials; i++) {
    into.target[i] = step >= goStep[i % trials] ? goal[i] : start[i];
  }
  const { field } = into;
  if (field.load && load) copyActive(load, step, trials, field.load);
  if (field.viscosity) field.viscosity.fill(0);
  if (field.viscosity && viscosity) copyActive(viscosity, step, trials, field.viscosity);
  if (field.quadraticViscosity && quadraticViscosity) {
    copyActive(quadraticViscosity, step, trials, field.quadraticViscosity);
  }
  if (field.viscosity && field.stiffness && channel) {
    field.stiffness.fill(0);
    for (let trial = 0; trial < trials; trial++) {
      if (step < goStep[trial]) continue;
      addAcross(batch, trial, -channel.stiffness, field.stiffness);
      addAcross(batch, trial, -channel.damping, field.viscosity);
    }
  }
}

function copyActive(timed: TimedRows, step: number, trials: number, into: Float64Array): void {
  for (let i = 0; i < into.length; i++) {
    const trial = i % trials;
    into[i] = step >= timed.from[trial] && step < timed.until[trial] ? timed.rows[i] : 0;
  }
}

/** matrix += scale · n nᵀ with n the unit normal of the trial's line. */
function addAcross(batch: TrialBatch, trial: number, scale: number, matrix: Float64Array): void {
  const { trials, start, goal } = batch;
  const along = [0, trials].map((row) => goal[row + trial] - start[row + trial]);
  const length = Math.hypot(...along);
  const [nx, ny] = [-along[1] / length, along[0] / length];
  [nx * nx, nx * ny, ny * nx, ny * ny].forEach((entry, row) => {
    matrix[row * trials + trial] += scale * entry;
  });
}

/** The load of each trial in its last step, N; zero where it has none by then. */
export function loadsAtEnd({ trials, steps, load }: TrialBatch): Point[] {
  return Array.from({ length: trials }, (_, trial): Point => {
    if (!load || steps <= load.from[trial] || steps > load.until[trial]) return [0, 0];
    return [load.rows[trial], load.rows[trials + trial]];
  });
}

/** The trial `index` of `batch` as a batch of its own. */
export function pickTrial(batch: TrialBatch, index: number): TrialBatch {
  return pickTrials(batch, index, index + 1);
}

/**
 * The trials `first` … `end` − 1 of `batch` as a batch of their own.
 * @throws {RangeError} when there are no such trials
 */
export function pickTrials(batch: TrialBatch, first: number, end: number): TrialBatch {
  const { trials } = batch;
  if (!(first >= 0 && first < end && end <= trials)) {
    throw new RangeError(`no trials ${first} to ${end - 1} in a batch of ${trials}`);
  }
  const rows = (values: Float64Array) =>
    values.filter((_, i) => i % trials >= first && i % trials < end);
  const step = (values: Int32Array) => values.slice(first, end);
  const timed = ({ rows: values, from, until }: TimedRows): TimedRows => ({
    rows: rows(values),
    from: step(from),
    until: step(until),
  });
  return {
    ...batch,
    trials: end - first,
    startAngles: rows(batch.startAngles),
    start: rows(batch.start),
    goal: rows(batch.goal),
    goStep: step(batch.goStep),
    ...(batch.load && { load: timed(batch.load) }),
    ...(batch.viscosity && { viscosity: timed(batch.viscosity) }),
    ...(batch.quadraticViscosity && { quadraticViscosity: timed(batch.quadraticViscosity) }),
  };
}
