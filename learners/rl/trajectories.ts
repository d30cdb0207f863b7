/**
 * Roll-outs as they are learnt from: pieces put side by side, as networks take them.
 *
 * Arrays are [row][sample], sample = step · copies + copy.
 */
import type { RollOutPiece } from "./roll_out.ts";
import type { RewardScale } from "./running_moments.ts";

/** What happened to all copies. */
export interface Trajectories {
  readonly steps: number;
  readonly copies: number;
  readonly samples: number;
  /** What each step started from. */
  readonly observations: Float64Array;
  /** What each step ended in, before any reset. */
  readonly finalObservations: Float64Array;
  /** As they were drawn, before they were clipped. */
  readonly actions: Float64Array;
  /** Of the policy that acted. */
  readonly logDensities: Float64Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
}

/** Room for trajectories. */
export function emptyTrajectories(
  observationRows: number,
  actionRows: number,
  steps: number,
  copies: number,
): Trajectories {
  const samples = steps * copies;
  const rows = (count: number) => new Float64Array(count * samples);
  return {
    steps,
    copies,
    samples,
    observations: rows(observationRows),
    finalObservations: rows(observationRows),
    actions: rows(actionRows),
    logDensities: rows(1),
    rewards: rows(1),
    terminated: new Uint8Array(samples),
    truncated: new Uint8Array(samples),
  };
}

/** Write what happened, as the pieces in order tell it, into the trajectories of all copies. */
export function layOut(pieces: readonly RollOutPiece[], into: Trajectories): void {
  const { steps, copies, samples } = into;
  let first = 0;
  for (const piece of pieces) {
    const count = piece.copies;
    /** From [step][row][copy]; the steps from `from` on. */
    const place = <A extends Float64Array | Uint8Array>(
      all: A,
      part: A | Float32Array,
      from = 0,
    ) => {
      const rows = all.length / samples;
      for (let step = 0; step < steps; step++) {
        for (let row = 0; row < rows; row++) {
          const source = ((step + from) * rows + row) * count;
          const target = row * samples + step * copies + first;
          for (let copy = 0; copy < count; copy++) all[target + copy] = part[source + copy];
        }
      }
    };
    place(into.observations, piece.observations);
    place(into.finalObservations, piece.observations, 1);
    place(into.actions, piece.actions);
    for (const name of ["logDensities", "rewards"] as const) place(into[name], piece[name]);
    for (const name of ["terminated", "truncated"] as const) place(into[name], piece[name]);
    placeEnds(piece, first, into);
    first += count;
  }
}

/** Where an episode has ended, the next observation is not what the step ended in. */
function placeEnds({ copies: count, ends }: RollOutPiece, first: number, into: Trajectories): void {
  const { steps, copies, samples, finalObservations, terminated, truncated } = into;
  const rows = finalObservations.length / samples;
  let next = 0;
  for (let step = 0; step < steps; step++) {
    for (let copy = 0; copy < count; copy++) {
      const sample = step * copies + first + copy;
      if (!(terminated[sample] | truncated[sample])) continue;
      for (let row = 0; row < rows; row++) finalObservations[row * samples + sample] = ends[next++];
    }
  }
}

/**
 * Scale the rewards, step by step, within ±bound.
 * @param returns undiscounted rewards of the episodes at hand, [copy]; gone on with
 * @returns the mean return, not scaled, of the episodes that have ended; NaN if none has
 */
export function scaleRewards(
  { steps, copies, rewards, terminated, truncated }: Trajectories,
  scale: RewardScale,
  returns: Float64Array,
  bound: number,
): number {
  const ended = new Uint8Array(copies);
  let [sum, episodes] = [0, 0];
  for (let first = 0; first < steps * copies; first += copies) {
    const ofStep = rewards.subarray(first, first + copies);
    for (let copy = 0; copy < copies; copy++) {
      ended[copy] = terminated[first + copy] | truncated[first + copy];
      returns[copy] += ofStep[copy];
      if (!ended[copy]) continue;
      sum += returns[copy];
      episodes++;
      returns[copy] = 0;
    }
    scale.scale(ofStep, ended, bound, ofStep);
  }
  return sum / episodes;
}
