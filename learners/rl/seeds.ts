/** Seeds of what a training draws once: parameters and episodes. */
import { randomStream } from "../../sim/random.ts";

/** A seed of its own for what is called `name`. */
export function drawSeed(seed: number, name: string): number {
  return randomStream(seed, `training/seeds/${name}`).integer(2 ** 32);
}
