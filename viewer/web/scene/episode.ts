/** A recorded episode at any moment, also between its frames: what a timeline is scrubbed through. */
import type { SceneRecording } from "../../../cluster/scene_recording.ts";
import { coordinateUnits } from "../../../cluster/scene_frame.ts";
import { mixCoordinates } from "./mix.ts";

/** An episode that can be shown at any time. */
export class Episode {
  /** From its start to its end, s. */
  readonly duration: number;
  readonly copies: number;
  readonly #recording: SceneRecording;
  readonly #units;
  readonly #coordinates: Float32Array;

  constructor(recording: SceneRecording) {
    const { frames, scene } = recording;
    this.#recording = recording;
    this.#units = coordinateUnits(scene);
    this.copies = frames[0].copies;
    this.duration = (frames.length - 1) * scene.timeStep;
    this.#coordinates = new Float32Array(frames[0].coordinates.length);
  }

  /**
   * Where all copies stand at a time; before the start and after the end as then.
   * @param time s
   * @returns [copy][coordinate], a view that the next call overwrites
   */
  at(time: number): Float32Array {
    const { frames, scene: { timeStep } } = this.#recording;
    const place = Math.min(Math.max(time / timeStep, 0), frames.length - 1);
    const before = Math.min(Math.floor(place), Math.max(frames.length - 2, 0));
    const from = frames[before].coordinates;
    const to = (frames[before + 1] ?? frames[before]).coordinates;
    mixCoordinates(from, to, place - before, this.#units, this.#coordinates);
    return this.#coordinates;
  }
}
