/** What is compared: the variants of several runs, each with a letter for its run and a colour of its own. */
import type { ComparisonReference } from "../../../cluster/document_paths.ts";
import { type SentRun, variantsOf } from "../run/run_document.ts";

/** A variant of a run; the variant of a run that has none is "". */
export interface Group extends ComparisonReference {
  /** Its own among all groups. */
  readonly key: string;
  /** That of its run, and what tells it from the other groups: "A · reste". */
  readonly label: string;
  /** By which it has its colour. */
  readonly category: number;
}

/** How many groups are drawn unless the reader chooses: as many as there are colours. */
const drawnAtFirst = 8;

/** The letter of a run by its place. */
export const letterOf = (place: number): string => String.fromCharCode(65 + place);

/** A group's key. No run's name has a line feed in it. */
export const keyOf = ({ run, variant }: ComparisonReference): string => `${run}\n${variant}`;

/** All variants of `runs`, side by side; of runs that are not known yet there are none. */
export function groupsOf(runs: readonly (SentRun | undefined)[]): Group[] {
  const found = runs.flatMap((document, place) => {
    if (!document) return [];
    const { run } = document;
    return variantsOf(document).map((variant) => ({
      run,
      variant,
      key: keyOf({ run, variant }),
      label: [letterOf(place), variant || document.title].join(" · "),
    }));
  });
  return sideBySide(found, ({ variant }) => variant)
    .map((group, category) => ({ ...group, category }));
}

/** The groups that are drawn unless the reader chooses: no more than there are colours. */
export function firstDrawn(groups: readonly Group[]): ReadonlySet<string> {
  return new Set(groups.slice(0, drawnAtFirst).map(({ key }) => key));
}

/**
 * What is to be compared, in an order in which it can be: first what comes first in any of the runs, then what
 * comes second, and so on; what is called the same comes together.
 *
 * @param list run by run
 */
export function sideBySide<Item extends { readonly run: string }>(
  list: readonly Item[],
  nameOf: (item: Item) => string,
): Item[] {
  const lengths = new Map<string, number>();
  const turns = new Map<string, number>();
  for (const item of list) {
    const turn = lengths.get(item.run) ?? 0;
    lengths.set(item.run, turn + 1);
    const name = nameOf(item);
    turns.set(name, Math.min(turns.get(name) ?? Infinity, turn));
  }
  // Where two names have the same turn, each keeps its items together.
  const names = [...turns].sort(([, a], [, b]) => a - b).map(([name]) => name);
  const places = new Map(names.map((name, place) => [name, place]));
  const placeOf = (item: Item) => places.get(nameOf(item)) ?? 0;
  return list.toSorted((a, b) => placeOf(a) - placeOf(b));
}
