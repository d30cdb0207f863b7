/** The PNG writer, read back by the standard's own description. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { crc32, inflateSync } from "node:zlib";
import { encodePng } from "../../../agents/figures/png.ts";

interface Chunk {
  readonly type: string;
  readonly content: Uint8Array;
}

/** The chunks after the signature; fails where a checksum is wrong. */
function chunksOf(file: Uint8Array): Chunk[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const chunks: Chunk[] = [];
  for (let at = 8; at < file.length;) {
    const length = view.getUint32(at);
    const checked = file.subarray(at + 4, at + 8 + length);
    strictEqual(view.getUint32(at + 8 + length), crc32(checked));
    const type = new TextDecoder().decode(checked.subarray(0, 4));
    chunks.push({ type, content: checked.subarray(4) });
    at += 12 + length;
  }
  return chunks;
}

Deno.test("a PNG holds its size, its kind of colour and its pixels, row by row", () => {
  for (const [channels, colourType] of [[1, 0], [3, 2]] as const) {
    const data = Uint8Array.from({ length: 2 * 3 * channels }, (_, i) => 10 * i);
    const file = encodePng({ width: 3, height: 2, channels, data });
    deepStrictEqual([...file.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
    const [header, pixels, end] = chunksOf(file);
    deepStrictEqual([header.type, pixels.type, end.type], ["IHDR", "IDAT", "IEND"]);
    deepStrictEqual([...header.content], [0, 0, 0, 3, 0, 0, 0, 2, 8, colourType, 0, 0, 0]);
    const row = 3 * channels;
    const unfiltered = [0, ...data.subarray(0, row), 0, ...data.subarray(row)];
    deepStrictEqual([...inflateSync(pixels.content)], unfiltered);
  }
});

Deno.test("an image of another size than it says is refused with both", () => {
  throws(() => encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(5) }), {
    name: "RangeError",
    message: /2 × 2 × 3 has 12 values, not 5/,
  });
});
