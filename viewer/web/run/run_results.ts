/// <reference lib="dom" />
/** All that a run's document says, in panels: what it has come to, and what is kept of it. */
import { element } from "../dom.ts";
import type { Theme } from "../theme.ts";
import { ClaimPanel } from "./claim_panel.ts";
import { ConfigurationPanel } from "./configuration_panel.ts";
import { Downloads } from "./downloads.ts";
import { FiguresPanel } from "./figures_panel.ts";
import { LogPanel } from "./log_panel.ts";
import { MeasuresPanel } from "./measures_panel.ts";
import { type SentRun, variantsOf } from "./run_document.ts";
import { ScoresPanel } from "./scores_panel.ts";
import { TablesPanel } from "./tables_panel.ts";

/** See the file's head. */
export class RunResults {
  readonly #claim = new ClaimPanel();
  readonly #scores = new ScoresPanel();
  readonly #measures = new MeasuresPanel();
  readonly #figures = new FiguresPanel();
  readonly #tables = new TablesPanel();
  readonly #log = new LogPanel();
  readonly #configuration = new ConfigurationPanel();
  readonly #downloads = new Downloads();
  readonly #results = element("#run-results", HTMLElement);
  readonly #records = element("#run-records", HTMLElement);

  constructor() {
    this.#results.append(
      ...[this.#claim, this.#scores, this.#measures, this.#figures, this.#tables]
        .map(({ element }) => element),
    );
    this.#records.append(this.#configuration.element, this.#log.element);
    element("#run-downloads", HTMLElement).append(this.#downloads.element);
  }

  /** @param run undefined as long as nothing is known of it */
  show(run: SentRun | undefined): void {
    this.#downloads.show(run);
    this.#results.hidden = !run;
    this.#records.hidden = !run;
    if (!run) return;
    const library = run.kind === "library" ? run : null;
    const results = library?.results ?? null;
    this.#claim.show(results);
    this.#scores.show(results, variantsOf(run));
    this.#measures.show(run.kind === "sim" ? run : null);
    this.#figures.show(library);
    this.#tables.show(library);
    this.#configuration.show(run);
    this.#log.show(run);
  }

  paint(theme: Theme): void {
    this.#figures.paint(theme);
  }
}
