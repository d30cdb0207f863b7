/** Random orders. */
import type { RandomStream } from "../../sim/random.ts";

/** The integers 0 … count − 1 in random order (Fisher-Yates). */
export function shuffled(count: number, stream: RandomStream): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = stream.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
