/// <reference lib="dom" />
/** What is shown at an address that leads nowhere. */
import { element, setText } from "../dom.ts";
import type { View } from "./view.ts";

/** Says that there is nothing, and where there is something. */
export class UnknownView implements View {
  readonly element = element("#unknown-view", HTMLElement);
  readonly #address = element("#unknown-address", HTMLElement);

  show(_parameters: URLSearchParams, [fragment = ""]: readonly string[]): void {
    setText(this.#address, fragment);
  }

  hide(): void {}
}
