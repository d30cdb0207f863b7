/**
 * A recorded episode as bytes: what it shows (JSON), then its frames, as they would have been sent live.
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | char[8] | "CALLOSUM" |
 * | 8 | u32 | version, 1 |
 * | 12 | u32 | bytes of the header h |
 * | 16 | char[h] | the header, JSON in UTF-8 |
 * | 16+h | | frames of `scene_frame.ts`, one a step, all of one length, the start first |
 */
import {
  coordinateUnits,
  decodeSceneFrame,
  encodeSceneFrame,
  type SceneFrame,
} from "./scene_frame.ts";
import type { RecordingHeader } from "./scene_protocol.ts";

/** One episode of each copy of a task. */
export interface SceneRecording extends Readonly<Omit<RecordingHeader, "copies" | "frames">> {
  /** The start first, then one a step. */
  readonly frames: readonly SceneFrame[];
}

/** Reads the header of a recording that this page's own server has checked. */
export function servedHeader(json: string): RecordingHeader {
  return JSON.parse(json);
}

const magic = "CALLOSUM";
const version = 1;
const prefixBytes = 16;

/**
 * A recording as bytes.
 * @throws {RangeError} when a frame does not fit the scene
 */
export function encodeRecording(recording: SceneRecording): Uint8Array<ArrayBuffer> {
  const { frames, ...described } = recording;
  const units = coordinateUnits(recording.scene);
  const header = new TextEncoder().encode(
    JSON.stringify({ ...described, copies: recording.outcomes.length, frames: frames.length }),
  );
  const parts = frames.map((frame) => encodeSceneFrame(frame, units));
  const length = parts.reduce((sum, part) => sum + part.length, prefixBytes + header.length);
  const bytes = new Uint8Array(length);
  bytes.set(new TextEncoder().encode(magic));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, version, true);
  view.setUint32(12, header.length, true);
  let offset = prefixBytes;
  for (const part of [header, ...parts]) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/**
 * The recording in `bytes`.
 * @param readHeader `checkedHeader`, which throws where the header is not as expected; in a page
 * `servedHeader`, for what it is served has been checked
 * @throws {RangeError} when they are none, or are cut short
 */
export function decodeRecording(
  bytes: Uint8Array,
  readHeader: (json: string) => RecordingHeader,
): SceneRecording {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to));
  if (bytes.length < prefixBytes || text(0, magic.length) !== magic) {
    throw new RangeError(`not a recorded episode: ${bytes.length} bytes without its first ones`);
  }
  if (view.getUint32(8, true) !== version) {
    throw new RangeError(
      `a recorded episode of version ${view.getUint32(8, true)}; expected ${version}`,
    );
  }
  const start = prefixBytes + view.getUint32(12, true);
  const header = readHeader(text(prefixBytes, start));
  const { copies, frames: count, ...described } = header;
  const units = coordinateUnits(header.scene);
  const frameBytes = (bytes.length - start) / count;
  if (!Number.isInteger(frameBytes)) {
    throw new RangeError(
      `a recorded episode of ${count} frames ends in the middle of one; the file was cut short`,
    );
  }
  const frames = Array.from({ length: count }, (_, i) => {
    const frame = decodeSceneFrame(
      bytes.subarray(start + i * frameBytes, start + (i + 1) * frameBytes),
      units,
    );
    if (frame.copies === copies) return frame;
    throw new RangeError(`frame ${i} is of ${frame.copies} copies; the recording has ${copies}`);
  });
  return { ...described, frames };
}
