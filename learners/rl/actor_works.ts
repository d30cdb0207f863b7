/** The pieces of work that actors can do for learners. A new kind is one more entry in both tables. */
import { z } from "zod";
import type { PieceTensors } from "../actors.ts";
import { impalaWork, prepareImpalaPieces } from "./impala_pieces.ts";
import { preparePpoPieces } from "./ppo_pieces.ts";
import { ppoWork } from "./ppo_work.ts";

/** What actors can be asked, as JSON. */
export const actorWork = z.discriminatedUnion("kind", [ppoWork, impalaWork]);

export type ActorWork = z.output<typeof actorWork>;

/** Does the piece of this number with these weights, a safetensors file. */
export type PerformPiece = (piece: number, weights: Uint8Array) => PieceTensors;

/**
 * Get ready for a piece of work; what is costly to make is kept from piece to piece.
 * @throws {RangeError} when the work cannot be done
 */
export function prepareActorWork(work: ActorWork): PerformPiece {
  switch (work.kind) {
    case "ppo":
      return preparePpoPieces(work);
    case "impala":
      return prepareImpalaPieces(work);
  }
}
