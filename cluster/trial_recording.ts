/**
 * Recorded trials of an arm: the file in which a run keeps what was shown of it, `trials.recording`, and
 * what a page is served of that. All numbers are little-endian, all text is UTF-8.
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | char[8] | "ARMTRIAL" |
 * | 8 | u32 | version, 1 |
 * | 12 | u32 | bytes of the description d |
 * | 16 | char[d] | the run's `description` event (`protocol.ts`), JSON |
 * | 16+d | | records, one a trial, in the order in which they were shown |
 *
 * A record, which is also what a page is served of one trial:
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | u32 | bytes of the header h |
 * | 4 | u32 | bytes of the frames f |
 * | 8 | char[h] | `RecordHeader`, JSON |
 * | 8+h | byte[f] | frames (`frame.ts`), all of one length: the start, then one a step |
 *
 * A file does not grow beyond its limits: it holds every trial at first, then every second, every fourth
 * and so on, and always the latest.
 */
import { decodeFrame, type Frame } from "./frame.ts";
import type { Description, TrialEnded, TrialStarted } from "./protocol.ts";

/** What the file is called in a run's folder. */
export const recordingName = "trials.recording";

/** What stands before a trial's frames. */
export interface RecordHeader {
  /** Its place among all that were shown of the run, from 0; those of trials that are not kept are absent. */
  readonly number: number;
  /** Of every so many trials one was kept when it was written. */
  readonly every: number;
  readonly trial: TrialStarted;
  readonly ended: TrialEnded;
  /** How many, at least one. */
  readonly frames: number;
}

/** A trial as it was shown, whole. */
export interface ShownTrial {
  readonly trial: TrialStarted;
  readonly ended: TrialEnded;
  /** As bytes: the start, then one a step, all of one length. */
  readonly frames: readonly Uint8Array[];
}

/** What a page must know of a recorded trial to find it. */
export interface RecordedTrialSummary {
  readonly number: number;
  readonly task: string;
  /** How many updates the shown weights had had. */
  readonly update: number;
  /** From the first frame to the last, s. */
  readonly duration: number;
  /** How far the hand was from the goal at the end, m; absent where that was not measured. */
  readonly error?: number;
}

/** What a page is told of a recording. */
export interface RecordingIndex {
  /** Whether the run is shown beside it, and the recording goes on. */
  readonly isLive: boolean;
  /** In the order in which they were shown. */
  readonly trials: readonly RecordedTrialSummary[];
}

/** What a server of pages gets recorded trials from. */
export interface RecordingSource {
  /** What there is now. */
  index(): RecordingIndex;
  /** The record of the trial of that number; undefined when it is not, or no longer, there. */
  read(number: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** Where pages find a recording, and a trial of it. */
export const recordingAddress = {
  index: "/recording",
  trial: (number: number) => `/recording/${number}`,
} as const;

const magic = "ARMTRIAL";
const version = 1;
const filePrefix = 16;
const recordPrefix = 8;

/** Bytes of what a file and a record begin with, before their JSON. */
export const prefixBytes = { file: filePrefix, record: recordPrefix } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What a file begins with. */
export function encodeFileHead(description: Description): Uint8Array<ArrayBuffer> {
  const text = encoder.encode(JSON.stringify(description));
  const bytes = new Uint8Array(filePrefix + text.length);
  bytes.set(encoder.encode(magic));
  viewOf(bytes).setUint32(8, version, true);
  viewOf(bytes).setUint32(12, text.length, true);
  bytes.set(text, filePrefix);
  return bytes;
}

/**
 * Bytes of the description behind the first `prefixBytes.file` bytes of a file.
 * @throws {RangeError} when the file is none of recorded trials, or of another version
 */
export function descriptionBytes(prefix: Uint8Array): number {
  if (prefix.length < filePrefix || decoder.decode(prefix.subarray(0, magic.length)) !== magic) {
    throw new RangeError(`no recorded trials: the file does not begin with "${magic}"`);
  }
  const found = viewOf(prefix).getUint32(8, true);
  if (found === version) return viewOf(prefix).getUint32(12, true);
  throw new RangeError(
    `recorded trials of version ${found}; this program reads version ${version}`,
  );
}

/**
 * A trial as a record.
 * @throws {RangeError} when it has no frames, or frames of several lengths
 */
export function encodeRecord(
  { frames, ...what }: ShownTrial,
  place: Pick<RecordHeader, "number" | "every">,
): Uint8Array<ArrayBuffer> {
  const length = frames.at(0)?.length ?? 0;
  const odd = frames.find((frame) => frame.length !== length);
  if (length === 0 || odd) {
    const found = odd ? `a frame of ${odd.length} bytes after one of ${length}` : "no frame";
    throw new RangeError(`trial ${what.trial.trial} has ${found}; expected frames of one length`);
  }
  const header: RecordHeader = { ...place, ...what, frames: frames.length };
  const text = encoder.encode(JSON.stringify(header));
  const bytes = new Uint8Array(recordPrefix + text.length + frames.length * length);
  viewOf(bytes).setUint32(0, text.length, true);
  viewOf(bytes).setUint32(4, frames.length * length, true);
  bytes.set(text, recordPrefix);
  frames.forEach((frame, i) => bytes.set(frame, recordPrefix + text.length + i * length));
  return bytes;
}

/** Bytes of header and frames behind the first `prefixBytes.record` bytes of a record. */
export function recordBytes(
  prefix: Uint8Array,
): { readonly header: number; readonly frames: number } {
  const view = viewOf(prefix);
  return { header: view.getUint32(0, true), frames: view.getUint32(4, true) };
}

/** Reads the header of a record that this page's own server has checked. */
export const servedHeader = (json: string): RecordHeader => JSON.parse(json);

/** A recorded trial; its frames are decoded as they are asked for. */
export interface RecordedTrial {
  readonly header: RecordHeader;
  /** @param index 0 … `header.frames` − 1, the step of the trial */
  frame(index: number): Frame;
}

/**
 * The trial in a record.
 * @param readHeader what makes a header of its JSON, and throws where it is none
 * @throws {RangeError} when the record is cut short
 */
export function decodeRecord(
  bytes: Uint8Array,
  readHeader: (json: string) => RecordHeader,
): RecordedTrial {
  const { header: length, frames } = bytes.length < recordPrefix
    ? { header: 0, frames: 0 }
    : recordBytes(bytes);
  const start = recordPrefix + length;
  if (bytes.length !== start + frames) {
    throw new RangeError(
      `a recorded trial of ${start + frames} bytes came in ${bytes.length}; it was cut short`,
    );
  }
  const header = readHeader(decoder.decode(bytes.subarray(recordPrefix, start)));
  const frameLength = frames / header.frames;
  return {
    header,
    frame: (index) =>
      decodeFrame(bytes.subarray(start + index * frameLength, start + (index + 1) * frameLength)),
  };
}

/** What is told of a trial to find it. */
export function summaryOf({ number, trial, ended, frames }: RecordHeader): RecordedTrialSummary {
  const { finalError, endpointError } = ended.measures;
  const error = finalError ?? endpointError;
  return {
    number,
    task: trial.task,
    update: trial.update,
    duration: (frames - 1) * trial.timeStep,
    ...error !== undefined && { error },
  };
}
