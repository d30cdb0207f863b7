/**
 * A piece of work that has been done, as bytes: a safetensors file (little-endian, see
 * `learners/nn/safetensors.ts`) with what the piece is in its metadata.
 *
 * | metadata | what |
 * | --- | --- |
 * | `format` | `callosum-rollout-1` |
 * | `actor` | who has done it |
 * | `order`, `piece` | what it is; of one number only the first that arrives counts |
 * | `weights` | the version of the weights that acted; 0 for a controller without weights |
 * | `label.<name>` | texts that go with the tensors, such as names of columns |
 *
 * Which tensors there are depends on the work: see `measured_trials.ts` and `transitions.ts`.
 */
import { z } from "zod";
import { largestPiece } from "../../learners/actors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type Tensor,
} from "../../learners/nn/safetensors.ts";

/** What a piece of work has brought. */
export interface PieceContents {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A piece of work that has been done. */
export interface Piece extends PieceContents {
  readonly actor: string;
  readonly order: number;
  readonly piece: number;
  /** The version of the weights. */
  readonly weights: number;
}

/** The bytes are a safetensors file, but not a piece, or not one of the work it belongs to. */
export class PieceError extends Error {
  override readonly name = "PieceError";
}

const format = "callosum-rollout-1";
const labelPrefix = "label.";

const count = z.string().regex(/^\d{1,15}$/).transform(Number);

const heading = z.looseObject({
  format: z.literal(format),
  actor: z.string().min(1),
  order: count,
  piece: count,
  weights: count,
});

/**
 * A piece as bytes.
 * @throws {RangeError} when it is too large for a message
 */
export function encodePiece(
  { actor, order, piece, weights, tensors, labels }: Piece,
): Uint8Array<ArrayBuffer> {
  const labelled = Object.entries(labels).map(([name, text]) => [labelPrefix + name, text]);
  const bytes = encodeSafetensors(tensors, {
    format,
    actor,
    order: String(order),
    piece: String(piece),
    weights: String(weights),
    ...Object.fromEntries(labelled),
  });
  if (bytes.length <= largestPiece) return bytes;
  throw new RangeError(
    `piece ${piece} has ${bytes.length} bytes, a message has room for ${largestPiece}; ` +
      "ask for fewer trials, or copies, in a piece",
  );
}

/**
 * The piece in `bytes`.
 * @throws {SafetensorsError} when the bytes are no safetensors file
 * @throws {PieceError} when the file is not a piece
 */
export function decodePiece(bytes: Uint8Array): Piece {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { success, data, error } = heading.safeParse(metadata);
  if (!success) {
    throw new PieceError(`not a piece of a roll-out: metadata ${z.prettifyError(error)}`);
  }
  const labels = Object.entries(metadata)
    .filter(([name]) => name.startsWith(labelPrefix))
    .map(([name, text]) => [name.slice(labelPrefix.length), text]);
  const { actor, order, piece, weights } = data;
  return { actor, order, piece, weights, tensors, labels: Object.fromEntries(labels) };
}

/** A tensor of a piece, checked: its shape, and that its numbers are of the kind that `array` is. */
export function pieceTensor<Numbers extends Tensor["data"]>(
  { tensors }: PieceContents,
  name: string,
  array: new (length: number) => Numbers,
  shape: readonly number[],
): Numbers {
  const found = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (found?.data instanceof array && found.shape.join() === shape.join()) return found.data;
  const what = found ? `${found.data.constructor.name} [${found.shape}]` : "absent";
  throw new PieceError(`tensor "${name}" is ${what}, expected ${array.name} [${shape}]`);
}
