/**
 * Keeps what is shown of a run: whole trials, with all their frames, as they pass over the bus. It never
 * disturbs the run: when it cannot go on, it says so once and leaves off.
 */
import { type Bus, subjects, type Subscription } from "../../cluster/bus.ts";
import { decodeFrame, trialOfFrame } from "../../cluster/frame.ts";
import { decodeEvent, type Event, type TrialStarted } from "../../cluster/protocol.ts";
import type { RecordingIndex, RecordingSource } from "../../cluster/trial_recording.ts";
import type { RecordingFile } from "./recording_file.ts";

/** The largest trial that is kept, bytes: it waits in memory until it has ended. */
const largestTrial = 4 * 2 ** 20;

/** A trial that is being shown. */
interface Begun {
  readonly trial: TrialStarted;
  readonly frames: Uint8Array[];
  bytes: number;
  /** Whether nothing of it is missing so far. */
  isWhole: boolean;
}

/** Records until it is closed. */
export class RunRecorder {
  readonly #file: RecordingFile;
  readonly #onError: (error: unknown) => void;
  readonly #subscriptions: readonly Subscription[];
  #begun: Begun | undefined;
  #hasFailed = false;

  /** @param onError told once, when no more can be recorded */
  constructor(bus: Bus, run: string, file: RecordingFile, onError: (error: unknown) => void) {
    this.#file = file;
    this.#onError = onError;
    this.#subscriptions = [
      bus.subscribe(subjects.events(run), (payload) => this.#hear(decodeEvent(payload))),
      bus.subscribe(subjects.frames(run), (payload) => this.#see(payload)),
    ];
  }

  /** Leave the bus; a trial that has not ended is not kept. */
  close(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #hear(event: Event): void {
    if (event.type === "trial") {
      this.#begun = { trial: event, frames: [], bytes: 0, isWhole: true };
    }
    if (event.type !== "trial-ended") return;
    const begun = this.#begun;
    this.#begun = undefined;
    if (this.#hasFailed || !begun?.isWhole || begun.trial.trial !== event.trial) return;
    if (begun.frames.length === 0) return;
    this.#file.append({ trial: begun.trial, ended: event, frames: begun.frames })
      .catch((error) => this.#fail(error));
  }

  #see(payload: Uint8Array): void {
    const begun = this.#begun;
    if (!begun?.isWhole) return;
    const { trial, step } = decodeFrame(payload);
    begun.bytes += payload.length;
    begun.isWhole = trial === trialOfFrame(begun.trial.trial) && step === begun.frames.length &&
      begun.bytes <= largestTrial;
    if (begun.isWhole) begun.frames.push(payload);
    else begun.frames.length = 0;
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#onError(error);
  }
}

/** A file as pages are served it. */
export function recordingSource(
  file: RecordingFile,
  { isLive }: Pick<RecordingIndex, "isLive">,
): RecordingSource {
  return {
    index: () => ({ isLive, trials: file.trials }),
    read: (number) => file.read(number),
  };
}
