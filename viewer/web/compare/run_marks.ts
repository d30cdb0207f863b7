/// <reference lib="dom" />
/** The boxes by which runs are marked in lists, and the link that leads to the comparison of those marked. */
import { create, element, setText } from "../dom.ts";
import { mostRuns, toggleRun, type Wish, writeWish } from "./wish.ts";

/** See the file's head. */
export class RunMarks {
  readonly #link = element("#compare-marked", HTMLAnchorElement);
  readonly #boxes = new Map<string, HTMLInputElement>();
  #wish: Wish = { runs: [] };

  /** The box that marks a run, to be put beside it. */
  box(run: string): HTMLInputElement {
    const box = create("input", "mark");
    box.type = "checkbox";
    box.title = box.ariaLabel = `Mark ${run} to compare it`;
    box.addEventListener("change", () => {
      this.#wish = toggleRun(this.#wish, run);
      this.#show();
    });
    this.#boxes.set(run, box);
    this.#show();
    return box;
  }

  #show(): void {
    const { runs } = this.#wish;
    for (const [run, box] of this.#boxes) {
      box.checked = runs.includes(run);
      box.disabled = !box.checked && runs.length === mostRuns;
    }
    this.#link.hidden = runs.length === 0;
    this.#link.href = writeWish(this.#wish);
    setText(this.#link, runs.length === 1 ? "Compare it with …" : `Compare ${runs.length}`);
  }
}
