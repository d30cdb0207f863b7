/** How many jobs are done at a time, of one run or of several: the others wait for their turn. */
import type { ComputingBackend } from "../learners/nn/backend.ts";

/** So many slots; work takes one in the order in which it came. */
export class JobSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /**
   * @param count an integer of at least 1
   * @param onFree told how many slots are free, now and whenever that has changed
   * @throws {RangeError} when it is none
   */
  constructor(count: number, private readonly onFree: (free: number) => void = () => {}) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new RangeError(`${count} jobs at a time; expected an integer of at least 1`);
    }
    this.#free = count;
    onFree(count);
  }

  /** Do `work` as soon as a slot is free, and free it at the work's end, good or bad. */
  async use<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.onFree(--this.#free);
    else await new Promise<void>((begin) => this.#waiting.push(begin));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.onFree(++this.#free);
    }
  }
}

/** Backends that take one job at a time: they spread it over all cores, or over a GPU. */
const wholeMachineBackends: readonly ComputingBackend[] = [
  "tensorflow-gpu",
  "webgpu",
  "tensorflow",
];

/** How many jobs a machine does best at a time. */
export function usualSlots(backend: ComputingBackend): number {
  return wholeMachineBackends.includes(backend) ? 1 : navigator.hardwareConcurrency;
}
