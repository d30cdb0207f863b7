/// <reference lib="dom" />
/** Which variants of a method are run: ticked one by one, together, or as the profile has them. */
import { create, setText } from "../dom.ts";
import type { SentMethod } from "./method_document.ts";

type Variants = Pick<SentMethod, "variants" | "axes">;

/** See the file's head. */
export class VariantChoice {
  readonly element = create("details", "variant-choice");
  readonly #summary = create("summary");
  readonly #boxes = new Map<string, HTMLInputElement>();

  /** @param onChange told of the names that are ticked */
  constructor({ variants, axes }: Variants, private readonly onChange: (names: string[]) => void) {
    this.element.append(this.#summary);
    const names = Object.keys(variants);
    if (axes.length > 0) this.element.append(axesList(axes));
    const buttons = create("div", "orders");
    buttons.append(
      this.#button("All", () => this.#tick(names)),
      this.#button("None", () => this.#tick([])),
    );
    const list = create("ul");
    list.append(
      ...Object.entries(variants).map(([name, description]) => {
        const item = create("li");
        const label = create("label");
        const box = create("input");
        box.type = "checkbox";
        box.addEventListener("change", () => this.#tell());
        this.#boxes.set(name, box);
        label.append(box, create("span", "", name));
        item.append(label, create("p", "what", description));
        return item;
      }),
    );
    this.element.append(buttons, list);
  }

  show(chosen: readonly string[]): void {
    for (const [name, box] of this.#boxes) box.checked = chosen.includes(name);
    setText(this.#summary, `Variants: ${chosen.length} of ${this.#boxes.size}`);
  }

  /** Bring the keyboard to what can be ticked. */
  focus(): void {
    this.element.open = true;
    [...this.#boxes.values()][0]?.focus();
  }

  #button(label: string, act: () => void): HTMLButtonElement {
    const button = create("button", "order", label);
    button.type = "button";
    button.addEventListener("click", act);
    return button;
  }

  #tick(names: readonly string[]): void {
    for (const [name, box] of this.#boxes) box.checked = names.includes(name);
    this.#tell();
  }

  #tell(): void {
    this.onChange([...this.#boxes].filter(([, box]) => box.checked).map(([name]) => name));
  }
}

/** What variants are combinations of. */
function axesList(axes: Variants["axes"]): HTMLElement {
  const list = create("dl", "axes");
  for (const { name, meaning, values } of axes) {
    list.append(
      create("dt", "", name),
      create("dd", "what", `${meaning}: ${Object.keys(values).join(", ")}`),
    );
  }
  return list;
}
