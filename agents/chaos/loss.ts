/**
 * What of a sequence was lost, told apart by where the gaps are. The classes are those of Jepsen's analyses
 * (jepsen.io): a lost beginning or end can be a store that is older or younger than it should be; a loss
 * from the middle, with survivors on both sides, is the damning one.
 */

/** What was lost, each class in the order of the sequence. */
export interface Lost<Item> {
  /** Before all that survived. */
  readonly prefix: readonly Item[];
  /** Between two that survived. */
  readonly middle: readonly Item[];
  /** After all that survived; everything when nothing survived. */
  readonly postfix: readonly Item[];
}

/** The items of `sequence` that did not survive. */
export function classifyLost<Item>(
  sequence: readonly Item[],
  survived: (item: Item) => boolean,
): Lost<Item> {
  const first = sequence.findIndex(survived);
  const last = sequence.findLastIndex(survived);
  const lost = (from: number, to: number) => sequence.slice(from, to).filter((i) => !survived(i));
  if (first < 0) return { prefix: [], middle: [], postfix: [...sequence] };
  return {
    prefix: lost(0, first),
    middle: lost(first, last),
    postfix: lost(last, sequence.length),
  };
}

/** How many were lost. */
export function countLost({ prefix, middle, postfix }: Lost<unknown>): number {
  return prefix.length + middle.length + postfix.length;
}
