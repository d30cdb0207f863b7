/** Batches of labelled images: normalised by the training set, and augmented where asked. */
import * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../sim/random.ts";

/** Images with a class each. */
export interface LabelledImages {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** [count, height, width, channels] */
  readonly images: Float32Array | Uint8Array;
  /** [count], 0 … classes − 1 */
  readonly labels: ArrayLike<number>;
}

/** How images are varied in training. */
export interface Augmentation {
  /** Largest shift along each axis, pixels; the border that comes in is 0 before normalisation. */
  readonly shift: number;
  /** Whether half of the images are mirrored left to right. */
  readonly flip: boolean;
}

/** Brings images to zero mean and unit deviation in each channel of the training set. */
export class Normaliser {
  readonly #mean: readonly number[];
  readonly #deviation: readonly number[];

  /** @param training whose mean and deviation become 0 and 1 */
  constructor({ images, channels }: LabelledImages) {
    const sums = new Float64Array(channels);
    const squares = new Float64Array(channels);
    for (let i = 0; i < images.length; i++) {
      const value = images[i];
      sums[i % channels] += value;
      squares[i % channels] += value * value;
    }
    const count = images.length / channels;
    this.#mean = Array.from(sums, (sum) => sum / count);
    // A channel that never changes stays at 0 instead of being divided by 0.
    this.#deviation = Array.from(
      squares,
      (square, c) => Math.sqrt(Math.max(square / count - this.#mean[c] ** 2, 0)) || 1,
    );
  }

  /**
   * The images at `indices`, normalised.
   *
   * @param augmentation how they are varied, by numbers from its stream
   * @returns [indices.length, height, width, channels]
   */
  batch(
    set: LabelledImages,
    indices: readonly number[],
    augmentation?: Augmentation & { readonly stream: RandomStream },
  ): tf.Tensor4D {
    const { height, width, channels } = set;
    const size = height * width * channels;
    const pixels = new Float32Array(indices.length * size);
    indices.forEach((index, position) => {
      const view = augmentation ? drawView(augmentation) : unchanged;
      this.#copy(set, index, pixels.subarray(position * size, (position + 1) * size), view);
    });
    return tf.tensor4d(pixels, [indices.length, height, width, channels]);
  }

  #copy(set: LabelledImages, index: number, into: Float32Array, view: View): void {
    const { height, width, channels, images } = set;
    let target = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const fromY = y + view.down;
        const fromX = (view.mirrored ? width - 1 - x : x) + view.right;
        const seen = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
        const source = ((index * height + fromY) * width + fromX) * channels;
        for (let c = 0; c < channels; c++) {
          const value = seen ? images[source + c] : 0;
          into[target++] = (value - this.#mean[c]) / this.#deviation[c];
        }
      }
    }
  }
}

/** Where an image is looked at from. */
interface View {
  readonly down: number;
  readonly right: number;
  readonly mirrored: boolean;
}

const unchanged: View = { down: 0, right: 0, mirrored: false };

function drawView({ shift, flip, stream }: Augmentation & { stream: RandomStream }): View {
  const offset = () => shift === 0 ? 0 : stream.integer(2 * shift + 1) - shift;
  return { down: offset(), right: offset(), mirrored: flip && stream.integer(2) === 1 };
}
