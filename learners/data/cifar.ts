/**
 * The binary version of CIFAR-10 and CIFAR-100 (Krizhevsky 2009). A file is a row of records without a
 * header; a record is the label (CIFAR-100: coarse label, then fine label), one byte each, then 1024 red,
 * 1024 green and 1024 blue bytes, each a 32×32 image row by row.
 */
import { DataError } from "./data_error.ts";
import type { ImageSet } from "./dataset.ts";
import { content, type SourceFile } from "./source_file.ts";

const side = 32;
const channels = 3;
const plane = side * side;

/** What CIFAR-100's two labels stand for. */
export interface Cifar100Names {
  /** The 20 superclasses. */
  readonly coarse: readonly string[];
  /** The 100 classes. */
  readonly fine: readonly string[];
}

/**
 * The images of CIFAR-10 files, one file after the other.
 *
 * @param files e.g. `data_batch_1.bin` … `data_batch_5.bin`
 * @param classNames what the labels stand for, from `batches.meta.txt`
 * @throws {DataError} when a file ends within a record, is empty, or has a label without a class
 */
export function readCifar10(
  files: readonly SourceFile[],
  classNames: readonly string[],
  name = "CIFAR-10",
): ImageSet {
  const { labels: [labels], ...images } = readRecords(files, [classNames]);
  return { name, ...images, labels, classNames };
}

/**
 * The images of CIFAR-100 files; their labels are the fine ones, and the coarse ones are the factor
 * `superclass`.
 *
 * @throws {DataError} as `readCifar10`
 */
export function readCifar100(
  files: readonly SourceFile[],
  names: Cifar100Names,
  name = "CIFAR-100",
): ImageSet {
  const { labels: [coarse, fine], ...images } = readRecords(files, [names.coarse, names.fine]);
  const factors = { superclass: { names: names.coarse, values: coarse } };
  return { name, ...images, labels: fine, classNames: names.fine, factors };
}

/** Records with one label byte for each list of class names. */
function readRecords(files: readonly SourceFile[], classNames: readonly (readonly string[])[]) {
  const recordBytes = classNames.length + channels * plane;
  const contents = files.map((file) => requireRecords(file, recordBytes));
  const count = contents.reduce((sum, bytes) => sum + bytes.length / recordBytes, 0);
  const images = new Float32Array(count * plane * channels);
  const labels = classNames.map(() => new Int32Array(count));

  let image = 0;
  contents.forEach((bytes, file) => {
    for (let record = 0; record < bytes.length; record += recordBytes, image++) {
      classNames.forEach((names, which) => {
        const label = bytes[record + which];
        if (label >= names.length) {
          throw new DataError(
            files[file].name,
            { byte: record + which },
            `label ${label}`,
            `0 to ${names.length - 1}`,
          );
        }
        labels[which][image] = label;
      });
      const pixels = bytes.subarray(record + classNames.length, record + recordBytes);
      interleave(pixels, images.subarray(image * plane * channels));
    }
  });
  return { count, height: side, width: side, channels, images, labels } as const;
}

function requireRecords(file: SourceFile, recordBytes: number): Uint8Array {
  const bytes = content(file);
  const rest = bytes.length % recordBytes;
  if (bytes.length === 0 || rest !== 0) {
    throw new DataError(
      file.name,
      { byte: bytes.length },
      bytes.length === 0 ? "an empty file" : `the end of the file after ${rest} bytes of a record`,
      `whole records of ${recordBytes} bytes`,
    );
  }
  return bytes;
}

/** Planes of red, green and blue bytes as pixels of red, green and blue, 0 … 1. */
function interleave(planes: Uint8Array, pixels: Float32Array): void {
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < plane; i++) {
      pixels[i * channels + channel] = planes[channel * plane + i] / 255;
    }
  }
}
