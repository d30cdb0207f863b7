/// <reference lib="dom" />
/** What can be ordered of a run: pause, continue, retry, cancel. */
import type { JobCounts, RunSummary } from "../../../cluster/protocol.ts";
import { create } from "../dom.ts";
import type { Orders, Question } from "./orders.ts";

type RunOrder = "pause" | "continue" | "retry" | "cancel";

interface Form {
  readonly order: RunOrder;
  readonly label: string;
  /** The states of the jobs that it means something to. */
  readonly concerns: readonly (keyof JobCounts)[];
  readonly hint: string;
  readonly question?: (run: RunSummary, jobs: number) => Question;
}

const forms: readonly Form[] = [
  {
    order: "pause",
    label: "Pause",
    concerns: ["queued", "running"],
    hint: "Its jobs wait from their next checkpoint on",
  },
  {
    order: "continue",
    label: "Continue",
    concerns: ["paused"],
    hint: "Paused jobs go on from their checkpoints",
  },
  {
    order: "retry",
    label: "Retry",
    concerns: ["failed", "cancelled"],
    hint: "Jobs that have failed or were cancelled are queued again",
  },
  {
    order: "cancel",
    label: "Cancel",
    concerns: ["queued", "running", "paused", "failed"],
    hint: "Jobs that are not done come to their end without a result",
    question: ({ title }, jobs) => ({
      title: `Cancel ${title}?`,
      text: `${jobs} ${
        jobs === 1 ? "job ends" : "jobs end"
      } without a result. What is done is kept.`,
      verb: `Cancel ${jobs} ${jobs === 1 ? "job" : "jobs"}`,
    }),
  },
];

/** How many of a run's jobs an order means something to. */
export function concerned(jobs: JobCounts, order: RunOrder): number {
  const form = forms.find((form) => form.order === order);
  return (form?.concerns ?? []).reduce((sum, state) => sum + jobs[state], 0);
}

/** The buttons of a run. */
export class RunOrders {
  readonly element = create("div", "orders");
  readonly #buttons: ReadonlyMap<RunOrder, HTMLButtonElement>;
  #run: RunSummary | undefined;

  constructor(orders: Orders) {
    this.element.role = "group";
    this.element.ariaLabel = "Orders to this run";
    this.#buttons = new Map(forms.map(({ order, label, hint, question }) => {
      const button = orders.button(
        label,
        () => ({ type: order, run: this.#known.run }),
        question && (() => question(this.#known, concerned(this.#known.jobs, order))),
      );
      button.title = hint;
      return [order, button] as const;
    }));
    this.element.append(...this.#buttons.values());
    this.show(undefined, false);
  }

  /** @param mayControl whether the page's orders are carried out */
  show(run: RunSummary | undefined, mayControl: boolean): void {
    this.#run = run;
    this.element.hidden = !run || !mayControl;
    for (const [order, button] of this.#buttons) {
      // Not disabled: the keyboard would lose its place as soon as an order is carried out.
      button.ariaDisabled = String(!run || concerned(run.jobs, order) === 0);
    }
  }

  get #known(): RunSummary {
    if (!this.#run) throw new TypeError("an order was given of no run");
    return this.#run;
  }
}
