/** Recorded trials over http: what there is, as JSON, and each trial as the bytes in which it is kept. */
import { recordingAddress, type RecordingSource } from "../../cluster/trial_recording.ts";

/** What a request for something recorded is answered with. */
export interface RecordingReply {
  readonly status: 200 | 404;
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

const missing: RecordingReply = {
  status: 404,
  type: "text/plain; charset=utf-8",
  body: "There is no such recorded trial, or no longer.\n",
};

/**
 * The answer to a request for `path`; undefined when that is no address of something recorded. Where nothing
 * is recorded the index is `null`: a page that asks has done nothing wrong.
 */
export async function recordingReply(
  path: string,
  source: RecordingSource | undefined,
): Promise<RecordingReply | undefined> {
  if (path === recordingAddress.index) {
    return { status: 200, type: "application/json", body: JSON.stringify(source?.index() ?? null) };
  }
  // So few digits are a number that is told exactly.
  const [, number] = /^\/recording\/(0|[1-9]\d{0,14})$/.exec(path) ?? [];
  if (number === undefined) return undefined;
  const body = await source?.read(Number(number));
  return body ? { status: 200, type: "application/octet-stream", body } : missing;
}
