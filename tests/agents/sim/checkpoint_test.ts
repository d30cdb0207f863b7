/** Checkpoints: what goes in comes out bit for bit, and what does not fit is refused by name. */
import assert from "node:assert/strict";
import {
  CheckpointError,
  decodeCheckpoint,
  decodeWeights,
  encodeCheckpoint,
  encodeWeights,
} from "../../../agents/sim/checkpoint.ts";
import { MotorNetwork } from "../../../controllers/motor_network.ts";
import type { TrainerState } from "../../../learners/motor/trainer.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
  type Tensor,
} from "../../../learners/nn/safetensors.ts";
import { randomStream } from "../../../sim/random.ts";

const networkOf = (units: number, kind: "unilateral" | "bilateral" = "bilateral") =>
  new MotorNetwork({
    kind,
    units,
    layers: 2,
    callosum: "none",
    inputs: 16,
    outputs: 6,
    outputActivation: "sigmoid",
  });

const { layout } = networkOf(6);

/** A state with a different number in every place, and with the rare ones of IEEE 754. */
function someState(): TrainerState {
  const stream = randomStream(1, "tests/checkpoint");
  const vector = () => Float64Array.from({ length: layout.size }, () => stream.normal());
  const weights = vector();
  weights.set([-0, 5e-324, Number.MAX_VALUE, 1 / 3]);
  return { weights, adam: { first: vector(), second: vector(), updates: 1234 } };
}

const bits = ({ weights, adam }: TrainerState) =>
  [weights, adam.first, adam.second].map((vector) => [...new BigUint64Array(vector.buffer)]);

Deno.test("a checkpoint gives back weights, moments and updates bit for bit", () => {
  const state = someState();
  const restored = decodeCheckpoint(encodeCheckpoint(layout, state), layout);
  assert.deepEqual(bits(restored), bits(state));
  assert.equal(restored.adam.updates, 1234);
});

Deno.test("a checkpoint does not follow the training that goes on", () => {
  const state = someState();
  const before = structuredClone(state);
  const bytes = encodeCheckpoint(layout, state);
  state.weights.fill(0);
  const restored = decodeCheckpoint(bytes, layout);
  restored.adam.first.fill(0);
  assert.deepEqual(decodeCheckpoint(bytes, layout), before);
});

Deno.test("weights can be read from weights alone and from a checkpoint", () => {
  const { weights, adam } = someState();
  const alone = encodeWeights(layout, { weights, updates: 7 });
  assert.deepEqual(decodeWeights(alone, layout), { weights, updates: 7 });
  const { updates } = adam;
  const whole = encodeCheckpoint(layout, { weights, adam });
  assert.deepEqual(decodeWeights(whole, layout), { weights, updates });
  assert.ok(alone.length < whole.length / 2);
});

Deno.test("other programs find each tensor by its name and in its shape", () => {
  const state = someState();
  const { tensors, metadata } = decodeSafetensors(encodeCheckpoint(layout, state));
  assert.equal(Object.keys(tensors).length, 3 * layout.tensors.length);
  assert.deepEqual(tensors["left.0.kernel"].shape, [16, 3]);
  assert.deepEqual(tensors["adam.second.output.bias"].shape, [6]);
  assert.deepEqual(tensors["left.0.kernel"].data, state.weights.slice(0, 48));
  assert.equal(metadata.updates, "1234");
});

/** The file with tensors left out or replaced, and with other metadata. */
function altered(
  change: (tensors: Record<string, Tensor>) => void,
  metadata?: Record<string, string>,
): Uint8Array {
  const file = decodeSafetensors(encodeCheckpoint(layout, someState()));
  const tensors = { ...file.tensors };
  change(tensors);
  return encodeSafetensors(tensors, metadata ?? file.metadata);
}

/** `bytes` are refused with a `CheckpointError` that says `message`. */
function assertRefused(bytes: Uint8Array, message: RegExp, of = layout): void {
  const isNamed = (error: unknown) => {
    assert.ok(error instanceof CheckpointError, String(error));
    assert.match(error.message, message);
    return true;
  };
  assert.throws(() => decodeCheckpoint(bytes, of), isNamed);
}

Deno.test("a checkpoint of another network is refused, naming tensor and shapes", () => {
  const bytes = encodeCheckpoint(layout, someState());
  assertRefused(bytes, /"left\.0\.kernel".*\[16,3\].*\[16,4\]/, networkOf(8).layout);
  assertRefused(bytes, /"whole\.0\.kernel" is absent/, networkOf(6, "unilateral").layout);
});

Deno.test("a missing tensor is refused by its name", () => {
  assertRefused(altered((tensors) => delete tensors["merge.right"]), /"merge\.right" is absent/);
  const moment = "adam.first.right.1.bias";
  assertRefused(altered((tensors) => delete tensors[moment]), /"adam\.first\.right\.1\.bias"/);
});

Deno.test("weights alone are no checkpoint to go on from", () => {
  const { weights } = someState();
  assertRefused(encodeWeights(layout, { weights, updates: 7 }), /"adam\.first\.left\.0\.kernel"/);
});

Deno.test("a tensor in another precision or shape is refused by its name", () => {
  assertRefused(
    altered((tensors) => tensors["output.bias"] = { shape: [6], data: new Float32Array(6) }),
    /"output\.bias" is Float32Array \[6\], expected Float64Array \[6\]/,
  );
  assertRefused(
    altered((tensors) => tensors["output.bias"] = { shape: [6, 1], data: new Float64Array(6) }),
    /"output\.bias".*\[6,1\]/,
  );
});

const format = "callosum-checkpoint-1";
for (
  const metadata of [
    {},
    { format },
    { format: "callosum-checkpoint-0", updates: "3" },
    { format, updates: "-1" },
    { format, updates: "1.5" },
    { format, updates: "many" },
    { format, updates: "" },
  ] as Record<string, string>[]
) {
  Deno.test(`metadata ${JSON.stringify(metadata)} are refused and shown`, () => {
    const bytes = altered(() => {}, metadata);
    assertRefused(bytes, /metadata .* is not that of a callosum-checkpoint-1 file/);
    assert.throws(() => decodeWeights(bytes, layout), CheckpointError);
  });
}

Deno.test("bytes that are no safetensors file are refused as such", () => {
  const bytes = encodeCheckpoint(layout, someState());
  assert.throws(() => decodeCheckpoint(bytes.subarray(0, 100), layout), SafetensorsError);
  assert.throws(() => decodeWeights(new Uint8Array(0), layout), SafetensorsError);
});
