/// <reference lib="dom" />
/** What has happened in a run, the newest last. */
import { documentAddress } from "../../../cluster/document_paths.ts";
import { create, setText } from "../dom.ts";
import { Change, createPanel, downloadLink } from "./panel.ts";
import type { SentRun } from "./run_document.ts";

/** See the file's head. */
export class LogPanel {
  readonly #panel = createPanel("log-panel", "Log");
  readonly #more = create("p", "what");
  readonly #lines = create("pre", "log");
  readonly #links = create("p", "downloads");
  readonly #change = new Change();

  constructor() {
    this.#lines.tabIndex = 0;
    this.#lines.role = "region";
    this.#lines.ariaLabel = "The log's last lines";
    this.#panel.element.append(this.#more, this.#lines, this.#links);
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  show({ run, log: { total, lines } }: SentRun): void {
    this.element.hidden = total === 0;
    if (!this.#change.isNew([run, total, lines])) return;
    setText(this.#more, total > lines.length ? `The last ${lines.length} of ${total} lines` : "");
    this.#lines.textContent = lines.join("\n");
    this.#lines.scrollTop = this.#lines.scrollHeight;
    this.#links.replaceChildren(downloadLink("Whole log", documentAddress.log(run)));
  }
}
