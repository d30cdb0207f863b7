/** What the page fetches of a recording: what there is, and trials one by one, of which it keeps a few. */
import {
  decodeRecord,
  type RecordedTrial,
  recordingAddress,
  type RecordingIndex,
  servedHeader,
} from "../../cluster/trial_recording.ts";

/** Trials that are kept, so that going back and forth between neighbours fetches nothing. */
const mostKept = 8;

/** Answers as `fetch` does. */
export type Fetch = (address: string) => Promise<Response>;

/** Fetches from the page's own server. */
export class TimelineSource {
  readonly #fetch: Fetch;
  /** The one that was asked for last is the last. */
  #kept = new Map<number, Promise<RecordedTrial | undefined>>();

  constructor(fetch: Fetch = (address) => globalThis.fetch(address)) {
    this.#fetch = fetch;
  }

  /**
   * What there is now; nothing when nothing is recorded here.
   * @throws {TypeError} when the server does not answer
   */
  async index(): Promise<RecordingIndex | null> {
    const response = await this.#fetch(recordingAddress.index);
    return response.ok ? await response.json() : null;
  }

  /**
   * A trial by its number; undefined when it is no longer there.
   * @throws {TypeError} when the server does not answer
   */
  trial(number: number): Promise<RecordedTrial | undefined> {
    const trial = this.#kept.get(number) ?? this.#load(number);
    this.#kept.delete(number);
    this.#kept.set(number, trial);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept) this.#kept.delete(oldest);
    return trial;
  }

  /** Forget all trials: another server may have come that calls others so. */
  clear(): void {
    this.#kept = new Map();
  }

  async #load(number: number): Promise<RecordedTrial | undefined> {
    try {
      const response = await this.#fetch(recordingAddress.trial(number));
      if (response.ok) {
        return decodeRecord(new Uint8Array(await response.arrayBuffer()), servedHeader);
      }
    } catch (error) {
      // It may be there when it is asked for again.
      this.#kept.delete(number);
      throw error;
    }
    this.#kept.delete(number);
    return undefined;
  }
}
