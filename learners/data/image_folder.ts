/** Images in folders, one folder a class, as PNG files (ISO/IEC 15948). */
import { convertIndexedToRgb, decode, type DecodedPng, hasPngSignature } from "fast-png";
import { DataError } from "./data_error.ts";
import type { ImageSet } from "./dataset.ts";
import { content, type SourceFile } from "./source_file.ts";

/** An image file and the folder that it lies in. */
export interface ClassifiedFile extends SourceFile {
  readonly className: string;
}

/** Where the header chunk of a PNG has the image's width. */
const sizeByte = 16;

/**
 * The images of `files`, in their order, which must all have one size. They become grey if all of them
 * are, else coloured. Transparent places are laid on black. Classes are numbered in the alphabetical order
 * of their names.
 *
 * @throws {DataError} when a file is not a PNG or damaged, or its size is not that of the first
 */
export function readImageFolder(files: readonly ClassifiedFile[], name: string): ImageSet {
  if (files.length === 0) {
    throw new DataError(name, undefined, "no images", "folders of PNG files, one folder a class");
  }
  const pictures = files.map(decodePng);
  const { width, height } = pictures[0];
  pictures.forEach((picture, i) => {
    if (picture.width !== width || picture.height !== height) {
      throw new DataError(
        files[i].name,
        { byte: sizeByte },
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

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [height, width, channels], 0 … 1 */
  readonly values: Float32Array;
}

function decodePng(file: SourceFile): Picture {
  const bytes = content(file);
  if (!hasPngSignature(bytes.subarray(0, 8))) {
    throw new DataError(file.name, { byte: 0 }, "another kind of file", "the signature of a PNG");
  }
  try {
    return overBlack(decode(bytes, { checkCrc: true }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(file.name, undefined, `a damaged PNG (${reason})`, "a whole PNG", {
      cause,
    });
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
  return { width, height, channels, values };
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

/** Grey as three equal colours where colours are wanted. */
function withChannels({ channels, values }: Picture, wanted: 1 | 3): Float32Array {
  if (channels === wanted) return values;
  return Float32Array.from(
    { length: values.length * wanted },
    (_, i) => values[Math.floor(i / wanted)],
  );
}
