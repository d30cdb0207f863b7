/**
 * Back-propagation through the closed loop in single precision, four trials at a time, in WebAssembly: the
 * laboratory's fast form. `scalar_rollout.ts` is the same in double precision and its check.
 *
 * Loop, losses and cotangents are those of `scalar_rollout.ts`. Only strict instructions are used, so a
 * batch gives the same bits on every machine.
 */
import { sensedSize } from "../../sim/physics/plant_kernels.ts";
import type { FieldPart } from "../../sim/physics/hand_field.ts";
import {
  type DifferentiableRollout,
  replaceNonFinite,
  requireTimeStep,
  type RolloutProblem,
} from "./rollout.ts";
import { drawNoise, sensoryPath } from "./sensory_path.ts";
import { tileMultiple } from "../nn/vector/products.ts";
import { noSums, termsOf } from "./vector/term_sums.ts";
import { actingParts } from "./vector/tile_inputs.ts";
import { TileRollout } from "./vector/tile_rollout.ts";

/** Trials of a tile: few enough for its history to stay in the cache, enough to be worth a call. */
const largestTile = 64;

/** Trials of the tiles of a batch: a small batch is a small tile. */
const tileColumns = (trials: number) =>
  Math.min(largestTile, Math.ceil(trials / tileMultiple) * tileMultiple);

/** Roll-outs of `problem` in WebAssembly, in single precision. */
export function vectorRollout(problem: RolloutProblem): DifferentiableRollout {
  const { network, equations } = problem;
  const path = sensoryPath(problem.sensing, equations.timeStep);
  const rows = { sensed: sensedSize(equations), commands: network.config.outputs };
  const tiles = new Map<string, TileRollout>();

  const tileFor = (parts: readonly FieldPart[], columns: number) => {
    const key = [columns, ...parts].join();
    let tile = tiles.get(key);
    if (!tile) tiles.set(key, tile = new TileRollout(problem, parts, columns));
    return tile;
  };

  return {
    name: "vector",
    // deno-lint-ignore require-await -- the contract is asynchronous, for tensors on a GPU
    async gradient(weights, batch, gradient, noiseStream) {
      requireTimeStep(problem, batch);
      const { trials, steps } = batch;
      const noise = drawNoise(path, rows, trials, steps, noiseStream);
      const tile = tileFor(actingParts(batch), tileColumns(trials));
      const sums = noSums();
      tile.start(weights, batch);
      for (let first = 0; first < trials; first += tile.columns) {
        const end = Math.min(first + tile.columns, trials);
        tile.run({ batch, noise, first, end }, sums);
      }
      gradient.fill(0);
      tile.gradient.addTo(gradient, weights);
      return { ...termsOf(problem, batch, sums), nonFinite: replaceNonFinite(gradient) };
    },
  };
}
