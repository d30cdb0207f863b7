/// <reference lib="dom" />
/** The first questions of a run and their answers, side by side. */
import { create, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import type { Finding } from "./findings.ts";

/** See the file's head. */
export class FindingsRow {
  readonly element = create("dl", "tiles findings");
  readonly #rows = new KeyedList<Finding>(this.element, ({ question }) => question, row);

  show(findings: readonly Finding[]): void {
    this.#rows.show(findings);
  }
}

function row({ question }: Finding): Row<Finding> {
  const element = create("div", "tile");
  const answer = create("dd", "number");
  const reason = create("dd", "what");
  element.append(create("dt", "", question), answer, reason);
  return {
    element,
    show: (finding) => {
      element.dataset.verdict = finding.level;
      setText(answer, finding.answer);
      setText(reason, finding.reason);
    },
  };
}
