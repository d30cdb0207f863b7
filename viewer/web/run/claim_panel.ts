/// <reference lib="dom" />
/** What the paper claims, part by part, and what these results say of it. */
import { create } from "../dom.ts";
import { Change, createPanel } from "./panel.ts";
import type { SentClaimPart, SentResults } from "./run_document.ts";
import { isJudged, writeMargin, writeVerdict } from "./verdict.ts";

/** See the file's head. */
export class ClaimPanel {
  readonly #panel = createPanel("claim-panel", "Claim");
  readonly #statement = create("p", "statement");
  readonly #parts = create("ul", "claim-parts");
  readonly #missing = create("p", "what");
  readonly #change = new Change();

  constructor() {
    this.#panel.element.append(this.#statement, this.#parts, this.#missing);
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  show(results: SentResults | null): void {
    this.element.hidden = results === null;
    if (!results || !this.#change.isNew([results.claim, results.missing])) return;
    const { claim, missing } = results;
    this.#statement.replaceChildren(mark(claim), ` ${claim.statement}`);
    this.#parts.replaceChildren(...claim.parts.map((part) => {
      const item = create("li");
      const statement = create("span", "", part.statement);
      item.append(mark(part), statement, create("span", "what", writeMargin(part)));
      return item;
    }));
    this.#missing.textContent = missing.length > 0
      ? `Judged without results of ${missing.join(", ")}.`
      : "A margin is how far a part is from failing, in units of the effect that it asks for.";
  }
}

/** The verdict: a word, not only a colour. */
function mark(part: SentClaimPart): HTMLElement {
  const element = create("strong", "verdict", writeVerdict(part));
  element.dataset.verdict = !isJudged(part) ? "quiet" : part.holds ? "good" : "bad";
  return element;
}
