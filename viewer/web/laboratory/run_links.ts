/// <reference lib="dom" />
/** Runs in a line each: a link, and a few words. */
import type { RunSummary } from "../../../cluster/protocol.ts";
import { create, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { writeAddress } from "../router.ts";

/** A list of links to runs. */
export class RunLinks {
  readonly #rows: KeyedList<RunSummary>;

  /** @param write what is said of a run beside its title */
  constructor(host: HTMLElement, write: (run: RunSummary) => string) {
    this.#rows = new KeyedList(host, ({ run }) => run, ({ run }) => row(run, write));
  }

  show(runs: readonly RunSummary[]): void {
    this.#rows.show(runs);
  }
}

function row(run: string, write: (run: RunSummary) => string): Row<RunSummary> {
  const item = create("li");
  const link = create("a", "line");
  link.href = writeAddress("runs", [run]);
  link.title = run;
  const words = create("span", "line second");
  item.append(link, words);
  return {
    element: item,
    show(summary) {
      setText(link, summary.title);
      setText(words, write(summary));
    },
  };
}
