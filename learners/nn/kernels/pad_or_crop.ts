/** Margins around images that may be zeros to add or pixels to leave out. */
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { runKernel } from "./wasm_backend.ts";

/** Pixels to add ahead of and behind the images' own; negative where some are to be left out. */
type Margins = readonly [number, number];

/**
 * Images without the pixels that negative margins leave out, and the padding that remains to be made by
 * the convolution that takes them.
 *
 * @param images [images, rows, columns, channels]
 * @returns `cropped` is `images` itself where nothing is left out, otherwise the caller's to dispose of
 */
export function padOrCrop(
  backend: BackendWasm,
  images: tf.TensorInfo,
  rows: Margins,
  columns: Margins,
): { cropped: tf.TensorInfo; pad: tf.backend_util.ExplicitPadding } {
  const added = ([ahead, behind]: Margins): [number, number] => [
    Math.max(0, ahead),
    Math.max(0, behind),
  ];
  const pad: tf.backend_util.ExplicitPadding = [[0, 0], added(rows), added(columns), [0, 0]];
  if ([...rows, ...columns].every((margin) => margin >= 0)) return { cropped: images, pad };
  const [count, height, width, channels] = images.shape;
  const begin = [0, Math.max(0, -rows[0]), Math.max(0, -columns[0]), 0];
  const size = [
    count,
    height - begin[1] - Math.max(0, -rows[1]),
    width - begin[2] - Math.max(0, -columns[1]),
    channels,
  ];
  return { cropped: runKernel(backend, tf.Slice, { x: images }, { begin, size }), pad };
}
