/** Contestants whose runs are so many steps of something, and the table of their speeds. */
import {
  type ByClock,
  type Clock,
  clockColumns,
  type Contestant,
  contestant,
  ratio,
  type Work,
} from "./timing.ts";

/** In which a contestant computes. */
export type Precision = "single" | "double" | "single and double";

/** What a speed means nothing without. */
export interface Conditions {
  readonly precision: Precision;
  /** Whether the engine or the model has none, or they are switched off. */
  readonly contacts: "none" | "off";
  /** Copies that are stepped side by side. */
  readonly batch: number;
  /** What a step includes, for the legend. */
  readonly includes: string;
}

/** A work that is so many steps, of all copies together. */
export interface StepWork extends Work {
  readonly steps: number;
}

/** A contestant whose run is so many steps, of all copies together. */
export interface StepContestant extends Contestant, Conditions {
  readonly steps: number;
}

/** A contestant that does `work` in this process. */
export function stepContestant(
  name: string,
  work: StepWork,
  conditions: Conditions,
  clock: Clock,
): StepContestant {
  return { ...contestant(name, work, clock), ...conditions, steps: work.steps };
}

/** What each contestant's step is, a line each. */
export function stepLegend(
  contestants: readonly Pick<StepContestant, "name" | "includes">[],
): string {
  return contestants.map(({ name, includes }) => `${name}: ${includes}`).join("\n");
}

/** Steps a second of a contestant whose run takes so many milliseconds. */
const speed = (steps: number, milliseconds: number) => 1000 * steps / milliseconds;

/**
 * A row for each contestant: its conditions, its speed, and how many times as fast some of ours are.
 * @param unit steps in which speeds are told, and what to call them
 * @param ours the places of those, by a short name
 */
export function stepRows(
  contestants: readonly StepContestant[],
  results: ByClock,
  unit: { readonly name: string; readonly steps: number },
  ours: Readonly<Record<string, number>>,
): Record<string, Record<string, string | number>> {
  const over = (base: number, i: number) => (clock: Clock) =>
    ratio(results[clock][i], results[clock][base]) *
    contestants[base].steps / contestants[i].steps;
  return Object.fromEntries(
    contestants.map(({ name, precision, contacts, batch, steps }, i) => [name, {
      precision,
      contacts,
      batch,
      ...clockColumns(
        `${unit.name}/s`,
        (clock) => speed(steps, results[clock][i].milliseconds) / unit.steps,
      ),
      ...Object.assign(
        {},
        ...Object.entries(ours).map(([name, base]) =>
          clockColumns(`${name} over it`, over(base, i))
        ),
      ),
    }]),
  );
}
