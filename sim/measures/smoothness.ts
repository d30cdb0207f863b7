/**
 * Smoothness: the jerk and its dimensionless logarithm (Hogan & Sternad 2009; Balasubramanian,
 * Melendez-Calderon & Burdet 2012), the spectral arc length of the speed (Balasubramanian,
 * Melendez-Calderon, Roby-Brami & Burdet 2015), and the number of speed peaks.
 */
import type { Point } from "../arms/kinematics.ts";
import { differences, dot } from "./arithmetic.ts";
import { type MovementRecord, samples, speeds } from "./record.ts";
import { peakSpeed, wholeRecord } from "./time_course.ts";

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
  const circle = unitCircle(padded);
  const amplitudes = Array.from({ length: bins }, (_, bin) => amplitude(values, bin, circle));
  const largest = Math.max(...amplitudes);
  const last = amplitudes.findLastIndex((value) => value >= 0.05 * largest);
  let arc = 0;
  for (let bin = 1; bin <= last; bin++) {
    arc += Math.hypot(1 / last, (amplitudes[bin] - amplitudes[bin - 1]) / largest);
  }
  return -arc;
}

/** |Σ_k v_k exp(−2πi k bin/n)| with the n points of the unit circle. */
function amplitude(values: readonly number[], bin: number, { cos, sin }: UnitCircle): number {
  let real = 0;
  let imaginary = 0;
  for (let k = 0; k < values.length; k++) {
    const at = (bin * k) % cos.length;
    real += values[k] * cos[at];
    imaginary += values[k] * sin[at];
  }
  return Math.hypot(real, imaginary);
}

/** n points at equal distances on the unit circle. */
interface UnitCircle {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

const circles = new Map<number, UnitCircle>();

/** The unit circle in `count` points; records of one length share it. */
function unitCircle(count: number): UnitCircle {
  let circle = circles.get(count);
  if (!circle) {
    const angles = Float64Array.from({ length: count }, (_, k) => 2 * Math.PI * k / count);
    circle = { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
    circles.set(count, circle);
  }
  return circle;
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
