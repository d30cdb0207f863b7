/** What the sensor makes of the light: blur, contrast, colour cast, noise, and the limits of its scale. */
import type { RandomStream } from "../../../sim/random.ts";
import type { Conditions } from "./conditions.ts";

/** A square image to be worked on in place. */
export interface RawImage {
  readonly size: number;
  readonly channels: 1 | 3;
  /** [size, size, channels] */
  readonly image: Float32Array;
}

/** Turns light into pixels, in place. The draws from `stream` are the same under all conditions. */
export function expose(raw: RawImage, conditions: Conditions, stream: RandomStream): void {
  if (conditions.blur > 0) blur(raw, conditions.blur * raw.size);
  const contrast = stream.uniform(...conditions.contrast);
  const brightness = conditions.brightness * stream.uniform(-1, 1);
  const gains = [0, 1, 2].map(() => 1 + conditions.colourCast * stream.uniform(-1, 1));
  const { image, channels } = raw;
  for (let i = 0; i < image.length; i++) {
    const level = (0.5 + contrast * (image[i] - 0.5) + brightness) * gains[i % channels];
    const noisy = level + conditions.noise * stream.normal();
    image[i] = noisy < 0 ? 0 : noisy > 1 ? 1 : noisy;
  }
}

/** Gaussian blur, one axis after the other; beyond the border the border's pixel goes on. */
function blur(raw: RawImage, deviation: number): void {
  const reach = Math.ceil(3 * deviation);
  const weights = Array.from(
    { length: 2 * reach + 1 },
    (_, i) => Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const kernel = weights.map((weight) => weight / sum);
  const { size, channels, image } = raw;
  const rowStride = size * channels;
  convolveLines(image, kernel, size, channels, rowStride, channels);
  convolveLines(image, kernel, size, rowStride, channels, channels);
}

/** Convolves every line of pixels that lie `step` apart; lines lie `lineStep` apart. */
function convolveLines(
  image: Float32Array,
  kernel: readonly number[],
  size: number,
  step: number,
  lineStep: number,
  channels: number,
): void {
  const reach = (kernel.length - 1) / 2;
  const line = new Float64Array(size);
  for (let start = 0; start < size * channels; start++) {
    const origin = Math.floor(start / channels) * lineStep + start % channels;
    for (let i = 0; i < size; i++) line[i] = image[origin + i * step];
    for (let i = 0; i < size; i++) {
      let value = 0;
      for (let k = -reach; k <= reach; k++) {
        value += kernel[k + reach] * line[Math.min(size - 1, Math.max(0, i + k))];
      }
      image[origin + i * step] = value;
    }
  }
}
