/**
 * Sums of rows by segment on the WASM backend, which TensorFlow.js lacks there: the adjoint of gathering
 * rows, and the sum over a node's neighbours in a graph.
 */
import * as tf from "@tensorflow/tfjs";
import { floats, integers, type KernelRequest, wasmKernel } from "./wasm_backend.ts";

/**
 * Row s of the result is the sum of x's rows whose segment is s; rows of a segment outside of
 * [0, numSegments) count nowhere. Sums are kept in double precision until they are complete.
 *
 * x [rows, …] float32, segmentIds [rows] int32 → [numSegments, …].
 */
export const unsortedSegmentSum = wasmKernel(tf.UnsortedSegmentSum, segmentSum);

function segmentSum(
  { inputs: { x, segmentIds }, attrs: { numSegments }, backend }: KernelRequest<
    { x: tf.TensorInfo; segmentIds: tf.TensorInfo },
    tf.UnsortedSegmentSumAttrs
  >,
): tf.TensorInfo {
  const [rows, ...rest] = x.shape;
  if (segmentIds.shape.length !== 1 || segmentIds.shape[0] !== rows) {
    throw new RangeError(
      `segmentIds are one for each of x's ${rows} rows, [${rows}], not [${segmentIds.shape}]`,
    );
  }
  const width = tf.util.sizeFromShape(rest);
  const result = backend.makeOutput([numSegments, ...rest], "float32");
  const values = floats(backend, x);
  const segments = integers(backend, segmentIds);
  const sums = new Float64Array(numSegments * width);
  for (let row = 0, at = 0; row < rows; row++, at += width) {
    const segment = segments[row];
    if (segment < 0 || segment >= numSegments) continue;
    const start = segment * width;
    for (let i = 0; i < width; i++) sums[start + i] += values[at + i];
  }
  floats(backend, result).set(sums);
  return result;
}
