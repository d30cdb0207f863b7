/**
 * Named, seeded random streams.
 *
 * Every random number of the laboratory comes from a stream that is named after its use, and a stream
 * is a pure function of `(seed, name)`. A job that needs "the trials of batch 812" asks for exactly
 * that stream, so nothing has to be replayed to resume a run, and the number of workers cannot change
 * a result.
 *
 * Generator: xoroshiro128+ (Blackman & Vigna 2018), seeded with 128 bits of SHA-256 over seed and name.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** A stream of independent random numbers. */
export interface RandomStream {
  /** The next number, uniform in [low, high); 53 random bits. */
  uniform(low?: number, high?: number): number;
  /** The next number of a normal distribution (Box-Muller transform, both values are used). */
  normal(mean?: number, deviation?: number): number;
  /**
   * The next integer, uniform in 0 … count − 1.
   * @throws {RangeError} when there is no such integer
   */
  integer(count: number): number;
}

/**
 * The stream called `name` under `seed`.
 *
 * @param seed the run's seed, an integer of at least 0
 * @param name what the numbers are for, by path, e.g. `"training/trials/812"`
 * @throws {RangeError} when the seed is not a non-negative safe integer
 */
export function randomStream(seed: number, name: string): RandomStream {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed ${seed} is not an integer from 0 to ${Number.MAX_SAFE_INTEGER}`);
  }
  const digest = new DataView(sha256(new TextEncoder().encode(`${seed}/${name}`)).buffer);
  const words = [0, 4, 8, 12].map((offset) => digest.getInt32(offset, true));
  const generator = xoroshiro128plusFromState(words);
  let spare: number | undefined;

  const uniform = (low = 0, high = 1) => low + (high - low) * uniformFloat64(generator);
  return {
    uniform,
    normal(mean = 0, deviation = 1) {
      if (spare !== undefined) {
        const value = mean + deviation * spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return mean + deviation * radius * Math.cos(angle);
    },
    integer(count) {
      if (!Number.isSafeInteger(count) || count < 1) {
        throw new RangeError(`an integer below ${count} was asked for; at least 1 is needed`);
      }
      return Math.min(Math.floor(uniform(0, count)), count - 1);
    },
  };
}

/** The integers 0 … count − 1 in random order (Fisher-Yates). */
export function shuffled(count: number, stream: RandomStream): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = stream.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
