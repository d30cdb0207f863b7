/**
 * Writes images as PNG (ISO/IEC 15948): eight bits a channel, no filter, no interlacing.
 */
import { crc32, deflateSync } from "node:zlib";

/** An image with values 0 … 255, [height][width][channel] flat; one channel is grey, three are RGB. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Colour types of the standard's table 11.1, by number of channels. */
const colourTypes = { 1: 0, 3: 2 } as const;

/**
 * The file's bytes.
 * @throws {RangeError} when `data` has not height × width × channels values
 */
export function encodePng({ width, height, channels, data }: Bitmap): Uint8Array {
  const row = width * channels;
  if (data.length !== row * height) {
    throw new RangeError(
      `an image of ${height} × ${width} × ${channels} has ${
        row * height
      } values, not ${data.length}`,
    );
  }
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, colourTypes[channels]);
  const filtered = new Uint8Array((row + 1) * height); // each row begins with its filter: none
  for (let y = 0; y < height; y++) {
    filtered.set(data.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  }
  return concatenate([
    signature,
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", deflateSync(filtered)),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** Length, type, content, and the checksum of the latter two. */
function chunk(type: string, content: Uint8Array): Uint8Array {
  const checked = concatenate([new TextEncoder().encode(type), content]);
  const frame = new DataView(new ArrayBuffer(8));
  frame.setUint32(0, content.length);
  frame.setUint32(4, crc32(checked));
  const bytes = new Uint8Array(frame.buffer);
  return concatenate([bytes.subarray(0, 4), checked, bytes.subarray(4)]);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
