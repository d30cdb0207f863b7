/// <reference lib="dom" />
/** The list of runs, each a link to it, with a box to mark it for a comparison. */
import type { Laboratory, RunSummary } from "../../../cluster/protocol.ts";
import type { RunMarks } from "../compare/run_marks.ts";
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { writeAddress } from "../router.ts";
import { StateBar } from "./state_bar.ts";
import { writeCounts, writeMore, writeShare, writeTime } from "./words.ts";

/** The panel of the runs. */
export class RunsPanel {
  readonly #host = element("#runs", HTMLElement);
  readonly #facts = element("#runs-facts", HTMLElement);
  readonly #nothing = element("#no-runs", HTMLElement);
  readonly #more = element("#more-runs", HTMLElement);
  readonly #rows: KeyedList<RunSummary>;
  #runs: readonly RunSummary[] = [];
  #chosen = "";

  constructor(private readonly marks: RunMarks) {
    this.#rows = new KeyedList(this.#host, ({ run }) => run, ({ run }) => this.#row(run));
    this.#host.addEventListener("keydown", (event) => this.#key(event));
  }

  /** The run that is shown. */
  set chosen(run: string) {
    this.#chosen = run;
    this.#rows.show(this.#runs);
  }

  show({ runs, jobs }: Laboratory): void {
    this.#runs = runs.list;
    this.#rows.show(runs.list);
    setText(this.#facts, writeCounts(jobs));
    setText(this.#more, writeMore(runs.total, runs.list.length, "runs"));
    this.#nothing.hidden = runs.total > 0;
  }

  #row(run: string): Row<RunSummary> {
    const item = create("li");
    const link = create("a");
    link.href = writeAddress("runs", [run]);
    const title = create("span", "line");
    const share = create("span");
    const bar = new StateBar();
    const counts = create("span", "line second");
    const time = create("span", "line second");
    link.append(title, share, bar.element, counts, time);
    item.append(this.marks.box(run), link);
    return {
      element: item,
      show: (summary) => {
        link.ariaCurrent = String(run === this.#chosen);
        setText(title, summary.title);
        title.title = summary.run;
        setText(share, writeShare(summary.progress));
        bar.show(summary.jobs, summary.total);
        setText(counts, writeCounts(summary.jobs));
        setText(time, writeTime(summary, new Date()));
      },
    };
  }

  /** Up and down go through the runs. */
  #key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const links = [...this.#host.querySelectorAll("a")];
    const focused = links.findIndex((link) => link === document.activeElement);
    const next = links[focused + step];
    if (focused < 0 || !next) return;
    event.preventDefault();
    next.focus();
  }
}
