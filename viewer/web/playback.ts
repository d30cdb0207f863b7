/**
 * Turns frames that arrive when they arrive into smooth motion: a clock of simulated time that stays a
 * few hundredths of a second behind the newest frame, and the posture between the two frames around it.
 */
import { type Frame, trialOfFrame } from "../../cluster/frame.ts";
import { shortestTurn } from "./scene/mix.ts";

/** What is shown at one moment. */
export interface Instant {
  /** Simulated time within the trial, s. */
  readonly time: number;
  /** Angles, force and activations are interpolated; the network's activities are the last frame's. */
  readonly frame: Frame;
  /** The frames that the clock has passed since the last call, in order. */
  readonly passed: readonly Frame[];
}

/** More than a second of frames at any speed; older ones are dropped, as in a tab that is not seen. */
const frameLimit = 1024;
/** How far the clock stays behind the newest frame, s of real time. */
const lag = 0.035;
/** Beyond this the clock jumps, s of real time. */
const largestLag = 0.3;

/** The frames of the current trial and the clock that runs through them. */
export class Playback {
  #trial = -1;
  #timeStep = 0.01;
  #frames: Frame[] = [];
  #time = 0;
  #lastShown = -Infinity;

  /** A new trial: everything of the one before is dropped. */
  begin(trial: number, timeStep: number): void {
    this.#trial = trialOfFrame(trial);
    this.#timeStep = timeStep;
    this.#frames = [];
    this.#time = 0;
    this.#lastShown = -Infinity;
  }

  /** Take a frame in. Those of other trials, and those that are late, are ignored. */
  push(frame: Frame): void {
    const newest = this.#frames.at(-1);
    if (frame.trial !== this.#trial || (newest && frame.step <= newest.step)) return;
    if (!newest) this.#time = frame.step * this.#timeStep;
    this.#frames.push(frame);
    if (this.#frames.length > frameLimit) this.#frames.shift();
  }

  /**
   * Move the clock on.
   *
   * @param realSeconds real time since the last call
   * @param speed shown seconds per real second
   * @returns what to show, or nothing when nothing has changed
   */
  advance(realSeconds: number, speed: number): Instant | undefined {
    const newest = this.#frames.at(-1);
    if (!newest) return undefined;
    const end = newest.step * this.#timeStep;
    this.#time = Math.min(end, this.#tick(end, realSeconds, speed));
    if (this.#time === this.#lastShown) return undefined;

    const before = this.#frames.findLastIndex(({ step }) =>
      step * this.#timeStep <= this.#time + 1e-9
    );
    const from = this.#frames[Math.max(before, 0)];
    const to = this.#frames[before + 1] ?? from;
    const passed = this.#frames.slice(0, before + 1)
      .filter(({ step }) => step * this.#timeStep > this.#lastShown + 1e-9);
    // The frame that the interpolation starts from is still needed; those before it are not.
    this.#frames.splice(0, Math.max(before, 0));
    this.#lastShown = this.#time;
    const gap = to.step - from.step;
    const share = gap > 0 ? (this.#time / this.#timeStep - from.step) / gap : 0;
    return { time: this.#time, frame: between(from, to, share), passed };
  }

  #tick(end: number, realSeconds: number, speed: number): number {
    const wanted = lag * speed + this.#timeStep;
    const behind = end - this.#time;
    if (behind > largestLag * speed + 4 * this.#timeStep) return end - wanted;
    // A little faster when too far behind, a little slower when too near: never a visible jump.
    const correction = Math.max(-0.2, Math.min(0.5, (behind - wanted) / (0.2 * speed)));
    return this.#time + realSeconds * speed * (1 + correction);
  }
}

function between(from: Frame, to: Frame, share: number): Frame {
  if (from === to) return from;
  const mix = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Float32Array.from({ length: a.length }, (_, i) => a[i] + (b[i] - a[i]) * share);
  const turn = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Float32Array.from({ length: a.length }, (_, i) => a[i] + shortestTurn(b[i] - a[i]) * share);
  return {
    ...from,
    angles: turn(from.angles, to.angles),
    handForce: mix(from.handForce, to.handForce),
    activations: mix(from.activations, to.activations),
  };
}
