/** What goes to the tensor engine and comes back: batches, [row][column] here and [columns, rows] there. */
import * as tf from "@tensorflow/tfjs";
import type { Transitions } from "../replay_buffer.ts";

/** A batch [row][column] as a tensor [columns, rows]. */
export function uploaded(values: Float64Array, columns: number): tf.Tensor2D {
  const rows = values.length / columns;
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = values[row * columns + column];
    }
  }
  return tf.tensor2d(turned, [columns, rows]);
}

/** Transitions, each [columns, rows]. */
export type TensorTransitions = Readonly<
  Record<Exclude<keyof Transitions, "columns">, tf.Tensor2D>
>;

/** All arrays of `batch` as tensors. */
export function uploadedTransitions({ columns, ...arrays }: Transitions): TensorTransitions {
  return {
    observations: uploaded(arrays.observations, columns),
    actions: uploaded(arrays.actions, columns),
    rewards: uploaded(arrays.rewards, columns),
    nextObservations: uploaded(arrays.nextObservations, columns),
    terminated: uploaded(arrays.terminated, columns),
  };
}
