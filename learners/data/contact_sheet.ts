/** A look at a set of images: some of every class, as a figure. */
import type { Figure } from "../figure.ts";
import type { ImageSet } from "./dataset.ts";

/** A figure of images. */
export type ImageGrid = Extract<Figure, { readonly kind: "image-grid" }>;

/**
 * The first images of every class, a class a row; where a class has fewer, the rest of its row is black
 * and has no label.
 *
 * @param perClass how many images of each class
 * @throws {RangeError} when `perClass` is not an integer of at least 1
 */
export function contactSheet(set: ImageSet, perClass: number): ImageGrid {
  if (!Number.isSafeInteger(perClass) || perClass < 1) {
    throw new RangeError(`${perClass} images of each class; expected an integer of at least 1`);
  }
  const pixels = set.height * set.width * set.channels;
  const cells = set.classNames.flatMap((className, label) => {
    const members = firstOfClass(set.labels, label, perClass);
    return Array.from(
      { length: perClass },
      (_, i) =>
        i < members.length
          ? {
            image: [...set.images.subarray(members[i] * pixels, (members[i] + 1) * pixels)],
            className,
          }
          : { image: new Array<number>(pixels).fill(0), className: "" },
    );
  });
  return {
    kind: "image-grid",
    title: set.name,
    caption: `The first ${perClass} images of each class of ${set.name}, a class a row.`,
    images: cells.map(({ image }) => image),
    height: set.height,
    width: set.width,
    channels: set.channels,
    labels: cells.map(({ className }) => className),
    columns: perClass,
  };
}

function firstOfClass(labels: Int32Array, label: number, count: number): number[] {
  const members: number[] = [];
  for (let i = 0; i < labels.length && members.length < count; i++) {
    if (labels[i] === label) members.push(i);
  }
  return members;
}
