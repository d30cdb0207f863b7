/**
 * Pictures in JPEG files (ISO/IEC 10918-1): baseline and progressive, grey or coloured, 8 bits. An orientation
 * that a camera has noted (Exif) is not applied.
 */
import { decode } from "jpeg-js";
import { DataError } from "./data_error.ts";
import type { Picture } from "./picture.ts";

/** Whether `bytes` begin as a JPEG does: with the marker of an image's start, and another marker. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * The picture in `bytes`.
 * @param name the file's name, for messages
 * @throws {DataError} when it is damaged, or of a kind of JPEG that cameras do not write
 */
export function decodeJpeg(name: string, bytes: Uint8Array): Picture {
  const { byte, components } = frameHeader(name, bytes);
  try {
    const { width, height, data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
    });
    const channels = components === 1 ? 1 : 3;
    // The decoder gives three equal colours where there is only grey.
    const values = Float32Array.from(
      { length: width * height * channels },
      (_, i) => data[channels === 1 ? 3 * i : i] / 255,
    );
    return { width, height, channels, values, sizeByte: byte + heightOffset };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(name, undefined, `a damaged JPEG (${reason})`, "a whole JPEG", { cause });
  }
}

/** Where a frame header has its fields, counted from its marker. */
const precisionOffset = 4;
const heightOffset = 5;
const componentsOffset = 9;

/** The frames that can be decoded: baseline, extended sequential, progressive; all Huffman-coded. */
const knownFrames: readonly number[] = [0xc0, 0xc1, 0xc2];

/** The first frame header: the byte of its marker, and its number of colour components. */
function frameHeader(name: string, bytes: Uint8Array): { byte: number; components: number } {
  const whole = "a frame header, as a whole JPEG has it";
  let byte = 2; // behind the marker of the image's start
  while (byte + componentsOffset < bytes.length) {
    const marker = bytes[byte + 1];
    if (bytes[byte] !== 0xff) {
      throw new DataError(name, { byte }, `byte value ${bytes[byte]}`, "a marker, 255");
    }
    if (marker === 0xff) { // a fill byte
      byte++;
      continue;
    }
    if (isFrame(marker)) {
      const precision = bytes[byte + precisionOffset];
      if (!knownFrames.includes(marker) || precision !== 8) {
        throw new DataError(
          name,
          { byte },
          `a frame of type ${marker - 0xc0} with ${precision} bits`,
          "a baseline or progressive JPEG of 8 bits; convert it",
        );
      }
      return { byte, components: bytes[byte + componentsOffset] };
    }
    byte += 2 + 256 * bytes[byte + 2] + bytes[byte + 3];
  }
  throw new DataError(name, { byte: bytes.length }, "the end of the file", whole);
}

/** Markers C0 … CF begin frames, but for those of tables (C4, CC) and extensions (C8). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
