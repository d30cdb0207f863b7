/// <reference lib="dom" />
/** The queue: how all jobs stand, and which runs wait for workers. */
import type { JobCounts, Laboratory, RunSummary } from "../../../cluster/protocol.ts";
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { RunLinks } from "./run_links.ts";
import { StateBar } from "./state_bar.ts";
import { barStates, writeMore } from "./words.ts";

type State = (typeof barStates)[number];

/** The panel of the queue. */
export class QueuePanel {
  readonly #bar = new StateBar();
  readonly #states = new KeyedList<readonly [State, number]>(
    element("#queue-states", HTMLElement),
    ([state]) => state,
    stateRow,
  );
  readonly #waiting = new RunLinks(element("#waiting-runs", HTMLElement), writeWaiting);
  readonly #nothing = element("#no-waiting-runs", HTMLElement);
  readonly #more = element("#more-waiting-runs", HTMLElement);

  constructor() {
    element("#queue-bar", HTMLElement).append(this.#bar.element);
  }

  show({ jobs, runs }: Laboratory): void {
    this.#bar.show(jobs, totalOf(jobs));
    this.#states.show(barStates.map((state) => [state, jobs[state]] as const));
    const waiting = runs.list.filter(({ jobs }) => jobs.queued + jobs.paused > 0);
    this.#waiting.show(waiting);
    this.#nothing.hidden = waiting.length > 0;
    setText(this.#more, writeMore(runs.total, runs.list.length, "runs, not looked at"));
  }
}

const writeWaiting = ({ jobs }: RunSummary) =>
  [jobs.queued > 0 ? `${jobs.queued} queued` : "", jobs.paused > 0 ? `${jobs.paused} paused` : ""]
    .filter(Boolean).join(" · ");

const totalOf = (jobs: JobCounts) => barStates.reduce((sum, state) => sum + jobs[state], 0);

/** The bar's key, with numbers. */
function stateRow([state]: readonly [State, number]): Row<readonly [State, number]> {
  const entry = create("div");
  const swatch = create("i", "state-swatch");
  swatch.dataset.state = state;
  const term = create("dt");
  term.append(swatch, state);
  const number = create("dd");
  entry.append(term, number);
  return {
    element: entry,
    show([, count]) {
      setText(number, String(count));
      entry.dataset.zero = String(count === 0);
    },
  };
}
