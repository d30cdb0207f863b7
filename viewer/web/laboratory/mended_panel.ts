/// <reference lib="dom" />
/** What went wrong and was mended: counters, each with what it means. */
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";

/** What the laboratory's counters count. */
const meanings: Readonly<Record<string, string>> = {
  "attempts lost": "A worker fell silent; its job went on elsewhere",
  "attempts failed": "An error ended a job; it was tried again, or its run says why not",
  "handed over": "A worker that left gave its job to another one",
  "redelivered": "The queue offered a job again",
  "fenced": "A worker that had lost its job still wrote; it was refused",
  "dead letters": "A message that nobody understood was set aside",
  "frames dropped": "A picture was left out for a page that was behind",
};

type Counter = readonly [name: string, count: number];

/** The panel of the counters. */
export class MendedPanel {
  readonly #rows = new KeyedList<Counter>(
    element("#counters", HTMLElement),
    ([name]) => name,
    row,
  );

  show(counters: Readonly<Record<string, number>>): void {
    this.#rows.show(Object.entries(counters));
  }
}

function row([name]: Counter): Row<Counter> {
  const entry = create("div");
  const term = create("dt", "", name);
  const count = create("dd", "count");
  const meaning = Object.hasOwn(meanings, name) ? meanings[name] : "";
  entry.append(term, count, create("dd", "meaning", meaning));
  return {
    element: entry,
    show([, number]) {
      setText(count, String(number));
      entry.dataset.zero = String(number === 0);
    },
  };
}
