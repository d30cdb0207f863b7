/**
 * What the actors of IMPALA do: pieces that each begin with new episodes, and so are functions of their number
 * and of the weights that act alone, whoever does them and in whatever order.
 *
 * Weights are one vector, and a safetensors file that has it as `weights`, f64:
 *
 * | part | numbers |
 * | --- | --- |
 * | the policy's parameters | as many as `GaussianPolicy` has |
 * | mean, then variance, of the observations | one for each row, both |
 * | how many numbers these are moments of | 1 |
 */
import { z } from "zod";
import type { VectorEnvironment } from "../../sim/environments/environment.ts";
import { decodeSafetensors, encodeSafetensors } from "../nn/safetensors.ts";
import type { PieceTensors } from "../actors.ts";
import type { GaussianPolicy } from "./gaussian_policy.ts";
import { pieceOf, tensorsOf } from "./ppo_pieces.ts";
import { planOf, ppoWork } from "./ppo_work.ts";
import { type RollOutPiece, type RollOutPlan, RollOuts } from "./roll_out.ts";
import type { Moments } from "./running_moments.ts";
import { drawSeed } from "./seeds.ts";
import { requireTensor, savedVectors } from "./training_state.ts";

/** What acts: a policy, which sees observations by their moments. */
export interface Acting {
  /** Mean and log σ, see `GaussianPolicy`. */
  readonly policyParameters: Float64Array;
  readonly moments: Moments;
}

/** How many numbers the weights of a policy are. */
export function weightCount({ layout, network }: GaussianPolicy): number {
  return layout.size + 2 * network.inputs + 1;
}

/** Weights as one vector. */
export function weightsOf(
  { policyParameters, moments: { mean, variance, count } }: Acting,
): Float64Array {
  const parts = [policyParameters, mean, variance, Float64Array.of(count)];
  const weights = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    weights.set(part, at);
    at += part.length;
  }
  return weights;
}

/** What acts with these weights. */
function actingOf(weights: Float64Array, { layout, network: { inputs } }: GaussianPolicy): Acting {
  const [mean, variance, count] = [0, inputs, 2 * inputs].map((row) => layout.size + row);
  return {
    policyParameters: weights.subarray(0, layout.size),
    moments: {
      mean: weights.subarray(mean, variance),
      variance: weights.subarray(variance, count),
      count: weights[count],
    },
  };
}

/** Does pieces, whatever their number: `plan.copies` copies, each from the start of an episode on. */
export class FreshRollOuts {
  readonly #rollOuts: RollOuts;
  /** What finds out where a piece starts. */
  readonly #starts: VectorEnvironment;
  readonly #seed: number;

  /** @param plan of one piece; its seed is that of everything that is drawn */
  constructor(readonly plan: RollOutPlan) {
    this.#rollOuts = new RollOuts({ ...plan, copiesOfPiece: plan.copies });
    this.#starts = plan.environments(plan.copies);
    this.#seed = drawSeed(plan.seed, "episodes");
  }

  /** Do the piece of this number; `weights` are as `weightsOf` makes them. */
  perform(piece: number, weights: Float64Array): RollOutPiece {
    const { copies, policy } = this.plan;
    this.#starts.reset(this.#seed, piece * copies);
    return this.#rollOuts.perform(0, {
      iteration: piece,
      ...actingOf(weights, policy),
      environment: this.#starts.save(),
    });
  }
}

/** What actors must know to do pieces. */
export const impalaWork = ppoWork.omit({ copiesOfPiece: true }).extend({
  kind: z.literal("impala"),
  /** The number of the first piece: those of a stream count from 0. */
  firstPiece: z.int().min(0),
});

export type ImpalaWork = z.output<typeof impalaWork>;

/**
 * The plan of a piece: it has fewer copies where those asked for do not fit into a message.
 * @throws {RangeError} when a motor network, whose commands are −1 … 1, is to act in another space
 */
export function piecePlanOf(work: Omit<ImpalaWork, "firstPiece">): RollOutPlan {
  const plan = planOf({ ...work, kind: "ppo", copiesOfPiece: work.copies });
  return { ...plan, copies: plan.copiesOfPiece };
}

/** Weights as a safetensors file. */
export function encodeWeights(weights: Float64Array): Uint8Array<ArrayBuffer> {
  return encodeSafetensors(savedVectors({ weights }));
}

/** Does pieces of `work`, with weights as they are sent. */
export function prepareImpalaPieces(
  work: ImpalaWork,
): (piece: number, weights: Uint8Array) => PieceTensors {
  const plan = piecePlanOf(work);
  const rollOuts = new FreshRollOuts(plan);
  let decoded: { readonly bytes: Uint8Array; readonly weights: Float64Array } | undefined;
  return (piece, bytes) => {
    if (decoded?.bytes !== bytes) {
      const { tensors } = decodeSafetensors(bytes);
      const length = weightCount(plan.policy);
      decoded = { bytes, weights: requireTensor(tensors, "weights", Float64Array, length) };
    }
    return tensorsOf(rollOuts.perform(work.firstPiece + piece, decoded.weights), plan);
  };
}

/** The piece in `tensors`. @throws {RangeError} when tensors are missing or of another size */
export function freshPieceOf(tensors: PieceTensors, plan: RollOutPlan): RollOutPiece {
  return pieceOf(tensors, plan, 0, drawSeed(plan.seed, "episodes"));
}
