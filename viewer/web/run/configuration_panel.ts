/// <reference lib="dom" />
/** All that is needed to repeat a run. */
import { create } from "../dom.ts";
import { configurationEntries } from "./configuration.ts";
import { Change, createPanel } from "./panel.ts";
import type { SentRun } from "./run_document.ts";

/** See the file's head. */
export class ConfigurationPanel {
  readonly #panel = createPanel("configuration-panel", "Configuration");
  readonly #list = create("dl", "configuration");
  readonly #change = new Change();

  constructor() {
    this.#list.tabIndex = 0;
    this.#list.role = "region";
    this.#list.ariaLabel = "The configuration's values";
    this.#panel.element.append(this.#list);
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  show({ configuration, code, backend, device }: SentRun): void {
    this.element.hidden = false;
    const entries = [
      { name: "computed by", value: [backend, device].filter(Boolean).join(", ") },
      { name: "version", value: code },
      ...configurationEntries(configuration),
    ];
    if (!this.#change.isNew(entries)) return;
    this.#list.replaceChildren(...entries.map(({ name, value }) => {
      const entry = create("div");
      entry.append(create("dt", "", name), create("dd", "", value));
      return entry;
    }));
  }
}
