/**
 * Checkpoints as safetensors files. Weights stand under their own names, Adam's moments under
 * `adam.first.<name>` and `adam.second.<name>`; the number of updates is in the metadata. Random streams
 * need no state: they are derived from the seed and the update's number.
 */
import type { TrainerState } from "../../learners/motor/trainer.ts";
import { type ParameterLayout, viewOf } from "../../learners/nn/parameters.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type Tensor,
} from "../../learners/nn/safetensors.ts";

const format = "callosum-checkpoint-1";

/** The file is a safetensors file, but not a checkpoint of this network. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}

/** Weights with the number of updates they have had. */
export interface Weights {
  readonly weights: Float64Array;
  readonly updates: number;
}

const vectors = (state: TrainerState) => ({
  "": state.weights,
  "adam.first.": state.adam.first,
  "adam.second.": state.adam.second,
});

function tensorsOf(
  layout: ParameterLayout,
  parts: Readonly<Record<string, Float64Array>>,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(parts).flatMap(([prefix, vector]) =>
      layout.tensors.map((tensor) => [
        prefix + tensor.name,
        { shape: tensor.shape, data: viewOf(vector, tensor).slice() },
      ])
    ),
  );
}

/** Weights and optimiser as bytes. */
export function encodeCheckpoint(layout: ParameterLayout, state: TrainerState): Uint8Array {
  const metadata = { format, updates: String(state.adam.updates) };
  return encodeSafetensors(tensorsOf(layout, vectors(state)), metadata);
}

/** Weights alone as bytes. */
export function encodeWeights(
  layout: ParameterLayout,
  { weights, updates }: Weights,
): Uint8Array {
  return encodeSafetensors(tensorsOf(layout, { "": weights }), {
    format,
    updates: String(updates),
  });
}

function readVector(file: SafetensorsFile, layout: ParameterLayout, prefix: string): Float64Array {
  const vector = new Float64Array(layout.size);
  for (const tensor of layout.tensors) {
    const name = prefix + tensor.name;
    const found = Object.hasOwn(file.tensors, name) ? file.tensors[name] : undefined;
    const fits = found?.data instanceof Float64Array &&
      found.shape.join() === tensor.shape.join();
    if (!fits) {
      const what = found ? `${found.data.constructor.name} [${found.shape}]` : "absent";
      throw new CheckpointError(
        `tensor "${name}" is ${what}, expected Float64Array [${tensor.shape}]; ` +
          "the file is not a checkpoint of this network",
      );
    }
    viewOf(vector, tensor).set(found.data);
  }
  return vector;
}

function readUpdates({ metadata }: SafetensorsFile): number {
  const updates = Number(metadata.updates);
  const isCount = /^\d+$/.test(metadata.updates ?? "") && Number.isSafeInteger(updates);
  if (metadata.format !== format || !isCount) {
    throw new CheckpointError(
      `metadata ${JSON.stringify(metadata)} is not that of a ${format} file`,
    );
  }
  return updates;
}

/**
 * The training's state in `bytes`.
 * @throws {SafetensorsError} when the bytes are no safetensors file
 * @throws {CheckpointError} when they are not a checkpoint of a network with this layout
 */
export function decodeCheckpoint(bytes: Uint8Array, layout: ParameterLayout): TrainerState {
  const file = decodeSafetensors(bytes);
  const updates = readUpdates(file);
  return {
    weights: readVector(file, layout, ""),
    adam: {
      first: readVector(file, layout, "adam.first."),
      second: readVector(file, layout, "adam.second."),
      updates,
    },
  };
}

/**
 * The weights in `bytes`, of a checkpoint or of weights alone.
 * @throws as `decodeCheckpoint`
 */
export function decodeWeights(bytes: Uint8Array, layout: ParameterLayout): Weights {
  const file = decodeSafetensors(bytes);
  return { updates: readUpdates(file), weights: readVector(file, layout, "") };
}
