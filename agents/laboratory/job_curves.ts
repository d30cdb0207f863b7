/**
 * What a job has measured, folded from its log as it comes and thinned: in bounded room, however long the
 * job takes. An attempt that goes on from a checkpoint says again what came after it, so what is drawn
 * goes back to there as well.
 */
import { decodeRecord } from "../../cluster/jobs/record_table.ts";
import { jobLogEntry } from "../../cluster/jobs/records.ts";
import { laboratoryLimits } from "../../cluster/protocol.ts";
import { ThinnedSeries } from "../../cluster/thinned_series.ts";
import { jobEvent } from "../library/run_config.ts";
import { type LoggedEvent, loggedEvent } from "../sim/run_log.ts";
import { type JobEventLine, jobLine } from "../worker/job_lines.ts";
import { shortened } from "./shortened.ts";

interface Point {
  readonly step: number;
  readonly value: number;
}

/** Numbers over steps. */
export interface CurvePoints {
  readonly x: number[];
  readonly y: number[];
}

/** The curves of one job, by metric. */
export class JobCurves {
  readonly #series = new Map<string, ThinnedSeries<Point>>();
  #epoch = 0;
  #seq = 0;

  /** The metrics that it has said anything of, in the order in which it did. */
  get metrics(): string[] {
    return [...this.#series.keys()];
  }

  /** How a metric went. */
  points(metric: string): CurvePoints {
    const points = this.#series.get(metric)?.items() ?? [];
    return { x: points.map(({ step }) => step), y: points.map(({ value }) => value) };
  }

  /**
   * Add the log's next entry.
   * @throws {BackboneError} "damaged" when it is none of a job's log
   */
  add(payload: Uint8Array): void {
    const entry = decodeRecord("an entry of a job's log", jobLogEntry, payload);
    if (entry.epoch < this.#epoch) return;
    if ("began" in entry) {
      this.#epoch = entry.epoch;
      this.#seq = 0;
      return this.#goBackTo(entry.began.step);
    }
    // What is there twice is one entry; what lacks its beginning belongs to nobody.
    if (entry.epoch !== this.#epoch || entry.seq <= this.#seq) return;
    this.#seq = entry.seq;
    for (const line of entry.events) this.#addLine(line);
  }

  #goBackTo(step: number): void {
    for (const series of this.#series.values()) series.truncate((point) => point.step <= step);
  }

  #addLine(line: unknown): void {
    const read = jobLine.safeParse(line).data;
    if (read && "event" in read) this.addEvent(read);
  }

  /** Add what a job says at a step: its next event, of either kind of job. */
  addEvent({ step, event }: Pick<JobEventLine, "step" | "event">): void {
    for (const [metric, value] of numbersOf(event)) {
      if (Number.isFinite(value)) this.#addPoint(shortened(metric), { step, value });
    }
  }

  #addPoint(metric: string, point: Point): void {
    let series = this.#series.get(metric);
    if (!series) {
      if (this.#series.size >= laboratoryLimits.metrics) return;
      // The latest point comes on top of those that are kept.
      series = new ThinnedSeries(laboratoryLimits.points - 1);
      this.#series.set(metric, series);
    }
    if (point.step > (series.latest?.step ?? -Infinity)) series.push(point);
  }
}

/** The numbers in an event of either kind of job, by name. */
export function numbersOf(event: Readonly<Record<string, unknown>>): [string, number][] {
  const sim = loggedEvent.safeParse(event).data;
  if (sim) return simNumbers(sim);
  const library = jobEvent.safeParse(event).data;
  return Object.entries(library?.metrics ?? {}).map(([name, value]) => [name, value ?? NaN]);
}

function simNumbers(event: LoggedEvent): [string, number][] {
  if (event.type === "progress") {
    const losses = Object.entries(event.losses);
    return [
      ["final error (m)", event.finalError],
      ...losses.map(([name, value]): [string, number] => [`loss: ${name}`, value]),
    ];
  }
  const error = event.measures.finalError;
  // Those after the training say how it was before, and in other engines; they are no points of its curve.
  return event.stage === "during" && error !== undefined
    ? [["held-out final error (m)", error]]
    : [];
}
