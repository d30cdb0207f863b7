/**
 * Delays and noise between the plant's state and the controller's observation. A delay of d control
 * steps is a first-in-first-out buffer of length d that is filled with the initial value; d = 1 is "the
 * state after the previous step", MotorNet's default. Usual values in people: proprioception 20 ms,
 * vision 70 ms.
 */
import type { RandomStream } from "../random.ts";
import type { ObservationLayout } from "./observation.ts";

/** What the senses add. */
export interface Sensing {
  /** s; rounded to whole control steps, at least one */
  readonly proprioceptionDelay: number;
  /** s; rounded to whole control steps, at least one */
  readonly visionDelay: number;
  /** Standard deviation, in the rows' own units (normalised lengths; rad, rad/s for motors). */
  readonly proprioceptionNoise: number;
  /** Standard deviation, m. */
  readonly visionNoise: number;
  /** Standard deviation of what is added to commands. */
  readonly commandNoise: number;
}

/** No further delay than MotorNet's one step, no noise. */
export const perfectSensing: Sensing = {
  proprioceptionDelay: 0,
  visionDelay: 0,
  proprioceptionNoise: 0,
  visionNoise: 0,
  commandNoise: 0,
};

/** The human values of the literature (MotorNet's demonstrations list the noise). */
export const humanSensing: Sensing = {
  proprioceptionDelay: 0.02,
  visionDelay: 0.07,
  proprioceptionNoise: 1e-3,
  visionNoise: 1e-3,
  commandNoise: 1e-4,
};

/**
 * By how many control steps the senses are late, beyond the step that proprioception always is.
 *
 * @param timeStep control step, s
 * @throws {RangeError} when a delay or a noise is negative or not finite
 */
export function furtherDelays(
  sensing: Sensing,
  timeStep: number,
): { readonly proprioception: number; readonly vision: number } {
  for (const [name, value] of Object.entries(sensing)) {
    if (!(value >= 0 && value < Infinity)) {
      throw new RangeError(`sensing.${name} ${value} is not a finite number of at least 0`);
    }
  }
  const steps = (delay: number) => Math.max(0, Math.round(delay / timeStep) - 1);
  return {
    proprioception: steps(sensing.proprioceptionDelay),
    vision: steps(sensing.visionDelay),
  };
}

/** A queue of whole observations' parts. */
class DelayLine {
  readonly #buffer: Float64Array[];
  #next = 0;

  constructor(size: number, steps: number) {
    this.#buffer = Array.from({ length: steps }, () => new Float64Array(size));
  }

  /** Forget the past: it has been `values` all along. */
  fill(values: Float64Array): void {
    for (const slot of this.#buffer) slot.set(values);
  }

  /** Put `values` in and take out what was put in `steps` calls ago, into the same array. */
  pass(values: Float64Array): void {
    if (this.#buffer.length === 0) return;
    const slot = this.#buffer[this.#next];
    const arriving = values.slice();
    values.set(slot);
    slot.set(arriving);
    this.#next = (this.#next + 1) % this.#buffer.length;
  }
}

/** The senses of N arms: turns what the plant gives into what the controller is told. */
export class Senses {
  readonly #proprioception: DelayLine;
  readonly #vision: DelayLine;

  /**
   * @param timeStep control step, s
   * @throws {RangeError} when a delay or a noise is negative or not finite
   */
  constructor(
    readonly sensing: Sensing,
    readonly layout: ObservationLayout,
    readonly arms: number,
    timeStep: number,
  ) {
    const further = furtherDelays(sensing, timeStep);
    this.#proprioception = new DelayLine(layout.proprioception * arms, further.proprioception);
    this.#vision = new DelayLine(2 * arms, further.vision);
  }

  #parts(observation: Float64Array): [proprioception: Float64Array, vision: Float64Array] {
    const { hand, target } = this.layout;
    return [
      observation.subarray(0, hand * this.arms),
      observation.subarray(hand * this.arms, target * this.arms),
    ];
  }

  /** Start a trial whose first observation, without noise, is `observation` [row][arm]. */
  reset(observation: Float64Array): void {
    const [proprioception, vision] = this.#parts(observation);
    this.#proprioception.fill(proprioception);
    this.#vision.fill(vision);
  }

  /** Delay and disturb `observation` [row][arm] in place; the target rows are left alone. */
  sense(observation: Float64Array, stream: RandomStream): void {
    const [proprioception, vision] = this.#parts(observation);
    this.#proprioception.pass(proprioception);
    this.#vision.pass(vision);
    addNoise(proprioception, this.sensing.proprioceptionNoise, stream);
    addNoise(vision, this.sensing.visionNoise, stream);
  }

  /** Disturb commands in place. */
  disturb(commands: Float64Array, stream: RandomStream): void {
    addNoise(commands, this.sensing.commandNoise, stream);
  }
}

function addNoise(values: Float64Array, deviation: number, stream: RandomStream): void {
  if (deviation === 0) return;
  for (let i = 0; i < values.length; i++) values[i] += stream.normal(0, deviation);
}
