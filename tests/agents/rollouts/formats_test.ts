/** What passes between trainers and actors, as bytes: there and back, and what is refused. */
import assert from "node:assert/strict";
import { measureTrials } from "../../../learners/motor/evaluation/evaluator.ts";
import { packTrials, unpackTrials } from "../../../agents/rollouts/measured_trials.ts";
import {
  decodePiece,
  encodePiece,
  type Piece,
  PieceError,
} from "../../../agents/rollouts/piece.ts";
import {
  packTransitions,
  type Transitions,
  unpackTransitions,
} from "../../../agents/rollouts/transitions.ts";
import { splitWeights, WeightsAssembly } from "../../../agents/rollouts/weights_parts.ts";
import { runParts } from "../../../agents/sim/run_config.ts";
import { scriptedController } from "../../../agents/sim/controllers.ts";
import { largestPiece } from "../../../learners/actors.ts";
import { encodeSafetensors, SafetensorsError } from "../../../learners/nn/safetensors.ts";
import { randomStream, shuffled } from "../../../sim/random.ts";
import { run } from "./crew.ts";

const empty: Piece = { actor: "a", order: 3, piece: 7, weights: 12, tensors: {}, labels: {} };

Deno.test("a piece comes back as it was, tensors, labels and heading", () => {
  const piece: Piece = {
    ...empty,
    tensors: {
      singles: { shape: [2, 1], data: Float32Array.of(1.5, NaN) },
      doubles: { shape: [1], data: Float64Array.of(Math.PI) },
      flags: { shape: [3], data: Uint8Array.of(0, 1, 0) },
    },
    labels: { names: '["x"]', format: "not the format" },
  };
  assert.deepEqual(decodePiece(encodePiece(piece)), piece);
});

Deno.test("a piece that does not fit into a message is refused by its size", () => {
  const data = new Uint8Array(largestPiece);
  const piece = { ...empty, tensors: { data: { shape: [largestPiece], data } } };
  assert.throws(() => encodePiece(piece), /piece 7 has 1000\d{3} bytes.*fewer trials/);
});

const headings = { format: "callosum-rollout-1", actor: "a", order: "1", piece: "2", weights: "3" };

for (
  const [what, metadata] of Object.entries({
    "another format": { ...headings, format: "callosum-checkpoint-1" },
    "a negative number": { ...headings, piece: "-1" },
    "no weights' version": { ...headings, weights: "" },
    "no actor": { ...headings, actor: "" },
  })
) {
  Deno.test(`a safetensors file with ${what} is no piece`, () => {
    const bytes = encodeSafetensors({}, metadata);
    assert.throws(() => decodePiece(bytes), (error) => {
      assert.ok(error instanceof PieceError);
      return true;
    });
  });
}

Deno.test("bytes that are no safetensors file are no piece", () => {
  assert.throws(() => decodePiece(Uint8Array.of(1, 2, 3)), SafetensorsError);
});

const measured = () => {
  const parts = runParts(run);
  const request = { ...parts, engine: "equations", seed: 1, trials: 5 } as const;
  return measureTrials(request, () => scriptedController(parts), { first: 1, end: 4 });
};

Deno.test("measured trials come back as they were, undefined measures and order of names too", () => {
  const trials = measured();
  const back = unpackTrials(packTrials(trials), 3);
  assert.deepEqual(back, trials);
  assert.deepEqual(back.map(({ measures }) => Object.keys(measures)), [
    ...trials.map(({ measures }) => Object.keys(measures)),
  ]);
  const adapted = trials.map((trial, i) => ({ ...trial, adaptation: { index: i, other: NaN } }));
  assert.deepEqual(unpackTrials(packTrials(adapted), 3), adapted);
});

Deno.test("another number of trials, or no names, is refused", () => {
  const packed = packTrials(measured());
  assert.throws(
    () => unpackTrials(packed, 2),
    /"endpoints" is Float64Array \[3,2\], expected Float64Array \[2,2\]/,
  );
  assert.throws(() => unpackTrials({ ...packed, labels: {} }, 3), /label "measures" is undefined/);
});

/** Three steps of two arms with two actuators and four sensors. */
const transitions: Transitions = {
  arms: 2,
  steps: 3,
  observations: Float32Array.from({ length: 4 * 4 * 2 }, (_, i) => i),
  actions: Float32Array.from({ length: 3 * 2 * 2 }, (_, i) => -i),
  rewards: Float32Array.from({ length: 6 }, (_, i) => i / 2),
  terminated: Uint8Array.of(0, 0, 0, 0, 0, 1),
  truncated: Uint8Array.of(0, 0, 0, 0, 1, 0),
  channels: { logProbability: Float32Array.of(1, 2, 3, 4, 5, 6) },
};

Deno.test("transitions come back as they were, with their channels", () => {
  const { tensors } = packTransitions(transitions);
  assert.deepEqual(tensors.observations.shape, [4, 4, 2]);
  assert.deepEqual(tensors.actions.shape, [3, 2, 2]);
  const sent = decodePiece(encodePiece({ ...empty, ...packTransitions(transitions) }));
  assert.deepEqual(unpackTransitions(sent), transitions);
});

Deno.test("transitions whose tensors do not fit each other are refused by name", () => {
  const packed = packTransitions(transitions);
  const { rewards, observations, ...others } = packed.tensors;
  const unpack = (tensors: typeof packed.tensors) => unpackTransitions({ ...packed, tensors });
  assert.throws(() => unpack({ ...others, observations }), /rewards of shape \[undefined\]/);
  assert.throws(() => unpack({ ...others, rewards }), /"observations" is absent/);
  const short = { shape: [3, 4, 2], data: observations.data.slice(0, 24) as Float32Array };
  assert.throws(
    () => unpack({ ...others, rewards, observations: short }),
    /"observations" is Float32Array \[3,4,2\], expected Float32Array \[4,4,2\]/,
  );
  const truncated = { shape: [3, 2], data: new Float32Array(6) };
  assert.throws(() => unpack({ ...packed.tensors, truncated }), /expected Uint8Array \[3,2\]/);
});

const large = Uint8Array.from({ length: 1_300_000 }, (_, i) => i % 251);

Deno.test("weights of any size come together from parts in any order, some of them twice", () => {
  const parts = splitWeights({ version: 9, bytes: large });
  assert.equal(parts.length, 3);
  assert.ok(parts.every(({ length }) => length <= 1_000_000));
  const assembly = new WeightsAssembly();
  for (const index of shuffled(3, randomStream(1, "parts"))) {
    assert.equal(assembly.newest(), undefined);
    assembly.take(parts[index]);
    assembly.take(parts[index]);
  }
  assert.deepEqual(assembly.newest(), { version: 9, bytes: large });
});

Deno.test("only the newest versions of weights are kept, complete or not", () => {
  const assembly = new WeightsAssembly();
  const small = (version: number) => splitWeights({ version, bytes: Uint8Array.of(version) })[0];
  for (const version of [4, 2, 3, 1]) assembly.take(small(version));
  assert.equal(assembly.newest()?.version, 4);
  assert.deepEqual([1, 2, 3, 4].map((version) => assembly.get(version)?.version), [
    undefined,
    undefined,
    3,
    4,
  ]);
  const inParts = [5, 6, 7].map((version) => splitWeights({ version, bytes: large }));
  for (const parts of inParts) assembly.take(parts[0]);
  for (const parts of inParts) parts.slice(1).forEach((part) => assembly.take(part));
  assert.equal(assembly.get(5), undefined, "its first part was dropped");
  assert.deepEqual([6, 7].map((version) => assembly.get(version)?.bytes), [large, large]);
});

Deno.test("what is no part of weights is refused", () => {
  const [part] = splitWeights({ version: 1, bytes: large });
  const changed = (offset: number, value: number) => {
    const copy = part.slice();
    copy[offset] = value;
    return copy;
  };
  const take = (message: Uint8Array) => () => new WeightsAssembly().take(message);
  assert.throws(take(part.slice(0, 12)), /not a part of weights: 12 bytes/);
  assert.throws(take(changed(0, 1)), /not a part of weights/);
  assert.throws(take(changed(1, 2)), /not a part of weights/);
  assert.throws(take(changed(2, 3)), /part 3 of 3/);
  assert.throws(take(changed(5, 255)), /part 0 of 65283/);
  const assembly = new WeightsAssembly();
  assembly.take(part);
  assert.throws(() => assembly.take(changed(4, 4)), /announced in 3 parts and come in 4/);
  assert.throws(() => splitWeights({ version: 1, bytes: new Uint8Array(0) }), /weights of 0 bytes/);
});
