/** The safetensors format: round trips, refusals, corruption, and Python's own reader as the judge. */
import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert/strict";
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
  type Tensor,
} from "../../learners/nn/safetensors.ts";
import { randomStream } from "../../sim/random.ts";

const sample: Record<string, Tensor> = {
  "left.weight": { shape: [2, 3], data: new Float32Array([1, -0, 0.1, Infinity, -2.5, 1e-40]) },
  "right.weight": { shape: [2, 2], data: new Float64Array([Math.PI, -Infinity, 5e-324, 1e308]) },
  "step": { shape: [], data: new Int32Array([-2147483648]) },
  "mask": { shape: [3, 1], data: new Uint8Array([0, 128, 255]) },
  "empty": { shape: [0, 4], data: new Float64Array(0) },
  'größe/𝛼 "q"': { shape: [1], data: new Uint8Array([7]) },
};
const metadata = { update: "2000", config: '{"seed":1}', "naïve": "ja\nnein" };

/** A file with a header of our own choice. */
function fileWith(header: unknown, data = new Uint8Array()): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function dataStart(bytes: Uint8Array): number {
  return 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
}

Deno.test("tensors and metadata come back as they were written", () => {
  const file = decodeSafetensors(encodeSafetensors(sample, metadata));
  deepStrictEqual(file, { tensors: { ...file.tensors, ...sample }, metadata });
  strictEqual(Object.keys(file.tensors).length, Object.keys(sample).length);
});

Deno.test("NaN payloads and views into larger buffers are kept bit for bit", () => {
  const pool = new Uint8Array(40).map((_, index) => 255 - index);
  const view = new Float64Array(pool.buffer, 8, 2);
  const { tensors } = decodeSafetensors(encodeSafetensors({ view: { shape: [2], data: view } }));
  const back = new Uint8Array(tensors.view.data.buffer);
  deepStrictEqual(back, pool.slice(8, 24));
});

Deno.test("a file of no tensors is a file", () => {
  const bytes = encodeSafetensors({});
  strictEqual(bytes.length, 16);
  deepStrictEqual(decodeSafetensors(bytes), { tensors: {}, metadata: {} });
});

Deno.test("the same content gives the same bytes in whatever order it was added", () => {
  const reversed = Object.fromEntries(Object.entries(sample).reverse());
  const reversedMetadata = Object.fromEntries(Object.entries(metadata).reverse());
  deepStrictEqual(
    encodeSafetensors(reversed, reversedMetadata),
    encodeSafetensors(sample, metadata),
  );
});

Deno.test("every tensor starts at a multiple of its own width", () => {
  const bytes = encodeSafetensors(sample, metadata);
  const start = dataStart(bytes);
  strictEqual(start % 8, 0);
  const header: Record<string, { dtype: string; data_offsets: [number, number] }> = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, start)),
  );
  const widths: Record<string, number> = { F64: 8, F32: 4, I32: 4, U8: 1 };
  const declared = Object.values(header).filter(({ dtype }) => dtype in widths);
  strictEqual(declared.length, Object.keys(sample).length);
  for (const { dtype, data_offsets: [begin] } of declared) strictEqual(begin % widths[dtype], 0);
});

Deno.test("a file is read from any place in a larger buffer, and shares no memory with it", () => {
  const bytes = encodeSafetensors(sample, metadata);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  const file = decodeSafetensors(shifted.subarray(3));
  shifted.fill(0);
  deepStrictEqual(file, decodeSafetensors(bytes));
});

Deno.test("a tensor may bear the name of a property that objects already have", () => {
  const named = Object.fromEntries([["__proto__", sample.mask], ["constructor", sample.step]]);
  deepStrictEqual(decodeSafetensors(encodeSafetensors(named)).tensors, named);
});

Deno.test("what cannot be written is refused by name", () => {
  const three = new Float32Array(3);
  const unwritable: [Record<string, Tensor>, Record<string, string>, RegExp][] = [
    [{ w: { shape: [2], data: three } }, {}, /"w" of shape \[2\] has 3 values/],
    [{ w: { shape: [-1, -3], data: three } }, {}, /"w" of shape \[-1,-3\]/],
    [{ w: { shape: [1.5, 2], data: three } }, {}, /"w" of shape \[1.5,2\]/],
    [{ __metadata__: { shape: [3], data: three } }, {}, /__metadata__: the name is reserved/],
    [{ "\ud800": { shape: [3], data: three } }, {}, /not well-formed Unicode/],
    [{}, { note: "\udc00" }, /not well-formed Unicode/],
  ];
  for (const [tensors, texts, message] of unwritable) {
    throws(() => encodeSafetensors(tensors, texts), { name: "RangeError", message });
  }
});

Deno.test("a malformed file is refused with what was found, what was expected, and the byte", () => {
  const entry = (fields: Record<string, unknown> = {}) => ({
    dtype: "F32",
    shape: [2],
    data_offsets: [0, 8],
    ...fields,
  });
  const data = (length: number) => new Uint8Array(length);
  const nextTo = { a: entry(), b: entry({ data_offsets: [8, 16] }) };
  const tooLong = encodeSafetensors(sample);
  tooLong[6] = 1;

  const malformed: [string, Uint8Array, number, RegExp, RegExp][] = [
    ["empty", data(0), 0, /0 bytes/, /at least 8 bytes/],
    ["cut in the length", data(5), 5, /5 bytes/, /at least 8 bytes/],
    ["no header", data(8), 8, /an empty header/, /begins with "\{"/],
    ["header beyond the file", tooLong, 0, /header of \d{15,} bytes/, /at most \d+/],
    ["header with a space first", fileWith(" {}"), 8, /byte value 32/, /begins with/],
    ["header not JSON", fileWith("{]"), 8, /invalid JSON/, /JSON/],
    ["header not UTF-8", fileWith("{}").fill(0xff, 9, 10), 8, /invalid UTF-8/, /UTF-8/],
    ["the same name twice", fileWith('{"a":{},"a":{}}'), 16, /"a" a second time/, /once/],
    ["the same field twice", fileWith('{"a":{"x":1,"x":1}}'), 20, /"x" a second/, /once/],
    ["a name that is no Unicode", fileWith('{"\\ud800":{}}'), 9, /ud800/, /well-formed/],
    ["metadata a number", fileWith({ __metadata__: { a: 1 } }), 9, /\{"a":1\}/, /of strings/],
    ["metadata a list", fileWith({ __metadata__: ["a"] }), 9, /\["a"\]/, /of strings/],
    ["no declaration", fileWith({ a: 5 }), 9, /"a" with the declaration 5/, /dtype, shape/],
    ["no dtype", fileWith({ a: { shape: [0], data_offsets: [0, 0] } }), 9, /shape/, /dtype/],
    ["more fields", fileWith({ a: entry({ more: 1 }) }, data(8)), 9, /more/, /dtype, shape/],
    ["unknown dtype", fileWith({ a: entry({ dtype: "BF16" }) }), 9, /"BF16"/, /F64, F32, I32, U8/],
    ["negative size", fileWith({ a: entry({ shape: [-2] }) }), 9, /\[-2\]/, /at least 0/],
    ["fractional size", fileWith({ a: entry({ shape: [0.5] }) }), 9, /\[0.5\]/, /at least 0/],
    ["shape no list", fileWith({ a: entry({ shape: 2 }) }), 9, /shape 2/, /list of sizes/],
    ["one offset", fileWith({ a: entry({ data_offsets: [8] }) }), 9, /\[8\]/, /begin and an end/],
    ["turned offsets", fileWith({ a: entry({ data_offsets: [8, 0] }) }), 9, /-8 bytes/, /8 bytes/],
    ["shape too large", fileWith({ a: entry({ shape: [3] }) }, data(8)), 9, /8 bytes/, /12 bytes/],
    [
      "shape beyond all numbers",
      fileWith({ a: entry({ shape: [2 ** 52, 2 ** 52, 2] }) }, data(8)),
      9,
      /8 bytes/,
      /bytes for shape/,
    ],
    ["data beyond the file", fileWith(nextTo, data(15)), 62, /"b" up to byte 132/, /the 131 bytes/],
    ["bytes left over", fileWith(nextTo, data(17)), 132, /1 bytes that belong to no/, /end of the/],
    [
      "overlapping tensors",
      fileWith({ ...nextTo, b: entry({ data_offsets: [4, 12] }) }, data(12)),
      120,
      /"b" \(declared at byte 62\) over another/,
      /from byte 124 on/,
    ],
    [
      "a hole",
      fileWith({ ...nextTo, b: entry({ data_offsets: [12, 20] }) }, data(20)),
      125,
      /4 bytes that belong to no tensor/,
      /tensor "b" \(declared at byte 62\)/,
    ],
  ];
  for (const [title, bytes, byte, found, expected] of malformed) {
    throws(() => decodeSafetensors(bytes), (error) => {
      ok(error instanceof SafetensorsError, `${title}: ${error}`);
      strictEqual(error.byte, byte, `${title}: ${error.message}`);
      match(error.found, found, title);
      match(error.expected, expected, title);
      strictEqual(error.message.includes("\n"), false, `${title}: more than one line`);
      return true;
    });
  }
});

Deno.test("a file that was cut anywhere is refused", () => {
  const bytes = encodeSafetensors(sample, metadata);
  for (let length = 0; length < bytes.length; length++) {
    throws(() => decodeSafetensors(bytes.subarray(0, length)), SafetensorsError, `${length} bytes`);
  }
});

Deno.test("a flipped bit in the data changes that byte alone; in the header it never goes unseen", () => {
  const bytes = encodeSafetensors(sample, metadata);
  const intact = decodeSafetensors(bytes);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    const inData = bit >> 3 >= dataStart(bytes);
    let file;
    try {
      file = decodeSafetensors(flipped);
    } catch (error) {
      ok(error instanceof SafetensorsError, `bit ${bit}: ${error}`);
      ok(!inData, `bit ${bit} is data, yet: ${error.message}`);
      continue;
    }
    if (inData) {
      deepStrictEqual(encodeSafetensors(file.tensors, file.metadata), flipped, `bit ${bit}`);
    } else {
      // Still a valid file: another name, another text, another type. It cannot equal the intact one.
      throws(() => deepStrictEqual(file, intact), `bit ${bit}`);
    }
  }
});

Deno.test("random damage gives a typed error or a consistent file, never anything else", () => {
  const random = randomStream(1, "tests/safetensors/damage");
  const bytes = encodeSafetensors(sample, metadata);
  let refused = 0;
  for (let trial = 0; trial < 2000; trial++) {
    const length = random.uniform() < 0.1 ? 1 + random.integer(bytes.length) : bytes.length;
    const damaged = bytes.slice(0, length);
    for (let changes = 1 + random.integer(3); changes > 0; changes--) {
      damaged[random.integer(length)] = random.integer(256);
    }
    try {
      const { tensors, metadata } = decodeSafetensors(damaged);
      deepStrictEqual(decodeSafetensors(encodeSafetensors(tensors, metadata)).tensors, tensors);
    } catch (error) {
      ok(error instanceof SafetensorsError, `trial ${trial}: ${error}`);
      refused++;
    }
  }
  ok(refused > 1000 && refused < 2000, `${refused} of 2000 were refused`);
});

const python = new Deno.Command("python3", {
  args: ["-c", "import numpy, safetensors.numpy"],
  stdout: "null",
  stderr: "null",
});

async function pythonReadsSafetensors(): Promise<boolean> {
  try {
    return (await python.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test({
  name: "Python's safetensors reads what is written here, and writes what is read here",
  ignore: !await pythonReadsSafetensors(),
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const ours = `${folder}/ours.safetensors`;
      const theirs = `${folder}/theirs.safetensors`;
      await Deno.writeFile(ours, encodeSafetensors(sample, metadata));
      const script = `
import sys, numpy
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
tensors = load_file(sys.argv[1])
with safe_open(sys.argv[1], framework="numpy") as file:
    metadata = file.metadata()
assert tensors["left.weight"].dtype == numpy.float32 and tensors["left.weight"][0, 2] == numpy.float32(0.1)
assert tensors["right.weight"].dtype == numpy.float64 and tensors["right.weight"][0, 0] == numpy.pi
assert tensors["step"].dtype == numpy.int32 and tensors["step"].shape == () and tensors["step"] == -2**31
assert tensors["mask"].dtype == numpy.uint8 and tensors["mask"].tolist() == [[0], [128], [255]]
assert tensors["empty"].shape == (0, 4)
save_file(tensors, sys.argv[2], metadata)
`;
      const { success, stderr } = await new Deno.Command("python3", {
        args: ["-c", script, ours, theirs],
      }).output();
      ok(success, new TextDecoder().decode(stderr));
      const back = decodeSafetensors(await Deno.readFile(theirs));
      deepStrictEqual(back, decodeSafetensors(await Deno.readFile(ours)));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
