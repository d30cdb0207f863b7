/** Numbers that have been computed but not been waited for: reading them would stop the engine each time. */
import * as tf from "@tensorflow/tfjs";

/** The last numbers under each name since they were last read. */
export class PendingNumbers<Name extends string> {
  readonly #tensors = new Map<Name, tf.Tensor1D>();

  /** Keep numbers, in place of those that have the name. */
  put(name: Name, numbers: tf.Tensor1D): void {
    this.#tensors.get(name)?.dispose();
    this.#tensors.set(name, tf.keep(numbers));
  }

  /** All numbers that were put, which are no longer pending then. */
  async read(): Promise<Partial<Record<Name, readonly number[]>>> {
    const taken = [...this.#tensors];
    this.#tensors.clear();
    try {
      const read = await Promise.all(taken.map(([, tensor]) => tensor.data()));
      const numbers: Partial<Record<Name, readonly number[]>> = {};
      taken.forEach(([name], i) => numbers[name] = Array.from(read[i]));
      return numbers;
    } finally {
      for (const [, tensor] of taken) tensor.dispose();
    }
  }

  dispose(): void {
    for (const tensor of this.#tensors.values()) tensor.dispose();
    this.#tensors.clear();
  }
}
