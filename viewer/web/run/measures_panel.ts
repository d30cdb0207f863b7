/// <reference lib="dom" />
/** What the held-out trials of an arm's run say: each measure before and after, in each engine. */
import { create } from "../dom.ts";
import { sortMeasures, writeMeasure } from "../measures.ts";
import { Change, createPanel } from "./panel.ts";
import type { SentSimRun } from "./run_document.ts";
import { scrollingTable } from "./scrolling_table.ts";

type Evaluation = SentSimRun["evaluations"][number];

/** See the file's head. */
export class MeasuresPanel {
  readonly #panel = createPanel("measures-panel", "Held-out trials");
  readonly #table = scrollingTable("Measures of the held-out trials");
  readonly #change = new Change();

  constructor() {
    this.#panel.element.append(this.#table.element);
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  /** @param run null of a run that is none of an arm */
  show(run: SentSimRun | null): void {
    const shown = columnsOf(run?.evaluations ?? []);
    this.element.hidden = shown.length === 0;
    if (!this.#change.isNew(shown)) return;
    const names = [...new Set(shown.flatMap(({ measures }) => Object.keys(measures)))];
    const { first, others } = sortMeasures(names);
    this.#table.show(
      ["Measure", ...shown.map(titleOf), "Minimum jerk"],
      [...first, ...others].map((name) => {
        const { label, unit, minimumJerk } = writeMeasure(name, NaN);
        const head = create("span", "", label);
        if (unit) head.append(create("span", "unit", ` ${unit}`));
        const cells = shown.map(({ measures }) => writeMeasure(name, measures[name] ?? NaN).value);
        return {
          head,
          cells: [...cells, minimumJerk].map((text) => create("span", "", text)),
        };
      }),
    );
  }
}

/** Before and after in each engine; the last one on the way as long as there is none after. */
export function columnsOf(evaluations: readonly Evaluation[]): Evaluation[] {
  const engines = [...new Set(evaluations.map(({ engine }) => engine))];
  return engines.flatMap((engine) => {
    const own = evaluations.filter((evaluation) => evaluation.engine === engine);
    const before = own.find(({ stage }) => stage === "before");
    const last = own.findLast(({ stage }) => stage === "after") ?? own.at(-1);
    return [...new Set([before, last])].filter((evaluation) => evaluation !== undefined);
  });
}

const titleOf = ({ stage, engine, update }: Evaluation) =>
  stage === "during" ? `after ${update} updates, ${engine}` : `${stage}, ${engine}`;
