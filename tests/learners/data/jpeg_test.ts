/** JPEG files: grey, colour, progressive, CMYK, sizes, and files that are wrong. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { encode as encodePng } from "fast-png";
import { encode } from "jpeg-js";
import { readImageDirectory } from "../../../learners/data/files.ts";
import { type ClassifiedFile, readImageFolder } from "../../../learners/data/image_folder.ts";
import { decodeJpeg, isJpeg } from "../../../learners/data/jpeg.ts";
import { refuses } from "./refused.ts";

/** Written by libjpeg: what the encoder of this test cannot write. */
const files = {
  /** 16×8 pixels, progressive: the left half red, the right half blue. */
  progressive: Uint8Array.fromBase64(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJ" +
      "BwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK" +
      "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wgARCAAIABADAREAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAA" +
      "B//EABYBAQEBAAAAAAAAAAAAAAAAAAkHCP/aAAwDAQACEAMQAAABF5Tv4hVQ1//EABQQAQAAAAAAAAAAAAAAAAAA" +
      "ABD/2gAIAQEAAQUCP//EABQRAQAAAAAAAAAAAAAAAAAAABD/2gAIAQMBAT8BP//EABQRAQAAAAAAAAAAAAAAAAAA" +
      "ABD/2gAIAQIBAT8BP//EABQQAQAAAAAAAAAAAAAAAAAAABD/2gAIAQEABj8CP//EABQQAQAAAAAAAAAAAAAAAAAA" +
      "ABD/2gAIAQEAAT8hP//aAAwDAQACAAMAAAAQA//EABQRAQAAAAAAAAAAAAAAAAAAABD/2gAIAQMBAT8QP//EABQR" +
      "AQAAAAAAAAAAAAAAAAAAABD/2gAIAQIBAT8QP//EABQQAQAAAAAAAAAAAAAAAAAAABD/2gAIAQEAAT8QP//Z",
  ),
  /** 8×8 pixels of one component: all 153. */
  grey: Uint8Array.fromBase64(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R" +
      "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAB//EABQQAQAA" +
      "AAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AQ3//2Q==",
  ),
  /** 8×8 pixels in cyan, magenta, yellow and black: all of the colour 51, 102, 153. */
  cmyk: Uint8Array.fromBase64(
    "/9j/7gAOQWRvYmUAZAAAAAAC/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcG" +
      "BggLCAkKCgoKCgYICwwLCgwJCgoK/9sAQwECAgICAgIFAwMFCgcGBwoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK" +
      "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK/8AAFAgACAAIBAERAAIRAQMRAQQRAP/EABQAAQAAAAAAAAAAAAAAAAAA" +
      "AAf/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAACP/EABQRAQAAAAAAAAAAAAAAAAAA" +
      "AAD/2gAOBAEAAhEDEQQAAD8AEwbMQyP/2Q==",
  ),
};

/** A colour JPEG of the best quality, whose pixels have the given colours. */
function jpeg(
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly number[],
): Uint8Array {
  const data = Uint8Array.from({ length: 4 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 4);
    return i % 4 === 3 ? 255 : colour(pixel % width, Math.floor(pixel / width))[i % 4];
  });
  return new Uint8Array(encode({ width, height, data }, 100).data);
}

const file = (bytes: Uint8Array, name = "a.jpg"): ClassifiedFile => ({
  name,
  className: "any",
  bytes,
});
const ramp = jpeg(24, 10, (x, y) => [10 * x, 20 * y, 128]);

Deno.test("a JPEG keeps its colours to within a few of 255 levels, row by row", () => {
  const { width, height, channels, values } = decodeJpeg("ramp.jpg", ramp);
  deepStrictEqual([width, height, channels], [24, 10, 3]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      [10 * x, 20 * y, 128].forEach((level, c) =>
        near(255 * values[3 * (y * width + x) + c], level, 4)
      );
    }
  }
});

Deno.test("progressive, grey and CMYK files are read", () => {
  const progressive = decodeJpeg("p.jpg", files.progressive);
  deepStrictEqual([progressive.width, progressive.height, progressive.channels], [16, 8, 3]);
  for (let pixel = 0; pixel < 128; pixel++) {
    const expected = pixel % 16 < 8 ? [1, 0, 0] : [0, 0, 1];
    expected.forEach((level, c) => near(progressive.values[3 * pixel + c], level, 0.02));
  }
  const grey = decodeJpeg("g.jpg", files.grey);
  deepStrictEqual([grey.channels, grey.values.length], [1, 64]);
  grey.values.forEach((level) => near(level, 0.6, 0.005));
  const cmyk = decodeJpeg("c.jpg", files.cmyk);
  deepStrictEqual([cmyk.channels, cmyk.values.length], [3, 192]);
  cmyk.values.forEach((level, i) => near(level, [0.2, 0.4, 0.6][i % 3], 0.02));
});

Deno.test("JPEG and PNG files make one set, told apart by their content", () => {
  const white = { width: 8, height: 8, channels: 1, data: new Uint8Array(64).fill(255) };
  const set = readImageFolder(
    [file(files.grey, "really a jpeg.png"), file(encodePng(white))],
    "set",
  );
  deepStrictEqual([set.count, set.channels, set.height, set.width], [2, 1, 8, 8]);
  near(set.images[0], 0.6, 0.005);
  strictEqual(set.images[64], 1);
  const coloured = readImageFolder([file(files.grey), file(files.cmyk)], "set");
  strictEqual(coloured.channels, 3);
  coloured.images.subarray(0, 192).forEach((level) => near(level, 0.6, 0.005));
});

Deno.test("damaged, truncated and unusual files are refused, saying where", () => {
  const read = (bytes: Uint8Array) => () => readImageFolder([file(bytes)], "set");
  const frame = ramp.findIndex((byte, i) => byte === 0xff && ramp[i + 1] === 0xc0);
  const changed = (at: number, value: number) => ramp.with(at, value);
  for (const length of [3, 11, frame + 9]) {
    refuses(read(ramp.slice(0, length)), {
      file: "a.jpg",
      place: { byte: length },
      found: /^the end of the file$/,
      expected: /frame header/,
    });
  }
  for (const length of [frame + 12, ramp.length - 100, ramp.length - 2]) {
    refuses(read(ramp.slice(0, length)), {
      file: "a.jpg",
      found: /^a damaged JPEG \(/,
      expected: /whole JPEG/,
    });
  }
  refuses(read(changed(20, 0x12)), {
    file: "a.jpg",
    place: { byte: 20 },
    found: /^byte value 18$/,
    expected: /^a marker, 255$/,
  });
  refuses(read(changed(frame + 1, 0xc3)), {
    file: "a.jpg",
    place: { byte: frame },
    found: /^a frame of type 3 with 8 bits$/,
    expected: /baseline or progressive JPEG of 8 bits; convert it/,
  });
  refuses(read(changed(frame + 4, 12)), {
    file: "a.jpg",
    place: { byte: frame },
    found: /^a frame of type 0 with 12 bits$/,
    expected: /convert it/,
  });
  refuses(() => readImageFolder([file(files.grey, "8.jpg"), file(ramp)], "set"), {
    file: "a.jpg",
    place: { byte: frame + 5 },
    found: /^an image of 24×10 pixels$/,
    expected: /^8×8 as 8\.jpg$/,
  });
  refuses(read(Uint8Array.of(0x47, 0x49, 0x46, 0x38)), {
    file: "a.jpg",
    place: { byte: 0 },
    found: /another kind/,
    expected: /PNG or a JPEG; convert/,
  });
});

Deno.test("the first bytes tell a JPEG", () => {
  ok(isJpeg(ramp));
  ok(!isJpeg(Uint8Array.of(0xff, 0xd8)));
  ok(!isJpeg(Uint8Array.of(0x89, 0x50, 0x4e, 0x47)));
});

Deno.test("a directory's *.jpg and *.jpeg files are read beside *.png", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/mug`);
    await Deno.writeFile(`${directory}/mug/1.jpeg`, files.grey);
    await Deno.writeFile(`${directory}/mug/2.JPG`, files.grey);
    const data = new Uint8Array(64);
    await Deno.writeFile(
      `${directory}/mug/3.png`,
      encodePng({ width: 8, height: 8, channels: 1, data }),
    );
    await Deno.writeTextFile(`${directory}/mug/notes.jpg.txt`, "");
    const set = await readImageDirectory(directory);
    strictEqual(set.count, 3);
    near(set.images[64], 0.6, 0.005);
    strictEqual(set.images[128], 0);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

function near(value: number, expected: number, tolerance: number): void {
  ok(Math.abs(value - expected) <= tolerance, `${value} for ${expected}`);
}
