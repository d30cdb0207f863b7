/** The IDX reader: every type, gzip, images with labels, and every way in which a file can be wrong. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readIdx, readIdxImages } from "../../../learners/data/idx.ts";
import { refuses } from "./refused.ts";

/** An IDX file of the given type code, sizes and value bytes. */
function idx(type: number, sizes: readonly number[], values: ArrayLike<number>): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * sizes.length));
  header.setUint8(2, type);
  header.setUint8(3, sizes.length);
  sizes.forEach((size, i) => header.setUint32(4 + 4 * i, size));
  return Uint8Array.of(...new Uint8Array(header.buffer), ...Array.from(values));
}

const file = (bytes: Uint8Array, name = "images") => ({ name, bytes });
const images = idx(8, [2, 2, 3], [0, 51, 102, 153, 204, 255, 255, 0, 0, 0, 0, 51]);
const labels = idx(8, [2], [1, 0]);
const options = { name: "two images", classNames: ["cat", "dog"] };

Deno.test("values of every type are read big-endian", () => {
  const cases: [number, number[], number[]][] = [
    [0x08, [0xff, 0x01], [255, 1]],
    [0x09, [0xff, 0x01], [-1, 1]],
    [0x0b, [0xff, 0xfe, 0x01, 0x00], [-2, 256]],
    [0x0c, [0xff, 0xff, 0xff, 0xfd, 0, 1, 0, 0], [-3, 65536]],
    [0x0d, [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0], [1.5, -2]],
    [0x0e, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], [1.5, -2]],
  ];
  for (const [type, bytes, values] of cases) {
    const array = readIdx(file(idx(type, [2, 1], bytes)));
    deepStrictEqual([...array.values], values);
    deepStrictEqual(array.shape, [2, 1]);
    strictEqual(array.start, 12);
  }
});

Deno.test("a gzip-compressed file and a view into a larger buffer read the same", () => {
  const plain = readIdx(file(images));
  deepStrictEqual(readIdx(file(gzipSync(images))), plain);
  const pool = new Uint8Array(images.length + 10);
  pool.set(images, 7);
  deepStrictEqual(readIdx(file(pool.subarray(7, 7 + images.length))), plain);
});

Deno.test("images become grey values from 0 to 1 with their labels", () => {
  const set = readIdxImages(file(images), file(labels, "labels"), options);
  deepStrictEqual([set.count, set.height, set.width, set.channels], [2, 2, 3, 1]);
  deepStrictEqual(
    [...set.images],
    [0, 0.2, 0.4, 0.6, 0.8, 1, 1, 0, 0, 0, 0, 0.2].map(Math.fround),
  );
  deepStrictEqual([...set.labels], [1, 0]);
  deepStrictEqual(set.classNames, ["cat", "dog"]);
});

Deno.test("the first images can be had alone, but not more than there are", () => {
  const first = readIdxImages(file(images), file(labels, "labels"), { ...options, count: 1 });
  deepStrictEqual([first.count, first.images.length, [...first.labels]], [1, 6, [1]]);
  throws(() => readIdxImages(file(images), file(labels, "labels"), { ...options, count: 3 }), {
    name: "RangeError",
    message: "3 images were asked for; images has 2",
  });
});

Deno.test("a file that is not IDX is refused at the byte that says so", () => {
  const magic = (...bytes: number[]) => () => readIdx(file(Uint8Array.from(bytes)));
  refuses(magic(0x89, 0x50, 0x4e, 0x47), {
    file: "images",
    place: { byte: 0 },
    found: /^bytes 137, 80$/,
    expected: /^0, 0/,
  });
  refuses(magic(0, 0, 10, 1), {
    file: "images",
    place: { byte: 2 },
    found: /^type code 10$/,
    expected: /^one of 8, 9, 11, 12, 13, 14$/,
  });
  refuses(magic(0, 0, 8, 0), {
    file: "images",
    place: { byte: 3 },
    found: /^no axes$/,
    expected: /at least 1/,
  });
});

Deno.test("a file cut at any byte, or with bytes too many, is refused where it ends", () => {
  for (let length = 0; length < images.length; length++) {
    const expected = length < 4
      ? /^an IDX header of at least 4 bytes$/
      : length < 16
      ? /^the sizes of 3 axes up to byte 16$/
      : /^28 bytes in all for 2×2×3 values$/;
    refuses(() => readIdx(file(images.subarray(0, length))), {
      file: "images",
      place: { byte: length },
      found: /^the end of the file$/,
      expected,
    });
  }
  refuses(() => readIdx(file(Uint8Array.of(...images, 0, 0))), {
    file: "images",
    place: { byte: 28 },
    found: /^2 bytes too many$/,
    expected: /^28 bytes in all/,
  });
});

Deno.test("a damaged or cut gzip file is refused", () => {
  const packed = gzipSync(images);
  const flipped = packed.slice();
  flipped[packed.length - 6] ^= 0xff;
  for (const bytes of [packed.subarray(0, packed.length - 9), flipped]) {
    refuses(() => readIdx(file(bytes, "images.gz")), {
      file: "images.gz",
      found: /^a gzip stream of \d+ bytes that does not expand \(/,
      expected: /whole gzip file/,
    });
  }
});

Deno.test("labels that do not belong to the images are refused", () => {
  const read = (labelFile: Uint8Array) => () =>
    readIdxImages(file(images), file(labelFile, "labels"), options);
  refuses(read(idx(8, [3], [0, 1, 0])), {
    file: "labels",
    place: { byte: 4 },
    found: /^3 labels$/,
    expected: /^2, as many as images has/,
  });
  refuses(read(idx(8, [2], [1, 7])), {
    file: "labels",
    place: { byte: 9 },
    found: /^label 7$/,
    expected: /^0 to 1$/,
  });
  refuses(read(images), { file: "labels", place: { byte: 3 }, found: /^3 axes$/, expected: /^1$/ });
  refuses(() => readIdxImages(file(labels), file(labels), options), {
    file: "images",
    place: { byte: 3 },
    found: /^1 axes$/,
    expected: /^3$/,
  });
  refuses(read(idx(0x0b, [2], [0, 1, 0, 0])), {
    file: "labels",
    place: { byte: 2 },
    found: /Int16Array/,
    expected: /Uint8Array/,
  });
});
