/// <reference lib="dom" />
/** Bars: how jobs stand together, and how far one of them is. */
import type { JobCounts } from "../../../cluster/protocol.ts";
import { create } from "../dom.ts";
import { barStates, writeCounts } from "./words.ts";

/** A bar in the parts of the states. */
export class StateBar {
  readonly element = create("span", "states");
  readonly #parts = barStates.filter((state) => state !== "queued").map((state) => {
    const part = create("i");
    part.dataset.state = state;
    this.element.append(part);
    return { state, part };
  });

  constructor() {
    this.element.setAttribute("role", "img");
  }

  /** @param total jobs in all; those that are in no state yet are left empty */
  show(jobs: JobCounts, total: number): void {
    for (const { state, part } of this.#parts) {
      part.style.width = `${100 * jobs[state] / Math.max(total, 1)}%`;
    }
    this.element.setAttribute("aria-label", writeCounts(jobs) || "no jobs yet");
  }
}

/** A bar that fills. */
export class ProgressBar {
  readonly element = create("span", "bar");
  readonly #fill = create("i");

  constructor() {
    this.element.setAttribute("aria-hidden", "true");
    this.element.append(this.#fill);
  }

  /** @param share 0 … 1 */
  show(share: number): void {
    this.#fill.style.transform = `scaleX(${Math.max(0, Math.min(share, 1))})`;
  }
}
