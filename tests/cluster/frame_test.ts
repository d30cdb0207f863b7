/** Frames: what goes in comes out, to the stated precision, and nothing else is taken for one. */
import assert from "node:assert/strict";
import { decodeFrame, encodeFrame, type Frame, trialOfFrame } from "../../cluster/frame.ts";

const frame: Frame = {
  trial: 4_000_000_000,
  step: 65_535,
  angles: [0.5, -1.25, 3],
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

/** Half a step of a 16-bit angle, rad, and of a force, N. */
const halfAngleStep = Math.PI / 65_536;
const halfForceStep = 0.005;

Deno.test("a frame comes out as it went in, each number to within half a step of its field", () => {
  const decoded = decodeFrame(encodeFrame(frame));
  assert.equal(decoded.trial, trialOfFrame(frame.trial));
  assert.equal(decoded.step, frame.step);
  close(decoded.angles, frame.angles, halfAngleStep + 1e-6);
  close(decoded.handForce, frame.handForce, halfForceStep);
  for (const name of ["activations", "hidden", "callosum"] as const) {
    close(decoded[name], frame[name], 0.5 / 127 + 1e-7);
  }
});

Deno.test("a frame is laid out as documented, little-endian", () => {
  const bytes = encodeFrame(frame);
  assert.equal(bytes.length, 8 + 2 * 3 + 2 * 2 + 5 + 4 + 4);
  const view = new DataView(bytes.buffer);
  assert.deepEqual([...bytes.subarray(0, 4)], [1, 2, 3, 5]);
  assert.equal(view.getUint16(4, true), frame.trial % 65_536);
  assert.equal(view.getUint16(6, true), frame.step);
  assert.equal(view.getInt16(8 + 2, true), Math.round(-1.25 * 32_768 / Math.PI));
  assert.equal(view.getInt16(8 + 2 * 3, true), -975);
  assert.deepEqual([...new Int8Array(bytes.buffer, 18, 5)], [0, 0, 64, 127, -127]);
  assert.deepEqual([...new Int8Array(bytes.buffer, 27, 4)], [0, 0, 32, -114]);
});

Deno.test("the motion of an arm takes at most 4 bytes a joint and 8 more", () => {
  for (let joints = 2; joints <= 7; joints++) {
    const angles = Array.from({ length: joints }, () => 1);
    const { length } = encodeFrame({ ...frame, angles, activations: [], hidden: [], callosum: [] });
    assert.ok(length <= 4 * joints + 8, `${length} bytes of ${joints} joints`);
  }
});

Deno.test("angles go round, and forces beyond the field's are told as its bound", () => {
  const decoded = decodeFrame(
    encodeFrame({ ...frame, angles: [3 * Math.PI + 0.1, -40], handForce: [1e6, -1e6] }),
  );
  close(decoded.angles, [0.1 - Math.PI, -40 + 12 * Math.PI], halfAngleStep + 1e-6);
  close(decoded.handForce, [327.67, -327.67], 1e-4);
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
      bytes.subarray(0, 7),
      bytes.subarray(0, bytes.length - 1),
      new Uint8Array([...bytes, 0]),
      changed(0, 2),
      changed(1, 1),
      changed(2, 40),
      changed(3, 4),
      changed(3, 255),
    ]
  ) assert.throws(() => decodeFrame(wrong), RangeError);
});
