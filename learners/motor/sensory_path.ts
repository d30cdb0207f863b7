/**
 * The senses inside a roll-out: by how many steps observations are late, and the noise that is added to
 * them and to commands. The same delays and the same numbers as `sim/sensors/sensing.ts` has in an
 * environment whose noise comes from the same stream.
 *
 * With sensed_t what the plant says after t steps, the network is told at step t
 *   x_t = [proprioception of sensed_{t−p}, vision of sensed_{t−v}, target_t] + noise,
 * where what lies before the trial is sensed_0.
 */
import type { RandomStream } from "../../sim/random.ts";
import { furtherDelays, perfectSensing, type Sensing } from "../../sim/sensors/sensing.ts";

/** Delays in control steps and standard deviations of noise. */
export interface SensoryPath {
  /** Steps by which proprioception is late, beyond the plant's own. */
  readonly proprioceptionSteps: number;
  /** Steps by which vision is late. */
  readonly visionSteps: number;
  readonly proprioceptionNoise: number;
  readonly visionNoise: number;
  readonly commandNoise: number;
  /** Whether anything is late. */
  readonly isLate: boolean;
  /** Whether noise is added to observations. */
  readonly isNoisy: boolean;
  /** Whether the network is told just what the plant says. */
  readonly isDirect: boolean;
}

/**
 * The path of `sensing`, perfect unless given.
 * @param timeStep control step, s
 * @throws {RangeError} when a delay or a noise is negative or not finite
 */
export function sensoryPath(
  sensing: Sensing = perfectSensing,
  timeStep: number,
): SensoryPath {
  const { proprioception, vision } = furtherDelays(sensing, timeStep);
  const { proprioceptionNoise, visionNoise, commandNoise } = sensing;
  const isLate = proprioception > 0 || vision > 0;
  const isNoisy = proprioceptionNoise > 0 || visionNoise > 0;
  return {
    proprioceptionSteps: proprioception,
    visionSteps: vision,
    proprioceptionNoise,
    visionNoise,
    commandNoise,
    isLate,
    isNoisy,
    isDirect: !isLate && !isNoisy,
  };
}

/** The noise of a roll-out, step by step. */
export interface PathNoise {
  /** What is added to the sensed rows of each step, [row][trial]. */
  readonly sensed: readonly Float64Array[];
  /** What is added to the commands of each step, [actuator][trial]. */
  readonly command: readonly Float64Array[];
}

/**
 * The noise of a whole roll-out, drawn in the order in which an environment draws it; `undefined` where
 * there is none.
 *
 * @param rows how many there are of what is sensed (the last two of them vision) and of commands
 * @throws {RangeError} when there should be noise and `stream` is missing
 */
export function drawNoise(
  path: SensoryPath,
  rows: { readonly sensed: number; readonly commands: number },
  trials: number,
  steps: number,
  stream: RandomStream | undefined,
): PathNoise | undefined {
  if (!path.isNoisy && path.commandNoise === 0) return undefined;
  if (!stream) throw new RangeError("a roll-out with noise needs a random stream for it");
  const vision = (rows.sensed - 2) * trials;
  const disturb = (values: Float64Array, deviation: number) => {
    if (deviation === 0) return;
    for (let i = 0; i < values.length; i++) values[i] = stream.normal(0, deviation);
  };
  const noise = { sensed: [] as Float64Array[], command: [] as Float64Array[] };
  for (let step = 0; step < steps; step++) {
    const sensed = new Float64Array(rows.sensed * trials);
    disturb(sensed.subarray(0, vision), path.proprioceptionNoise);
    disturb(sensed.subarray(vision), path.visionNoise);
    const command = new Float64Array(rows.commands * trials);
    disturb(command, path.commandNoise);
    noise.sensed.push(sensed);
    noise.command.push(command);
  }
  return noise;
}
