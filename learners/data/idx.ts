/**
 * The IDX format of the MNIST digits (LeCun, Cortes & Burges) and of Fashion-MNIST (Xiao et al. 2017).
 *
 *     2 bytes   zero
 *     1 byte    type of the values: 8 unsigned byte, 9 signed byte, 11 int16, 12 int32, 13 float32, 14 float64
 *     1 byte    number of axes
 *     4 bytes   size of each axis, unsigned, big-endian, slowest axis first
 *     the rest  the values, row-major, big-endian
 */
import { DataError } from "./data_error.ts";
import type { ImageSet } from "./dataset.ts";
import { content, type SourceFile } from "./source_file.ts";

/** An array out of an IDX file. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values:
    | Uint8Array
    | Int8Array
    | Int16Array
    | Int32Array
    | Float32Array
    | Float64Array;
  /** At which byte of the uncompressed file the values begin. */
  readonly start: number;
}

const headerBytes = 4;

/** How values of each type code are read, one after the other. */
const valueTypes = {
  0x08: { array: Uint8Array, read: (view: DataView, at: number) => view.getUint8(at) },
  0x09: { array: Int8Array, read: (view: DataView, at: number) => view.getInt8(at) },
  0x0b: { array: Int16Array, read: (view: DataView, at: number) => view.getInt16(at) },
  0x0c: { array: Int32Array, read: (view: DataView, at: number) => view.getInt32(at) },
  0x0d: { array: Float32Array, read: (view: DataView, at: number) => view.getFloat32(at) },
  0x0e: { array: Float64Array, read: (view: DataView, at: number) => view.getFloat64(at) },
} as const;

function isTypeCode(code: number): code is keyof typeof valueTypes {
  return Object.hasOwn(valueTypes, code);
}

/**
 * The array in an IDX file, gzip-compressed or not.
 * @throws {DataError} when the file is not IDX, or shorter or longer than its header says
 */
export function readIdx(file: SourceFile): IdxArray {
  const bytes = content(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { type, axes } = readMagic(file.name, bytes);
  const start = headerBytes + 4 * axes;
  if (bytes.length < start) {
    throw new DataError(
      file.name,
      { byte: bytes.length },
      "the end of the file",
      `the sizes of ${axes} axes up to byte ${start}`,
    );
  }
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(headerBytes + 4 * i));
  const count = shape.reduce((product, size) => product * size, 1);
  const { array, read } = valueTypes[type];
  const end = start + count * array.BYTES_PER_ELEMENT;
  if (bytes.length !== end) {
    throw new DataError(
      file.name,
      { byte: Math.min(bytes.length, end) },
      bytes.length < end ? "the end of the file" : `${bytes.length - end} bytes too many`,
      `${end} bytes in all for ${shape.join("×")} values`,
    );
  }
  // Nearly all files hold bytes, and many of them.
  if (array === Uint8Array) return { shape, values: new Uint8Array(bytes.subarray(start)), start };
  const values = new array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, start + i * array.BYTES_PER_ELEMENT);
  return { shape, values, start };
}

function readMagic(name: string, bytes: Uint8Array) {
  if (bytes.length < headerBytes) {
    throw new DataError(
      name,
      { byte: bytes.length },
      "the end of the file",
      `an IDX header of at least ${headerBytes} bytes`,
    );
  }
  const [first, second, type, axes] = bytes;
  if (first !== 0 || second !== 0) {
    throw new DataError(name, { byte: 0 }, `bytes ${first}, ${second}`, "0, 0: an IDX file");
  }
  if (!isTypeCode(type)) {
    const known = Object.keys(valueTypes).join(", ");
    throw new DataError(name, { byte: 2 }, `type code ${type}`, `one of ${known}`);
  }
  if (axes === 0) throw new DataError(name, { byte: 3 }, "no axes", "at least 1 axis");
  return { type, axes };
}

/** How images and labels are to be put together. */
export interface IdxImageOptions {
  /** The name of the resulting set. */
  readonly name: string;
  /** What the labels 0, 1, … stand for. */
  readonly classNames: readonly string[];
  /** Keep only this many images, from the first; all unless given. */
  readonly count?: number;
}

/**
 * Grey images with their labels: one IDX file of unsigned bytes [count, height, width], one of unsigned
 * bytes [count]. Bytes 0 … 255 become 0 … 1.
 *
 * @throws {DataError} when a file is damaged, they are not of those shapes, their counts differ, a
 * label has no class, or there are fewer images than asked for
 */
export function readIdxImages(
  imageFile: SourceFile,
  labelFile: SourceFile,
  { name, classNames, count: wanted }: IdxImageOptions,
): ImageSet {
  const pixels = requireBytes(imageFile.name, readIdx(imageFile), 3);
  const labels = requireBytes(labelFile.name, readIdx(labelFile), 1);
  const [available, height, width] = pixels.shape;
  if (labels.shape[0] !== available) {
    throw new DataError(
      labelFile.name,
      { byte: headerBytes },
      `${labels.shape[0]} labels`,
      `${available}, as many as ${imageFile.name} has images`,
    );
  }
  const unknown = labels.values.findIndex((label) => label >= classNames.length);
  if (unknown >= 0) {
    throw new DataError(
      labelFile.name,
      { byte: labels.start + unknown },
      `label ${labels.values[unknown]}`,
      `0 to ${classNames.length - 1}`,
    );
  }
  const count = wanted ?? available;
  if (!(Number.isInteger(count) && count >= 0 && count <= available)) {
    throw new RangeError(`${count} images were asked for; ${imageFile.name} has ${available}`);
  }
  const images = new Float32Array(count * height * width);
  for (let i = 0; i < images.length; i++) images[i] = pixels.values[i] / 255;
  return {
    name,
    count,
    height,
    width,
    channels: 1,
    images,
    labels: Int32Array.from(labels.values.subarray(0, count)),
    classNames,
  };
}

function requireBytes(name: string, { shape, values, start }: IdxArray, axes: number) {
  if (!(values instanceof Uint8Array)) {
    throw new DataError(
      name,
      { byte: 2 },
      `values of type ${values.constructor.name}`,
      "Uint8Array",
    );
  }
  if (shape.length !== axes) {
    throw new DataError(name, { byte: 3 }, `${shape.length} axes`, `${axes}`);
  }
  return { shape, values, start };
}
