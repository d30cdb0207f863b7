/** The CIFAR readers: layout of records, both labels, and files that are wrong. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readCifar10, readCifar100 } from "../../../learners/data/cifar.ts";
import { refuses } from "./refused.ts";

const plane = 32 * 32;
const names = ["airplane", "automobile", "bird"];

/** A record whose pixel i has red i mod 256, green 51 and blue 255. */
function record(...labels: number[]): number[] {
  return [
    ...labels,
    ...Array.from({ length: plane }, (_, i) => i % 256),
    ...Array(plane).fill(51),
    ...Array(plane).fill(255),
  ];
}

const file = (name: string, ...records: number[][]) => ({
  name,
  bytes: Uint8Array.from(records.flat()),
});

Deno.test("records of several files become pixels of red, green and blue", () => {
  const set = readCifar10([file("one", record(2), record(0)), file("two", record(1))], names);
  deepStrictEqual([set.count, set.height, set.width, set.channels], [3, 32, 32, 3]);
  deepStrictEqual([...set.labels], [2, 0, 1]);
  for (const pixel of [0, 1, 33, 1023]) {
    for (let image = 0; image < 3; image++) {
      const start = (image * plane + pixel) * 3;
      deepStrictEqual(
        [...set.images.subarray(start, start + 3)],
        [Math.fround((pixel % 256) / 255), Math.fround(0.2), 1],
      );
    }
  }
});

Deno.test("CIFAR-100 has the fine label as class and the coarse one as superclass", () => {
  const packed = { name: "train", bytes: gzipSync(file("", record(1, 2), record(0, 0)).bytes) };
  const set = readCifar100([packed], {
    coarse: ["fish", "insects"],
    fine: ["ray", "shark", "bee"],
  });
  deepStrictEqual([...set.labels], [2, 0]);
  deepStrictEqual(set.classNames, ["ray", "shark", "bee"]);
  deepStrictEqual([...set.factors!.superclass.values], [1, 0]);
  strictEqual(set.images[1], Math.fround(0.2));
});

Deno.test("a file that ends within a record, or has none, is refused where it ends", () => {
  const whole = file("batch", record(0), record(1)).bytes;
  refuses(() => readCifar10([{ name: "batch", bytes: whole.subarray(0, 5000) }], names), {
    file: "batch",
    place: { byte: 5000 },
    found: /^the end of the file after 1927 bytes of a record$/,
    expected: /^whole records of 3073 bytes$/,
  });
  refuses(() => readCifar10([{ name: "batch", bytes: new Uint8Array() }], names), {
    file: "batch",
    place: { byte: 0 },
    found: /^an empty file$/,
    expected: /3073 bytes/,
  });
});

Deno.test("a label without a class is refused at its byte, in its file", () => {
  const good = file("one", record(0));
  refuses(() => readCifar10([good, file("two", record(1), record(3))], names), {
    file: "two",
    place: { byte: 3073 },
    found: /^label 3$/,
    expected: /^0 to 2$/,
  });
  refuses(() => readCifar100([file("train", record(0, 9))], { coarse: ["fish"], fine: ["ray"] }), {
    file: "train",
    place: { byte: 1 },
    found: /^label 9$/,
    expected: /^0 to 0$/,
  });
});
