/**
 * A stretch of a job: what happened between two of its checkpoints, or from its beginning, or to its end.
 * A stretch that is done again must be the same, bit for bit where the same backend computes.
 */
import { digestOf } from "../../cluster/digest.ts";
import { decodeSafetensors } from "../../learners/nn/safetensors.ts";
import { type Difference, larger, largestDifference } from "./difference.ts";

/** A checkpoint that was kept. */
export interface KeptCheckpoint {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Steps that the job had done then. */
  readonly step: number;
}

/** Which stretch. */
export interface Bounds {
  /** What it goes on from; the job's beginning unless given. */
  readonly from?: KeptCheckpoint;
  /** The checkpoint that it ends with; the job's end unless given. */
  readonly until?: KeptCheckpoint;
}

/** What came of a stretch. */
export interface Stretch {
  /** Its lines of the job's log, as JSON. */
  readonly events: readonly unknown[];
  /** By step. */
  readonly checkpoints: ReadonlyMap<number, Uint8Array>;
  /** What the job came to, as JSON; undefined when the stretch ends before. */
  readonly result?: unknown;
}

/** Whether a stretch is the same. */
export interface Verdict {
  /** `within tolerance` only where another backend or device has computed. */
  readonly outcome: "the same, bit for bit" | "the same within tolerance" | "different";
  /** How many events there were to compare. */
  readonly events: number;
  /** The steps whose checkpoints were compared. */
  readonly checkpoints: readonly number[];
  /** Whether there were results to compare. */
  readonly result: boolean;
  /** Where most; undefined when there is none. */
  readonly difference?: Difference;
}

/**
 * Compare what was kept of a stretch with what came of it when it was done again.
 *
 * @param tolerance the largest `Difference.size` that still counts as the same; 0 asks for every bit
 */
export function compareStretches(kept: Stretch, again: Stretch, tolerance: number): Verdict {
  const checkpoints = [...kept.checkpoints.keys()].sort((a, b) => a - b);
  const differences = [
    ...kept.events.map((event, index) =>
      largestDifference(event, again.events[index], eventName(index))
    ),
    surplus(kept.events, again.events),
    ...checkpoints.map((step) =>
      checkpointDifference(step, kept.checkpoints.get(step)!, again.checkpoints.get(step))
    ),
    largestDifference(kept.result, again.result, "result"),
  ];
  // In their order in time: the first of equally large ones explains the others.
  const largest = differences.reduce(larger, undefined);
  const outcome = largest === undefined
    ? "the same, bit for bit"
    : largest.size <= tolerance
    ? "the same within tolerance"
    : "different";
  const compared = { events: kept.events.length, checkpoints, result: kept.result !== undefined };
  return { outcome, ...compared, ...(largest && { difference: largest }) };
}

const eventName = (index: number) => `event ${index + 1}`;

/** The first event that there was not before. */
function surplus(
  kept: readonly unknown[],
  again: readonly unknown[],
): Difference | undefined {
  return largestDifference(undefined, again[kept.length], eventName(kept.length));
}

function checkpointDifference(
  step: number,
  kept: Uint8Array,
  again: Uint8Array | undefined,
): Difference | undefined {
  const path = `checkpoint after step ${step}`;
  const [expected, found] = [kept, again].map((bytes) => bytes && digestOf(bytes));
  if (expected === found) return undefined;
  if (again === undefined) return { path, expected, found, size: Infinity };
  // The digests say that they differ, the tensors by how much.
  const differs = { path, expected, found, size: Infinity };
  return largestDifference(contentOf(kept), contentOf(again), path) ?? differs;
}

/** Tensors by name, and the metadata, whose values are read where they are JSON. */
function contentOf(bytes: Uint8Array): unknown {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const values = Object.entries(metadata).map(([key, text]) => [key, readJson(text)]);
  return { ...tensors, metadata: Object.fromEntries(values) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A plain text, such as a format's name.
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
