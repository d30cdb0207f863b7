/// <reference lib="dom" />
/** What a method's paper claims, part by part, and what the newest finished run says of it. */
import { create } from "../dom.ts";
import { createPanel } from "../run/panel.ts";
import { isJudged, writeMargin, writeVerdict } from "../run/verdict.ts";
import { claimLevels, writeParts } from "./words.ts";
import { claimStateOf, type SentLastRun, type SentMethod } from "./method_document.ts";

type Part = SentLastRun["claim"]["parts"][number];

/** See the file's head. */
export class MethodClaim {
  readonly #panel = createPanel("method-claim", "Claim");
  readonly #facts = create("output");
  readonly #statement = create("p", "statement");
  readonly #parts = create("ul", "claim-parts");
  readonly #scroller = create("div", "parts-scroller");
  readonly #missing = create("p", "what");

  constructor() {
    this.#panel.head.append(this.#facts);
    this.#scroller.tabIndex = 0;
    this.#scroller.role = "region";
    this.#scroller.ariaLabel = "Parts of the claim";
    this.#scroller.append(this.#parts);
    this.#panel.element.append(this.#statement, this.#scroller, this.#missing);
    this.#panel.element.hidden = false;
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  show(method: SentMethod): void {
    const { claim, last } = method;
    this.#facts.textContent = last ? writeParts(last) : "";
    this.#statement.textContent = (last?.claim ?? claim).statement;
    this.#parts.replaceChildren(
      ...last
        ? last.claim.parts.map(judgedPart)
        : claim.parts.map((statement) =>
          partItem("Not run", claimLevels[claimStateOf(method)], {
            statement,
            margin: "",
          })
        ),
    );
    const missing = last?.missing ?? [];
    this.#missing.textContent = !last
      ? "No run of it has finished in this laboratory, or is in its folder of runs."
      : missing.length > 0
      ? `Judged without results of ${missing.join(", ")}.`
      : "A margin is how far a part is from failing, in units of the effect that it asks for.";
  }
}

function judgedPart(part: Part): HTMLElement {
  const level = !isJudged(part) ? "quiet" : part.holds ? "good" : "bad";
  const { statement } = part;
  return partItem(writeVerdict(part), level, { statement, margin: writeMargin(part) });
}

function partItem(
  verdict: string,
  level: string,
  { statement, margin }: { readonly statement: string; readonly margin: string },
): HTMLElement {
  const item = create("li");
  const mark = create("strong", "verdict", verdict);
  mark.dataset.verdict = level;
  item.append(mark, create("span", "", statement), create("span", "what", margin));
  return item;
}
