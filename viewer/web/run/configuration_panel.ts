/// <reference lib="dom" />
/** All that is needed to repeat a run. */
import { create } from "../dom.ts";
import { configurationEntries } from "./configuration.ts";
import { Change, createPanel } from "./panel.ts";
import type { SentRun } from "./run_document.ts";

/** See the file's head. */
export class ConfigurationPanel {
  readonly #panel = createPanel("configuration-panel", "Configuration");
  readonly #list = create("dl");
  readonly #change = new Change();

  constructor() {
    // The region that scrolls is around the list: as a region itself it would be no list any more.
    const region = create("div", "configuration");
    region.tabIndex = 0;
    region.role = "region";
    region.ariaLabel = "The configuration's values";
    region.append(this.#list);
    this.#panel.element.append(region);
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
