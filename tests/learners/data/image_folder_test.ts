/** Folders of images: every kind of PNG, classes by folder, and files that are wrong. */
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { encode } from "fast-png";
import { DataError } from "../../../learners/data/data_error.ts";
import { readImageDirectory } from "../../../learners/data/files.ts";
import { type ClassifiedFile, readImageFolder } from "../../../learners/data/image_folder.ts";
import { refuses } from "./refused.ts";

type Data = Uint8Array | Uint16Array;

/** A PNG of two pixels beside each other. */
function png(data: Data, channels: number, depth: 8 | 16 = 8): Uint8Array {
  return encode({ width: 2, height: 1, data, channels, depth });
}

const file = (className: string, bytes: Uint8Array, name = `${className}.png`): ClassifiedFile => ({
  name,
  className,
  bytes,
});
const grey = png(Uint8Array.of(0, 255), 1);

Deno.test("grey images stay grey; classes are the folders in alphabetical order", () => {
  const set = readImageFolder(
    [file("mug", grey), file("ball", png(Uint8Array.of(51, 0), 1))],
    "things",
  );
  deepStrictEqual(set.classNames, ["ball", "mug"]);
  deepStrictEqual([...set.labels], [1, 0]);
  deepStrictEqual([...set.images], [0, 1, 0.2, 0].map(Math.fround));
  deepStrictEqual([set.count, set.height, set.width, set.channels], [2, 1, 2, 1]);
});

Deno.test("colours, 16 bits and alpha on black are read, and grey among colours becomes colour", () => {
  const kinds: [Uint8Array, number[]][] = [
    [grey, [0, 0, 0, 1, 1, 1]],
    [png(Uint8Array.of(255, 51, 0, 0, 0, 255), 3), [1, 0.2, 0, 0, 0, 1]],
    [png(Uint8Array.of(255, 51, 0, 51, 0, 0, 255, 255), 4), [0.2, 0.04, 0, 0, 0, 1]],
    [png(Uint8Array.of(255, 51, 51, 255), 2), [0.2, 0.2, 0.2, 0.2, 0.2, 0.2]],
    [png(Uint16Array.of(65535, 13107, 0, 0, 0, 65535), 3, 16), [1, 0.2, 0, 0, 0, 1]],
  ];
  const set = readImageFolder(kinds.map(([bytes]) => file("any", bytes)), "kinds");
  strictEqual(set.channels, 3);
  deepStrictEqual([...set.images], kinds.flatMap(([, values]) => values.map(Math.fround)));
});

Deno.test("palettes and packed bits are resolved", () => {
  // 2×1 pixels: a palette of blue and 40 % opaque red, one bit a pixel; and grey, two bits a pixel.
  const palette = Uint8Array.fromBase64(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABAQMAAADO7O3JAAAABlBMVEUAAP//AADF+ovTAAAAAnRSTlP/ZkFm9CcAAAAKSURBVHicY3AAAABCAEEpN/TvAAAAAElFTkSuQmCC",
  );
  const bits = Uint8Array.fromBase64(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABAgAAAACb+Tj3AAAACklEQVR4nGMoAAAAcgBxO7+GAwAAAABJRU5ErkJggg==",
  );
  deepStrictEqual(
    [...readImageFolder([file("a", palette)], "palette").images],
    [0, 0, 1, 0.4, 0, 0].map(Math.fround),
  );
  deepStrictEqual(
    [...readImageFolder([file("a", bits)], "bits").images],
    [1 / 3, 1].map(Math.fround),
  );
});

Deno.test("what is not a PNG, is damaged, or has another size is refused", () => {
  const read = (bytes: Uint8Array) => () =>
    readImageFolder([file("a", grey), file("b", bytes)], "set");
  refuses(read(Uint8Array.of(0x47, 0x49, 0x46, 0x38)), {
    file: "b.png",
    place: { byte: 0 },
    found: /another kind/,
    expected: /PNG/,
  });
  refuses(read(new Uint8Array()), {
    file: "b.png",
    place: { byte: 0 },
    found: /another kind/,
    expected: /PNG/,
  });
  for (let length = 8; length < grey.length - 12; length += 5) {
    refuses(read(grey.slice(0, length)), {
      file: "b.png",
      found: /^a damaged PNG \(/,
      expected: /whole PNG/,
    });
  }
  const flipped = grey.slice();
  flipped[45] ^= 1;
  refuses(read(flipped), { file: "b.png", found: /^a damaged PNG \(/, expected: /whole PNG/ });
  refuses(read(encode({ width: 1, height: 2, data: Uint8Array.of(0, 0), channels: 1 })), {
    file: "b.png",
    place: { byte: 16 },
    found: /^an image of 1×2 pixels$/,
    expected: /^2×1 as a\.png$/,
  });
  refuses(() => readImageFolder([], "set"), { file: "set", found: /no images/, expected: /PNG/ });
});

Deno.test("a directory's folders are read in the order of their names, other files are left alone", async () => {
  const directory = await Deno.makeTempDir();
  try {
    for (const folder of ["mug", "ball", "empty"]) await Deno.mkdir(`${directory}/${folder}`);
    await Deno.writeFile(`${directory}/mug/2.PNG`, grey);
    await Deno.writeFile(`${directory}/mug/1.png`, png(Uint8Array.of(255, 0), 1));
    await Deno.writeFile(`${directory}/ball/1.png`, png(Uint8Array.of(0, 0), 1));
    await Deno.writeTextFile(`${directory}/mug/notes.txt`, "");
    await Deno.writeTextFile(`${directory}/README`, "");
    const set = await readImageDirectory(directory);
    deepStrictEqual(set.classNames, ["ball", "mug"]);
    deepStrictEqual([...set.images], [0, 0, 1, 0, 0, 1]);
    await rejects(readImageDirectory(`${directory}/none`), DataError);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
