/// <reference lib="dom" />
/** In what the compared runs differ: a row a setting, a column a run. */
import { create, element, setText } from "../dom.ts";
import type { SentRun } from "../run/run_document.ts";
import { letterOf } from "./groups.ts";
import { differingSettings, type Setting } from "./settings.ts";

/** See the file's head. */
export class SettingsPanel {
  readonly #panel = element("#compare-settings-panel", HTMLElement);
  readonly #same = element("#compare-same-settings", HTMLElement);
  readonly #table = element("#compare-settings-table", HTMLElement);
  readonly #heads = element("#compare-setting-heads", HTMLElement);
  readonly #rows = element("#compare-settings", HTMLElement);
  #shown = "";

  /** @param runs by their places; undefined of one that is not known, or not yet */
  show(runs: readonly (SentRun | undefined)[]): void {
    const known = runs.flatMap((run, place) => run ? [{ run, letter: letterOf(place) }] : []);
    this.#panel.hidden = known.length < 2;
    const settings = differingSettings(known.map(({ run }) => run));
    const letters = known.map(({ letter }) => letter);
    const key = JSON.stringify([letters, settings]);
    // Settings change hardly ever: what is being read stays.
    if (key === this.#shown) return;
    this.#shown = key;
    this.#same.hidden = settings.length > 0;
    this.#table.hidden = settings.length === 0;
    this.#heads.replaceChildren(
      columnHead("Setting"),
      ...known.map(({ letter, run }) => columnHead(`${letter} · ${run.title}`)),
    );
    this.#rows.replaceChildren(...settings.map(settingRow));
  }
}

function columnHead(text: string): HTMLElement {
  const head = create("th", "", text);
  head.scope = "col";
  return head;
}

function settingRow({ name, values }: Setting): HTMLElement {
  const row = create("tr");
  const head = create("th", "", name);
  head.scope = "row";
  row.append(
    head,
    ...values.map((value) => {
      const cell = create("td");
      setText(cell, value ?? "–");
      return cell;
    }),
  );
  return row;
}
