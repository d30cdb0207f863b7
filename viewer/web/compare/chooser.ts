/// <reference lib="dom" />
/** The panel of runs: those that are compared, each with its letter, and all others that could be. */
import type { runsDocument } from "../../../cluster/documents.ts";
import { create, element, setText } from "../dom.ts";
import type { Sent } from "../documents.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { writeMoment, writeMore } from "../laboratory/words.ts";
import { writeAddress } from "../router.ts";
import type { ComparedRun } from "./compared_run.ts";
import { letterOf } from "./groups.ts";
import { mostRuns } from "./wish.ts";

export type SentRuns = Sent<typeof runsDocument>;
type SentEntry = SentRuns["list"][number];

/** Runs that are listed at once; a search finds the others. */
const mostListed = 60;

interface ChosenRun {
  readonly place: number;
  readonly compared: ComparedRun;
}

interface ChoosableRun {
  readonly entry: SentEntry;
  readonly isChosen: boolean;
  /** Whether another one may be chosen. */
  readonly hasRoom: boolean;
}

/** See the file's head. */
export class Chooser {
  readonly #facts = element("#chooser-facts", HTMLElement);
  readonly #search = element("#compare-search", HTMLInputElement);
  readonly #nothing = element("#no-choosable-runs", HTMLElement);
  readonly #more = element("#more-choosable-runs", HTMLElement);
  readonly #chosen: KeyedList<ChosenRun>;
  readonly #choosable: KeyedList<ChoosableRun>;
  #runs: SentRuns | undefined;
  #compared: readonly ComparedRun[] = [];

  /** @param toggle called when the reader chooses a run, or puts it back */
  constructor(toggle: (run: string) => void) {
    this.#chosen = new KeyedList(
      element("#compared-runs", HTMLElement),
      ({ compared: { run } }) => run,
      ({ compared: { run } }) => new ChosenRow(() => this.#putBack(run, toggle)),
    );
    this.#choosable = new KeyedList(
      element("#choosable-runs", HTMLElement),
      ({ entry: { run } }) => run,
      ({ entry: { run } }) => new ChoosableRow(() => toggle(run)),
    );
    this.#search.addEventListener("input", () => this.#showChoosable());
  }

  /**
   * @param compared in the order of their letters
   * @param runs all there are; undefined as long as nobody knows
   */
  show(compared: readonly ComparedRun[], runs: SentRuns | undefined): void {
    this.#compared = compared;
    this.#runs = runs;
    this.#chosen.show(compared.map((each, place) => ({ place, compared: each })));
    const { length } = compared;
    setText(this.#facts, length === mostRuns ? `${length}, the most there can be` : "");
    this.#showChoosable();
  }

  /** The button that had the focus goes with its run. */
  #putBack(run: string, toggle: (run: string) => void): void {
    toggle(run);
    this.#search.focus();
  }

  #showChoosable(): void {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = (this.#runs?.list ?? []).filter((entry) => {
      const text = textOf(entry).toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const chosen = new Set(this.#compared.map(({ run }) => run));
    const hasRoom = chosen.size < mostRuns;
    this.#choosable.show(
      found.slice(0, mostListed).map((entry) => ({
        entry,
        isChosen: chosen.has(entry.run),
        hasRoom,
      })),
    );
    this.#nothing.hidden = !this.#runs || found.length > 0;
    setText(this.#nothing, words.length > 0 ? "No run is called so." : "There are no runs yet.");
    // Those that the server has left out cannot be found by a search either.
    const total = words.length > 0 ? found.length : this.#runs?.total ?? 0;
    setText(
      this.#more,
      writeMore(total, Math.min(found.length, mostListed), "runs: search for them"),
    );
  }
}

const textOf = (entry: SentEntry) =>
  [entry.run, entry.title, ...entry.kind === "library" ? [] : [entry.task, entry.controller]]
    .join(" ");

const writeState = ({ state, began }: Pick<SentEntry, "state" | "began">) =>
  [state, writeMoment(began, new Date())].filter(Boolean).join(" · ");

class ChosenRow implements Row<ChosenRun> {
  readonly element = create("li");
  readonly #letter = create("strong", "letter");
  readonly #link = create("a", "line");
  readonly #state = create("span", "line second");
  readonly #remove = create("button", "", "×");

  constructor(onRemove: () => void) {
    const names = create("div");
    names.append(this.#link, this.#state);
    this.#remove.type = "button";
    this.#remove.addEventListener("click", onRemove);
    this.element.append(this.#letter, names, this.#remove);
  }

  show({ place, compared: { run, document, problem } }: ChosenRun): void {
    const title = document?.title ?? run;
    setText(this.#letter, letterOf(place));
    setText(this.#link, title);
    this.#link.href = writeAddress("runs", [run]);
    this.#link.title = run;
    setText(this.#state, problem || (document ? `${writeState(document)} · ${run}` : "\u00a0"));
    this.#state.title = problem;
    this.element.dataset.level = problem ? "warning" : "quiet";
    this.#remove.ariaLabel = this.#remove.title = `Compare ${title} no longer`;
  }
}

class ChoosableRow implements Row<ChoosableRun> {
  readonly element = create("li");
  readonly #box = create("input");
  readonly #title = create("span", "line");
  readonly #state = create("span", "line second");

  constructor(onToggle: () => void) {
    this.#box.type = "checkbox";
    this.#box.addEventListener("change", onToggle);
    const names = create("span", "names");
    names.append(this.#title, this.#state);
    const label = create("label");
    label.append(this.#box, names);
    this.element.append(label);
  }

  show({ entry, isChosen, hasRoom }: ChoosableRun): void {
    this.#box.checked = isChosen;
    this.#box.disabled = !isChosen && !hasRoom;
    setText(this.#title, entry.title);
    setText(this.#state, `${writeState(entry)} · ${entry.run}`);
    this.element.title = entry.run;
  }
}
