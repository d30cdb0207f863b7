/** Trials to be recorded, for tests: short ones, that differ. */
import { encodeFrame } from "../../../cluster/frame.ts";
import type { TrialEnded, TrialStarted } from "../../../cluster/protocol.ts";
import type { ShownTrial } from "../../../cluster/trial_recording.ts";

export const timeStep = 0.01;

/** Trial `trial` of weights that had had `update` updates, with `steps` steps after its start. */
export function shownTrial(trial: number, { update = 10 * trial, steps = 5 } = {}): ShownTrial {
  return {
    trial: trialStarted(trial, update, steps),
    ended: trialEnded(trial, steps),
    frames: Array.from({ length: steps + 1 }, (_, step) => frameOf(trial, step)),
  };
}

export const trialStarted = (trial: number, update: number, steps: number): TrialStarted => ({
  type: "trial",
  trial,
  task: "random-reach",
  controller: "bilateral",
  lesion: "none",
  update,
  start: [0, 0.3],
  goal: [0.1, 0.4],
  goTime: 0,
  duration: steps * timeStep,
  timeStep,
  mergeWeights: [1, 1],
});

export const trialEnded = (trial: number, steps: number): TrialEnded => ({
  type: "trial-ended",
  trial,
  measures: { finalError: 0.1 / (1 + trial) },
  speed: Array.from({ length: steps + 1 }, () => 0.2),
});

/** The angles tell the trial and the step. */
export const frameOf = (trial: number, step: number) =>
  encodeFrame({
    trial,
    step,
    angles: [trial / 1000, step / 100],
    handForce: [0, 0],
    activations: [0.5, 0.5],
    hidden: [],
    callosum: [],
  });
