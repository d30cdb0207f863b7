/**
 * Roll-outs of PPO on their way between processes, bit for bit: where one starts as a safetensors file, which
 * stands for the weights that pieces are done with, and pieces as tensors.
 *
 * | file | tensor | type | shape |
 * | --- | --- | --- | --- |
 * | start | `policy` | f64 | [parameter] |
 * | | `mean`, `variance` | f64 | [row], of the observations |
 * | piece | `observations` | f32 | [step + 1][row][copy] |
 * | | `ends` | f32 | [end][row] |
 * | | `actions` | f32 | [step][row][copy] |
 * | | `logDensities`, `rewards` | f64 | [step][copy] |
 * | | `terminated`, `truncated` | u8 | [step][copy] |
 * | both | `environment/…` | | as `training_state.ts` has them; of all copies, or of the piece's |
 *
 * The start's metadata has the counts as JSON.
 */
import { z } from "zod";
import { decodeSafetensors, encodeSafetensors } from "../nn/safetensors.ts";
import type { Actors, PieceTensors } from "../actors.ts";
import type { PpoMeans } from "./ppo.ts";
import { planOf, type PpoWork } from "./ppo_work.ts";
import {
  copiesOf,
  pieceCount,
  type RollOutPiece,
  type RollOutPlan,
  RollOuts,
  type RollOutStart,
} from "./roll_out.ts";
import {
  environmentState,
  requireCount,
  requireTensor,
  savedEnvironment,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

const countsSchema = z.record(z.string(), z.number());

/** `start` as a safetensors file. Equal starts have equal bytes. */
export function encodeStart(start: RollOutStart): Uint8Array<ArrayBuffer> {
  const { iteration, policyParameters, moments: { mean, variance, count } } = start;
  const environment = savedEnvironment(start.environment);
  const counts = { iteration, observations: count, ...environment.counts };
  const own = savedVectors({ policy: policyParameters, mean, variance });
  return encodeSafetensors(
    { ...own, ...environment.tensors },
    { counts: JSON.stringify(counts) },
  );
}

/**
 * The start in `bytes`.
 * @throws {SafetensorsError} when it is no safetensors file
 * @throws {RangeError} when it is none of such a roll-out
 */
export function decodeStart(bytes: Uint8Array, { policy, copies }: RollOutPlan): RollOutStart {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const counts = readCounts(metadata.counts);
  const numbers = (name: string, length: number) =>
    requireTensor(tensors, name, Float64Array, length);
  const { inputs } = policy.network;
  return {
    iteration: requireCount(counts, "iteration"),
    policyParameters: numbers("policy", policy.layout.size),
    moments: {
      mean: numbers("mean", inputs),
      variance: numbers("variance", inputs),
      count: requireCount(counts, "observations"),
    },
    environment: environmentState({ tensors, counts }, copies),
  };
}

function readCounts(text = "null"): TrainingState["counts"] {
  const checked = countsSchema.safeParse(JSON.parse(text));
  if (checked.success) return checked.data;
  throw new RangeError(`the counts of a roll-out's start are ${text}; expected numbers by name`);
}

/** A piece as tensors. */
export function tensorsOf(piece: RollOutPiece, { policy }: RollOutPlan): PieceTensors {
  const { copies, rewards, observations, ends, actions } = piece;
  const steps = rewards.length / copies;
  const { inputs, outputs } = policy.network;
  const ofSteps = <Data>(data: Data) => ({ shape: [steps, copies], data });
  return {
    observations: { shape: [steps + 1, inputs, copies], data: observations },
    ends: { shape: [ends.length / inputs, inputs], data: ends },
    actions: { shape: [steps, outputs, copies], data: actions },
    logDensities: ofSteps(piece.logDensities),
    rewards: ofSteps(rewards),
    terminated: ofSteps(piece.terminated),
    truncated: ofSteps(piece.truncated),
    ...savedEnvironment(piece.environment).tensors,
  };
}

/**
 * The piece of this number in `tensors`.
 * @param seed of the episodes
 * @throws {RangeError} when tensors are missing or of another size
 */
export function pieceOf(
  tensors: PieceTensors,
  plan: RollOutPlan,
  piece: number,
  seed: number,
): RollOutPiece {
  const { rolloutLength: steps, policy: { network: { inputs, outputs } } } = plan;
  const { first, count: copies } = copiesOf(plan, piece);
  const counts = { "environment/seed": seed, "environment/first": first };
  return {
    copies,
    observations: requireTensor(
      tensors,
      "observations",
      Float32Array,
      (steps + 1) * inputs * copies,
    ),
    ends: requireTensor(tensors, "ends", Float32Array),
    actions: requireTensor(tensors, "actions", Float32Array, steps * outputs * copies),
    logDensities: requireTensor(tensors, "logDensities", Float64Array, steps * copies),
    rewards: requireTensor(tensors, "rewards", Float64Array, steps * copies),
    terminated: requireTensor(tensors, "terminated", Uint8Array, steps * copies),
    truncated: requireTensor(tensors, "truncated", Uint8Array, steps * copies),
    environment: environmentState({ tensors, counts }, copies),
  };
}

/** Does pieces of `work` from starts as they are sent. */
export function preparePpoPieces(
  work: PpoWork,
): (piece: number, weights: Uint8Array) => PieceTensors {
  const plan = planOf(work);
  const rollOuts = new RollOuts(plan);
  let decoded: { readonly bytes: Uint8Array; readonly start: RollOutStart } | undefined;
  return (piece, weights) => {
    if (decoded?.bytes !== weights) decoded = { bytes: weights, start: decodeStart(weights, plan) };
    return tensorsOf(rollOuts.perform(piece, decoded.start), plan);
  };
}

/** Has the pieces of `work` done by actors. */
export function collectByActors(
  work: PpoWork,
  plan: RollOutPlan,
  actors: Actors,
): NonNullable<PpoMeans["collect"]> {
  return async (start) => {
    const pieces = await actors.collect(work, encodeStart(start), pieceCount(plan));
    const { seed } = start.environment;
    return pieces.map((tensors, piece) => pieceOf(tensors, plan, piece, seed));
  };
}
