/**
 * What a robot's handle can do to a reach: push it sideways the faster it moves (fields that are to be
 * learnt), guide it between walls (channels that measure what has been learnt), or nudge it (pulses that
 * measure how stiffly it is held). Each takes a batch of trials and gives the same trials in that field.
 *
 * "Across" is the direction of the line from start to goal turned by +90°: left is positive.
 *
 * Sources: curl field, Shadmehr & Mussa-Ivaldi 1994; channel, Scheidt et al. 2000; the velocity-squared
 * field against the linear one of random gain, Yadav & Sainburg 2014 (doi 10.1371/journal.pone.0093892):
 * in the former, people's dominant arm does better, which predicts forces, in the latter the other one,
 * which stiffens. The sizes of the two, and the uniform distribution of gains, are this laboratory's choice.
 */
import { saturationSpeed } from "../physics/hand_field.ts";
import type { RandomStream } from "../random.ts";
import type { Channel, TimedRows, TrialBatch } from "./trial.ts";

/**
 * A force at right angles to the hand's velocity, F = g ‖ṗ‖ⁿ⁻¹ (ẏ, −ẋ): it does no work, whatever the
 * power n. A positive g pushes a moving hand to its right, so that it turns clockwise.
 */
export interface CurlField {
  /** n: how the force grows with speed; a squared one up to `saturationSpeed` only. */
  readonly power: 1 | 2;
  /** The mean g of all trials, N s/m (n = 1) or N s²/m² (n = 2). */
  readonly gain: number;
  /** Trials' g are uniform in gain ± spread; 0 for a field that can be predicted. */
  readonly spread: number;
}

/** The gain of each trial, [trial], as the field has it from movement to movement. */
export function drawGains(field: CurlField, stream: RandomStream, trials: number): Float64Array {
  const { gain, spread } = field;
  return Float64Array.from(
    { length: trials },
    () => spread === 0 ? gain : stream.uniform(gain - spread, gain + spread),
  );
}

/**
 * `batch` in a curl field from the go cue on, instead of any it is in.
 * @param gains [trial]; those of a predictable field unless given
 * @throws {RangeError} when there is not one gain a trial
 */
export function withCurlField(
  batch: TrialBatch,
  { power, gain }: CurlField,
  gains: Float64Array = new Float64Array(batch.trials).fill(gain),
): TrialBatch {
  const { trials, steps, goStep } = batch;
  if (gains.length !== trials) {
    throw new RangeError(`${gains.length} gains for ${trials} trials; there should be one a trial`);
  }
  const rows = new Float64Array(4 * trials);
  rows.set(gains, trials);
  rows.set(gains.map((value) => -value), 2 * trials);
  const timed: TimedRows = { rows, from: goStep, until: new Int32Array(trials).fill(steps) };
  return {
    ...batch,
    viscosity: power === 1 ? timed : undefined,
    quadraticViscosity: power === 2 ? timed : undefined,
  };
}

/**
 * The force across the movement that cancels `field` at its mean gain, N, left positive.
 * @param speed of the hand from start towards goal, m/s
 */
export function cancellingForce({ power, gain }: CurlField, speed: number): number {
  if (power === 1) return gain * speed;
  const size = Math.abs(speed);
  return gain * (size > saturationSpeed ? saturationSpeed ** 2 / size : size) * speed;
}

/** The same trials without any force on the hand. */
export function withoutForces(
  { trials, steps, timeStep, startAngles, start, goal, goStep }: TrialBatch,
): TrialBatch {
  return { trials, steps, timeStep, startAngles, start, goal, goStep };
}

/**
 * `batch` in a force channel from the go cue on.
 * @throws {RangeError} when a trial's goal is its start, which leaves the channel without a direction
 */
export function withChannel(
  batch: TrialBatch,
  channel: Channel,
): TrialBatch & { readonly channel: Channel } {
  requireDirections(batch, "a channel");
  return { ...batch, channel };
}

/** A constant force across the movement for a while. */
export interface Pulse {
  /** N, left positive */
  readonly force: number;
  /** From the go cue, in steps. */
  readonly after: number;
  /** How long it lasts, in steps. */
  readonly steps: number;
}

/**
 * `batch` with a pulse in every trial, instead of its loads.
 * @throws {RangeError} when a trial's goal is its start, which leaves the pulse without a direction
 */
export function withPulse(batch: TrialBatch, { force, after, steps }: Pulse): TrialBatch {
  requireDirections(batch, "a pulse across the movement");
  const { trials, start, goal } = batch;
  const rows = new Float64Array(2 * trials);
  for (let trial = 0; trial < trials; trial++) {
    const [x, y] = [0, trials].map((row) => goal[row + trial] - start[row + trial]);
    const distance = Math.hypot(x, y);
    rows[trial] = -force * y / distance;
    rows[trials + trial] = force * x / distance;
  }
  const from = batch.goStep.map((step) => step + after);
  return { ...batch, load: { rows, from, until: from.map((step) => step + steps) } };
}

function requireDirections({ trials, start, goal }: TrialBatch, what: string): void {
  for (let trial = 0; trial < trials; trial++) {
    if (start[trial] === goal[trial] && start[trials + trial] === goal[trials + trial]) {
      throw new RangeError(`trial ${trial} has its goal at its start: ${what} needs a direction`);
    }
  }
}
