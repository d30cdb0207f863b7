import assert from "node:assert/strict";
import { decodeSnapshot, encodeSnapshot, SnapshotError } from "../../../agents/library/snapshot.ts";
import { encodeSafetensors, SafetensorsError } from "../../../learners/nn/safetensors.ts";

const tensors = {
  weights: { shape: [2, 3], data: Float32Array.of(1, -2, 0.1, NaN, -0, Infinity) },
  mask: { shape: [2], data: Uint8Array.of(0, 255) },
  count: { shape: [], data: Int32Array.of(-7) },
  exact: { shape: [1], data: Float64Array.of(Math.PI) },
};
const values = {
  best: -Infinity,
  losses: [0.1 + 0.2, NaN, Infinity, -0, 5e-324],
  nested: { text: "NaN", none: null, yes: true, "": [] },
};

Deno.test("a snapshot comes back as it was, numbers included that JSON does not have", () => {
  const snapshot = { step: 12, tensors, values };
  assert.deepEqual(decodeSnapshot(encodeSnapshot(snapshot)), snapshot);
  const bare = { step: 0, tensors: {} };
  assert.deepEqual(decodeSnapshot(encodeSnapshot(bare)), bare);
});

Deno.test("a snapshot's bytes share no memory with it, and are the same for the same snapshot", () => {
  const data = Float32Array.of(1, 2);
  const snapshot = { step: 1, tensors: { weights: { shape: [2], data } }, values: [1] };
  const bytes = encodeSnapshot(snapshot);
  assert.deepEqual(encodeSnapshot(snapshot), bytes);
  data[0] = 9;
  assert.deepEqual(decodeSnapshot(bytes).tensors.weights.data, Float32Array.of(1, 2));
});

Deno.test("values that would come back as something else are refused where they stand", () => {
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [{ history: [Float32Array.of(1)] }, /values\.history\[0\].+Float32Array.+tensors/],
    [new Map(), /values .+Map/],
    [{ when: new Date(0) }, /values\.when.+Date/],
    [{ act: () => {} }, /values\.act.+function/],
    [[undefined], /values\[0\].+undefined/],
    [{ count: 1n }, /values\.count.+bigint/],
    [{ $number: "NaN" }, /values .+\$number/],
  ];
  for (const [value, message] of refused) {
    const encode = () => encodeSnapshot({ step: 1, tensors: {}, values: value });
    assert.throws(encode, (error) => error instanceof TypeError && message.test(error.message));
  }
  for (const step of [-1, 0.5, NaN]) {
    assert.throws(() => encodeSnapshot({ step, tensors: {} }), RangeError);
  }
});

Deno.test("what is no snapshot is refused", () => {
  assert.throws(() => decodeSnapshot(Uint8Array.of(1, 2, 3)), SafetensorsError);
  const format = "callosum-snapshot-1";
  const metadata: readonly Record<string, string>[] = [
    {},
    { format: "callosum-checkpoint-1", step: "1" },
    { format },
    { format, step: "-1" },
    { format, step: "1", values: "{" },
  ];
  for (const each of metadata) {
    assert.throws(() => decodeSnapshot(encodeSafetensors({}, each)), SnapshotError);
  }
});
