/** What the compared groups have come to: a row a measure, with a number for each group. */
import { told } from "../documents.ts";
import type { SentRun } from "../run/run_document.ts";
import type { Group } from "./groups.ts";

/** A measure of a group, over its seeds. */
export interface MeasureCell {
  readonly mean: number;
  /** 95 %, of the mean; undefined where it cannot be told. */
  readonly interval: readonly [low: number, high: number] | undefined;
  readonly seeds: number;
  /** Where it is between the row's lowest, 0, and its highest, 1; undefined where all are equal. */
  readonly share: number | undefined;
}

/** A measure of all groups. */
export interface MeasureRow {
  readonly measure: string;
  /** In the groups' order; undefined of a group that does not have it, or not yet. */
  readonly cells: readonly (MeasureCell | undefined)[];
}

type Summary = Omit<MeasureCell, "share">;
type Summaries = ReadonlyMap<string, Summary>;

/** The measures of `groups`, in the order in which their runs have them. */
export function measureRows(
  groups: readonly Group[],
  documents: ReadonlyMap<string, SentRun>,
): MeasureRow[] {
  const columns = groups.map(({ run, variant }) => {
    const document = documents.get(run);
    return document ? summariesOf(document, variant) : new Map<string, Summary>();
  });
  const measures = new Set(columns.flatMap((column) => [...column.keys()]));
  return [...measures].map((measure) => ({
    measure,
    cells: placed(columns.map((column) => column.get(measure))),
  }));
}

function summariesOf(document: SentRun, variant: string): Summaries {
  return document.kind === "library"
    ? ofVariant(document.results?.variants[variant])
    : ofOnlyJob(document.jobs.list.find((job) => job.variant === variant)?.metrics);
}

type LibraryResults = NonNullable<Extract<SentRun, { kind: "library" }>["results"]>;

function ofVariant(variant: LibraryResults["variants"][string] | undefined): Summaries {
  return new Map(
    Object.entries(variant?.metrics ?? {}).map(([measure, { mean, values, interval }]) => [
      measure,
      {
        mean: told(mean),
        interval: interval ? [told(interval[0]), told(interval[1])] : undefined,
        seeds: values.length,
      },
    ]),
  );
}

/** A run of one job has one seed, which says nothing of the others. */
function ofOnlyJob(metrics: Readonly<Record<string, number | null>> = {}): Summaries {
  return new Map(
    Object.entries(metrics).map(([measure, value]) => [
      measure,
      { mean: told(value), interval: undefined, seeds: 1 },
    ]),
  );
}

function placed(row: readonly (Summary | undefined)[]): MeasureRow["cells"] {
  const means = row.flatMap((summary) => summary ? [summary.mean] : []).filter(Number.isFinite);
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return row.map((summary) =>
    summary && {
      ...summary,
      share: high > low && Number.isFinite(summary.mean)
        ? (summary.mean - low) / (high - low)
        : undefined,
    }
  );
}
