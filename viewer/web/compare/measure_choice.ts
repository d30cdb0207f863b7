/// <reference lib="dom" />
/** A list of metrics of which one is chosen. */
import { create, element } from "../dom.ts";
import { writeName } from "./amounts.ts";

/** See the file's head. */
export class MeasureChoice {
  readonly #select: HTMLSelectElement;
  #names = "";

  /** @param choose called when the reader has chosen */
  constructor(selector: string, choose: (name: string) => void) {
    this.#select = element(selector, HTMLSelectElement);
    this.#select.addEventListener("change", () => choose(this.#select.value));
  }

  /** @param chosen empty where there is none */
  show(names: readonly string[], chosen: string): void {
    const key = JSON.stringify(names);
    // A list that is open stays open as long as it says the same.
    if (key !== this.#names) {
      this.#names = key;
      this.#select.replaceChildren(...names.map((name) => {
        const option = create("option", "", writeName(name));
        option.value = name;
        return option;
      }));
    }
    this.#select.disabled = names.length === 0;
    this.#select.value = chosen;
  }
}
