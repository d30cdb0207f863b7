/** Contact sheets: a class a row, black where a class has too few images. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { contactSheet } from "../../../learners/data/contact_sheet.ts";
import type { ImageSet } from "../../../learners/data/dataset.ts";

/** Five images of one pixel, of the classes a, b, b, a, b. */
const set: ImageSet = {
  name: "pixels",
  count: 5,
  height: 1,
  width: 1,
  channels: 1,
  images: Float32Array.of(1, 2, 3, 4, 5),
  labels: Int32Array.of(0, 1, 1, 0, 1),
  classNames: ["a", "b", "empty"],
};

Deno.test("a sheet has the first images of every class, a class a row", () => {
  const sheet = contactSheet(set, 3);
  deepStrictEqual(sheet.images, [[1], [4], [0], [2], [3], [5], [0], [0], [0]]);
  deepStrictEqual(sheet.labels, ["a", "a", "", "b", "b", "b", "", "", ""]);
  strictEqual(sheet.columns, 3);
  deepStrictEqual([sheet.kind, sheet.height, sheet.width, sheet.channels], ["image-grid", 1, 1, 1]);
});

Deno.test("a sheet of no images is refused", () => {
  throws(() => contactSheet(set, 0), { name: "RangeError", message: /^0 images of each class/ });
});
