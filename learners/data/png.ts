/** Pictures in PNG files (ISO/IEC 15948). */
import { convertIndexedToRgb, decode, type DecodedPng, hasPngSignature } from "fast-png";
import { DataError } from "./data_error.ts";
import type { Picture } from "./picture.ts";

/** Where the header chunk has the image's width. */
const sizeByte = 16;

/** Whether `bytes` begin as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return hasPngSignature(bytes.subarray(0, 8));
}

/**
 * The picture in `bytes`, transparent places on black.
 * @param name the file's name, for messages
 * @throws {DataError} when it is damaged
 */
export function decodePng(name: string, bytes: Uint8Array): Picture {
  try {
    return overBlack(decode(bytes, { checkCrc: true }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(name, undefined, `a damaged PNG (${reason})`, "a whole PNG", { cause });
  }
}

/** The image on a black ground: alpha, where there is any, becomes brightness. */
function overBlack(png: DecodedPng): Picture {
  const { width, height } = png;
  const { data, depth, channels: stored } = unpacked(png);
  const channels = stored < 3 ? 1 : 3;
  const hasAlpha = stored !== channels;
  const most = 2 ** depth - 1;
  const values = Float32Array.from({ length: width * height * channels }, (_, i) => {
    const pixel = stored * Math.floor(i / channels);
    const opacity = hasAlpha ? data[pixel + stored - 1] / most : 1;
    return opacity * data[pixel + i % channels] / most;
  });
  return { width, height, channels, values, sizeByte };
}

/** The image with whole bytes or words for its values: palettes and packed bits are resolved. */
function unpacked(png: DecodedPng): Pick<DecodedPng, "data" | "depth" | "channels"> {
  const greys = () =>
    Array.from({ length: 2 ** png.depth }, (_, level) => [255 * level / (2 ** png.depth - 1)]);
  const palette = png.palette ?? (png.depth < 8 ? greys() : undefined);
  if (palette === undefined) return png;
  const data = convertIndexedToRgb({ ...png, palette });
  return { data, depth: 8, channels: palette[0].length };
}
