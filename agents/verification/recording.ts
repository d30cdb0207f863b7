/** What a run folder has kept of a job, and how a stretch of it is done again. */
import type { GoodCheckpoints } from "../../cluster/checkpoint_pair.ts";
import type { Bounds, KeptCheckpoint, Stretch } from "./stretch.ts";

/** How a stretch is done again. */
export interface ReplaySettings {
  /** Stops it; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Told how it goes. */
  readonly onProgress: (progress: ReplayProgress) => void;
}

/** How a replay goes. */
export interface ReplayProgress {
  readonly step: number;
  readonly steps: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** The last two checkpoints of a job, as far as they are there and intact. */
export interface KeptCheckpoints {
  readonly latest?: KeptCheckpoint;
  readonly previous?: KeptCheckpoint;
}

/** A job as it was kept. */
export interface Recording {
  /** The job's name; of a run that is one job the run's. */
  readonly name: string;
  /** Whether it has a result. */
  readonly finished: boolean;
  readonly checkpoints: KeptCheckpoints;
  /**
   * A checkpoint of it out of a file.
   * @throws {SafetensorsError | SnapshotError | CheckpointError} when the bytes are none of such a job
   */
  readCheckpoint(bytes: Uint8Array<ArrayBuffer>): KeptCheckpoint;
  /** What was kept of a stretch. */
  kept(bounds: Bounds): Stretch;
  /**
   * Do a stretch again, here and now; what was kept stays as it is.
   * @throws what goes wrong with it
   */
  replay(bounds: Bounds, settings: ReplaySettings): Promise<Stretch>;
}

/** Checkpoints read by `read`. */
export function readAll(
  { latest, previous }: GoodCheckpoints,
  read: Recording["readCheckpoint"],
): KeptCheckpoints {
  return {
    ...latest && { latest: read(latest) },
    ...previous && { previous: read(previous) },
  };
}

/** The checkpoints in a stretch: those beyond its beginning, up to its end. */
export function checkpointsWithin(
  checkpoints: KeptCheckpoints,
  { from, until }: Bounds,
): ReadonlyMap<number, Uint8Array<ArrayBuffer>> {
  const all = [checkpoints.previous, checkpoints.latest, until].filter((each) =>
    each !== undefined
  );
  const [first, last] = [from?.step ?? -1, until?.step ?? Infinity];
  return new Map(
    all.filter(({ step }) => step > first && step <= last).map(({ step, bytes }) => [step, bytes]),
  );
}
