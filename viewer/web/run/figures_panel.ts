/// <reference lib="dom" />
/** The figures that the run's method declares. */
import { create, setText } from "../dom.ts";
import { KeyedList } from "../keyed_list.ts";
import { writeMore } from "../laboratory/words.ts";
import type { Theme } from "../theme.ts";
import { FigureCard, type FigureOfRun } from "./figure_card.ts";
import { createPanel, type Panel } from "./panel.ts";
import type { SentLibraryRun } from "./run_document.ts";

/** See the file's head. */
export class FiguresPanel {
  readonly #panel: Panel;
  readonly #host = create("div", "figures");
  readonly #more = create("p", "what");
  readonly #cards = new Set<FigureCard>();
  readonly #figures = new KeyedList<FigureOfRun>(
    this.#host,
    ({ run, figure: { number, kind } }) => JSON.stringify([run, number, kind]),
    () => this.#card(),
  );

  #theme: Theme | undefined;

  /** @param id its own in the page */
  constructor(id = "figures-panel") {
    this.#panel = createPanel(id, "Figures");
    this.#panel.element.append(this.#host, this.#more);
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  /** @param run null of a run that has no figures of its own */
  show(run: SentLibraryRun | null): void {
    const { total = 0, list = [] } = run?.results?.figures ?? {};
    this.element.hidden = total === 0;
    const version = run ? String(run.jobs.finished) : "";
    this.#figures.show(
      run ? list.map((figure) => ({ run: run.run, figure, version })) : [],
    );
    for (const card of this.#cards) {
      if (!card.element.isConnected) this.#cards.delete(card);
    }
    setText(this.#more, writeMore(total, list.length, "figures"));
  }

  paint(theme: Theme): void {
    this.#theme = theme;
    for (const card of this.#cards) card.paint(theme);
  }

  #card(): FigureCard {
    const card = new FigureCard(this.#theme);
    this.#cards.add(card);
    return card;
  }
}
