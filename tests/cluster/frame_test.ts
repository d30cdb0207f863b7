/** Frames: what goes in comes out, to the stated precision, and nothing else is taken for one. */
import assert from "node:assert/strict";
import { decodeFrame, encodeFrame, type Frame } from "../../cluster/frame.ts";

const frame: Frame = {
  trial: 4_000_000_000,
  step: 65_535,
  angles: [0.5, -1.25, Math.PI],
  handForce: [-9.75, 3.5],
  activations: [0, 0.001, 0.5, 1, -1],
  hidden: [-1, -0.3, 0.7, 1],
  callosum: [0, 0, 0.25, -0.9],
};

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) <= tolerance, `${actual[i]} is not ${expected[i]}`);
  }
};

Deno.test("a frame comes out as it went in: angles and forces as floats, activities in 127 steps", () => {
  const decoded = decodeFrame(encodeFrame(frame));
  assert.equal(decoded.trial, frame.trial);
  assert.equal(decoded.step, frame.step);
  close(decoded.angles, Float32Array.from(frame.angles), 0);
  close(decoded.handForce, Float32Array.from(frame.handForce), 0);
  for (const name of ["activations", "hidden", "callosum"] as const) {
    close(decoded[name], frame[name], 0.5 / 127 + 1e-7);
  }
});

Deno.test("a frame is laid out as documented, little-endian", () => {
  const bytes = encodeFrame(frame);
  assert.equal(bytes.length, 12 + 4 * 3 + 4 * 2 + 5 + 4 + 4);
  const view = new DataView(bytes.buffer);
  assert.deepEqual([...bytes.subarray(0, 4)], [1, 1, 3, 5]);
  assert.equal(view.getUint32(4, true), frame.trial);
  assert.equal(view.getUint16(8, true), frame.step);
  assert.equal(view.getUint16(10, true), 4);
  assert.equal(view.getFloat32(12 + 4, true), -1.25);
  assert.equal(view.getFloat32(12 + 4 * 3, true), -9.75);
  assert.deepEqual([...new Int8Array(bytes.buffer, 32, 5)], [0, 0, 64, 127, -127]);
  assert.deepEqual([...new Int8Array(bytes.buffer, 41, 4)], [0, 0, 32, -114]);
});

Deno.test("activities beyond −1 … 1 are shown as the bound, and an arm without network is a frame", () => {
  const decoded = decodeFrame(
    encodeFrame({ ...frame, activations: [7, -7], hidden: [], callosum: [] }),
  );
  close(decoded.activations, [1, -1], 0);
  assert.equal(decoded.hidden.length, 0);
});

Deno.test("a frame is read where it lies, also in the middle of a larger buffer", () => {
  const bytes = encodeFrame(frame);
  const larger = new Uint8Array(bytes.length + 7);
  larger.set(bytes, 3);
  assert.deepEqual(decodeFrame(larger.subarray(3, 3 + bytes.length)), decodeFrame(bytes));
});

Deno.test("activities without as many callosum values are refused", () => {
  assert.throws(
    () => encodeFrame({ ...frame, callosum: [0] }),
    /4 hidden activities but 1 callosum/,
  );
});

Deno.test("bytes of another kind, version or length are refused", () => {
  const bytes = encodeFrame(frame);
  const changed = (index: number, value: number) => {
    const copy = bytes.slice();
    copy[index] = value;
    return copy;
  };
  for (
    const wrong of [
      new Uint8Array(0),
      bytes.subarray(0, 11),
      bytes.subarray(0, bytes.length - 1),
      new Uint8Array([...bytes, 0]),
      changed(0, 2),
      changed(1, 2),
      changed(2, 4),
      changed(3, 4),
      changed(10, 255),
    ]
  ) assert.throws(() => decodeFrame(wrong), RangeError);
});
