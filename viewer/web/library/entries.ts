/** Which methods the library's table lists, and in which order: as the address says. */
import { told } from "../documents.ts";
import { type ClaimState, claimStateOf, claimStates, type SentMethod } from "./method_document.ts";

/** By what the table can be sorted: first as the library has it. */
export const sortKeys = ["family", "method", "year", "claim", "cost"] as const;
export type SortKey = (typeof sortKeys)[number];

/** What the reader wants to see. */
export interface Wish {
  /** Words that an entry must have, each of them somewhere. */
  readonly words: string;
  /** Empty: every one. */
  readonly family: string;
  /** Every one when undefined. */
  readonly claim: ClaimState | undefined;
  readonly sort: SortKey;
  readonly isDescending: boolean;
}

/** What an address's parameters ask for; what they do not say, or cannot say, is as usual. */
export function readWish(parameters: URLSearchParams): Wish {
  const order = parameters.get("sort") ?? "";
  const isDescending = order.startsWith("-");
  const key = isDescending ? order.slice(1) : order;
  return {
    words: parameters.get("words") ?? "",
    family: parameters.get("family") ?? "",
    claim: claimStates.find((state) => state === parameters.get("claim")),
    sort: sortKeys.find((each) => each === key) ?? "family",
    isDescending,
  };
}

/** The parameters that ask for it, as short as they go. */
export function writeWish(
  { words, family, claim, sort, isDescending }: Wish,
): Record<string, string> {
  const isUsual = sort === "family" && !isDescending;
  return {
    ...words && { words },
    ...family && { family },
    ...claim && { claim },
    ...!isUsual && { sort: `${isDescending ? "-" : ""}${sort}` },
  };
}

/** What the table's heading asks for when it is pressed: its key, or the other way round. */
export function turned(wish: Wish, sort: SortKey): Wish {
  return { ...wish, sort, isDescending: wish.sort === sort && !wish.isDescending };
}

/** The methods that are wanted, in the wanted order; those of which nothing is known come last. */
export function chosenMethods(methods: readonly SentMethod[], wish: Wish): SentMethod[] {
  const chosen = methods.filter((method) => isWanted(method, wish));
  if (wish.sort === "family") return wish.isDescending ? chosen.toReversed() : chosen;
  const compare = comparisons[wish.sort];
  const isKnown = wish.sort === "cost" || wish.sort === "claim" ? hasRun : () => true;
  const known = chosen.filter(isKnown).sort(compare);
  if (wish.isDescending) known.reverse();
  return [...known, ...chosen.filter((method) => !isKnown(method))];
}

function isWanted(method: SentMethod, { words, family, claim }: Wish): boolean {
  if (family && method.family !== family) return false;
  if (claim && claimStateOf(method) !== claim) return false;
  const { id, card, summary, citation } = method;
  const text = [id, card, method.family, summary, citation].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

const hasRun = ({ last }: SentMethod) => last !== null;

type Comparison = (a: SentMethod, b: SentMethod) => number;

const comparisons: Readonly<Record<Exclude<SortKey, "family">, Comparison>> = {
  method: (a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0,
  year: (a, b) => a.paper.year - b.paper.year,
  claim: (a, b) => rank(a) - rank(b) || marginOf(b) - marginOf(a),
  cost: (a, b) => secondsOf(a) - secondsOf(b),
};

const rank = (method: SentMethod) => claimStates.indexOf(claimStateOf(method));
/** Zero of what was not judged: it is compared with its like only. */
const marginOf = ({ last }: SentMethod) => told(last?.claim.margin) || 0;
const secondsOf = ({ last }: SentMethod) => told(last?.seconds) || 0;
