/**
 * What the reader wants to have compared. It stands in the address,
 * `#/compare?runs=a,b&metric=loss&measure=accuracy&reference=a:reste`, so that it outlives a reload and can be
 * sent to somebody.
 */
import type { ComparisonReference } from "../../../cluster/document_paths.ts";
import { isWatchable } from "../laboratory/chosen_run.ts";
import { writeAddress } from "../router.ts";

/** Runs that may be compared at once, as `documentLimits.compared`: the server opens no more. */
export const mostRuns = 12;

/** What is to be compared. */
export interface Wish {
  /** At most `mostRuns`, each once; the order is that of their letters and colours. */
  readonly runs: readonly string[];
  /** Whose curves are drawn; the first that all runs have when undefined. */
  readonly metric?: string;
  /** The metric of the results by which variants are told apart; the runs' first one when undefined. */
  readonly measure?: string;
  /** What the others are compared with; the first variant when undefined. */
  readonly reference?: ComparisonReference;
}

/** Nothing is chosen yet. */
export const noWish: Wish = { runs: [] };

/** The wish in an address's parameters; what cannot be a run's name is left out. */
export function readWish(parameters: URLSearchParams): Wish {
  const names = (parameters.get("runs") ?? "").split(",").filter(isRunName);
  const [metric, measure] = [parameters.get("metric"), parameters.get("measure")];
  const reference = readReference(parameters.get("reference") ?? "");
  return {
    runs: [...new Set(names)].slice(0, mostRuns),
    ...metric && { metric },
    ...measure && { measure },
    ...reference && { reference },
  };
}

/** The address of a wish, from `#` on. */
export function writeWish({ runs, metric, measure, reference }: Wish): string {
  const address = writeAddress("compare", [], {
    ...runs.length > 0 && { runs: runs.join(",") },
    ...metric !== undefined && { metric },
    ...measure !== undefined && { measure },
    ...reference && { reference: `${reference.run}:${reference.variant}` },
  });
  // As people would write it; a comma means nothing else in an address.
  return address.replaceAll("%2C", ",");
}

/**
 * `wish` with a run more, or without it if it is there already. A reference that has left is none.
 * A run too many changes nothing.
 */
export function toggleRun(wish: Wish, run: string): Wish {
  if (!wish.runs.includes(run)) {
    return wish.runs.length < mostRuns ? { ...wish, runs: [...wish.runs, run] } : wish;
  }
  const runs = wish.runs.filter((other) => other !== run);
  return { ...wish, runs, reference: wish.reference?.run === run ? undefined : wish.reference };
}

const isRunName = (run: string) => isWatchable({ run, metric: null });

function readReference(text: string): ComparisonReference | undefined {
  const colon = text.indexOf(":");
  const run = text.slice(0, colon);
  return colon > 0 && isRunName(run) ? { run, variant: text.slice(colon + 1) } : undefined;
}
