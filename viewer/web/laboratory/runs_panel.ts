/// <reference lib="dom" />
/** The list of runs, of which one is chosen. */
import type { Laboratory, RunSummary } from "../../../cluster/protocol.ts";
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { StateBar } from "./state_bar.ts";
import { writeCounts, writeMore, writeShare, writeTime } from "./words.ts";

/** The panel of the runs. */
export class RunsPanel {
  readonly #host = element("#runs", HTMLElement);
  readonly #facts = element("#runs-facts", HTMLElement);
  readonly #nothing = element("#no-runs", HTMLElement);
  readonly #more = element("#more-runs", HTMLElement);
  readonly #rows: KeyedList<RunSummary>;
  readonly #choose: (run: string) => void;
  #runs: readonly RunSummary[] = [];
  #chosen = "";

  /** @param choose called when the reader chooses a run */
  constructor(choose: (run: string) => void) {
    this.#choose = choose;
    this.#rows = new KeyedList(this.#host, ({ run }) => run, ({ run }) => this.#row(run));
    this.#host.addEventListener("keydown", (event) => this.#key(event));
  }

  /** The run that is chosen. */
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
    const button = create("button");
    button.type = "button";
    button.addEventListener("click", () => this.#choose(run));
    const title = create("span", "line");
    const share = create("span");
    const bar = new StateBar();
    const counts = create("span", "line second");
    const time = create("span", "line second");
    button.append(title, share, bar.element, counts, time);
    item.append(button);
    return {
      element: item,
      show: (summary) => {
        button.setAttribute("aria-current", String(run === this.#chosen));
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
    const buttons = [...this.#host.querySelectorAll("button")];
    const focused = buttons.findIndex((button) => button === document.activeElement);
    const next = buttons[focused + step];
    if (focused < 0 || !next) return;
    event.preventDefault();
    next.focus();
  }
}
