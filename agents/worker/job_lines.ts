/**
 * The lines of a job's log, as its worker writes them: the events of its steps, and what the job had
 * cost, and on what, when a step was kept.
 *
 * A job that goes on elsewhere says again what it had said beyond its checkpoint. Every event therefore
 * carries where it belongs, its step and its number among the events of that step, which are the same
 * whoever does the job: an event that is there twice is one event.
 */
import { z } from "zod";
import type { ExecutionCost } from "./executor.ts";

const cost = z.strictObject({ seconds: z.number().min(0), tensorBytes: z.number().min(0) });

const eventLine = z.strictObject({
  step: z.int().min(0),
  /** Among the events of this step, from 0. */
  number: z.int().min(0),
  event: z.record(z.string(), z.unknown()),
});

const keptLine = z.strictObject({
  /** The step that was kept. */
  step: z.int().min(0),
  /** Of the whole job up to there, all attempts together. */
  cost,
  /** What has computed it, such as `A`, or `A, then B` where it went on elsewhere. */
  device: z.string(),
});

/** A line of a job's log. */
export const jobLine = z.union([eventLine, keptLine]);

export type JobLine = z.infer<typeof jobLine>;
export type JobEventLine = z.infer<typeof eventLine>;

/**
 * The events of a job, each once, in the order of their steps.
 * @param lines of the job's log, oldest first, as `foldJobLog` gives them
 * @throws {z.ZodError} when one is no line of a job's log
 */
export function jobEvents(lines: readonly unknown[]): JobEventLine[] {
  const events = new Map<string, JobEventLine>();
  for (const line of lines) {
    const parsed = jobLine.parse(line);
    if ("event" in parsed) events.set(`${parsed.step}/${parsed.number}`, parsed);
  }
  return [...events.values()].sort((a, b) => a.step - b.step || a.number - b.number);
}

/** What the making of a job, or of a part of it, has taken. */
export interface Making {
  readonly cost: ExecutionCost;
  /** As in the log; empty of nothing. */
  readonly device: string;
}

/** Of a job that nobody has begun. */
export const nothingMade: Making = { cost: { seconds: 0, tensorBytes: 0 }, device: "" };

/** What it had taken until `step` was kept; nothing when that is not in the job's log. */
export function makingUntil(lines: readonly unknown[], step: number): Making {
  for (const line of lines.toReversed()) {
    const parsed = jobLine.parse(line);
    if ("cost" in parsed && parsed.step === step) return parsed;
  }
  return nothingMade;
}

/** What two parts of a job have taken together. */
export function together(before: Making, after: Making): Making {
  const { seconds, tensorBytes } = before.cost;
  const [latest] = before.device.split(separator).slice(-1);
  return {
    cost: {
      seconds: seconds + after.cost.seconds,
      tensorBytes: Math.max(tensorBytes, after.cost.tensorBytes),
    },
    device: latest === after.device || latest === ""
      ? before.device || after.device
      : `${before.device}${separator}${after.device}`,
  };
}

/** Between devices that have worked on a job one after the other. */
const separator = ", then ";
