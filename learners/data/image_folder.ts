/** Images in folders, one folder a class, as PNG and JPEG files. */
import { DataError } from "./data_error.ts";
import type { ImageSet } from "./dataset.ts";
import { decodeJpeg, isJpeg } from "./jpeg.ts";
import type { Picture } from "./picture.ts";
import { decodePng, isPng } from "./png.ts";
import { content, type SourceFile } from "./source_file.ts";

/** An image file and the folder that it lies in. */
export interface ClassifiedFile extends SourceFile {
  readonly className: string;
}

/**
 * The images of `files`, in their order, which must all have one size. They become grey if all of them
 * are, else coloured. Transparent places are laid on black. Classes are numbered in the alphabetical order
 * of their names.
 *
 * @throws {DataError} when a file is neither PNG nor JPEG, or damaged, or its size is not that of the first
 */
export function readImageFolder(files: readonly ClassifiedFile[], name: string): ImageSet {
  if (files.length === 0) {
    throw new DataError(
      name,
      undefined,
      "no images",
      "folders of PNG or JPEG files, one folder a class",
    );
  }
  const pictures = files.map(decodePicture);
  const { width, height } = pictures[0];
  pictures.forEach((picture, i) => {
    if (picture.width !== width || picture.height !== height) {
      throw new DataError(
        files[i].name,
        { byte: picture.sizeByte },
        `an image of ${picture.width}×${picture.height} pixels`,
        `${width}×${height} as ${files[0].name}`,
      );
    }
  });
  const channels = pictures.some((picture) => picture.channels === 3) ? 3 : 1;
  const pixels = height * width * channels;
  const images = new Float32Array(files.length * pixels);
  pictures.forEach((picture, i) => images.set(withChannels(picture, channels), i * pixels));
  const classNames = [...new Set(files.map(({ className }) => className))].sort();
  const labels = Int32Array.from(files, ({ className }) => classNames.indexOf(className));
  return { name, count: files.length, height, width, channels, images, labels, classNames };
}

/** The picture in a PNG or JPEG file, which is told by its first bytes, not by its name. */
function decodePicture(file: SourceFile): Picture {
  const bytes = content(file);
  if (isPng(bytes)) return decodePng(file.name, bytes);
  if (isJpeg(bytes)) return decodeJpeg(file.name, bytes);
  throw new DataError(
    file.name,
    { byte: 0 },
    "another kind of file",
    "the signature of a PNG or a JPEG; convert other images to one of these",
  );
}

/** Grey as three equal colours where colours are wanted. */
function withChannels({ channels, values }: Picture, wanted: 1 | 3): Float32Array {
  if (channels === wanted) return values;
  return Float32Array.from(
    { length: values.length * wanted },
    (_, i) => values[Math.floor(i / wanted)],
  );
}
