/** Arrays of the same rows for each loss, one behind the other. */
import type { Places } from "../../nn/vector/memory_plan.ts";

/** Where such arrays lie. */
export interface LossArray {
  /** Of the first loss. */
  readonly address: number;
  /** From one loss to the next one. */
  readonly lossBytes: number;
}

/** A place for an array of `lossBytes` bytes for each of `losses` losses. */
export function lossArray(places: Places, losses: number, lossBytes: number): LossArray {
  return { address: places.take(losses * lossBytes), lossBytes };
}
