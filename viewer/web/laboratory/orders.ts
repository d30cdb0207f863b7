/// <reference lib="dom" />
/**
 * Orders that the reader gives: what cannot be taken back is asked about first, and what came of each is
 * said where a screen reader hears it.
 */
import { create, element, setText } from "../dom.ts";
import type { LaboratoryLine, Order, Outcome } from "./line.ts";

/** How long it is said what came of an order, s. */
const saidFor = 12;

/** What is asked before an order is given. */
export interface Question {
  readonly title: string;
  /** What will happen, and what will not. */
  readonly text: string;
  /** What the button says that gives the order. */
  readonly verb: string;
}

/** Gives orders, and says what came of them. */
export class Orders {
  readonly #answer = element("#answer", HTMLElement);
  readonly #confirmation = new Confirmation();
  #silencing: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly line: LaboratoryLine) {}

  /**
   * A button that gives an order, unless the reader thinks better of it. While it says by `ariaDisabled`
   * that it means nothing, it does nothing.
   */
  button(label: string, order: () => Order, question?: () => Question): HTMLButtonElement {
    const button = create("button", "order", label);
    button.type = "button";
    button.addEventListener("click", async () => {
      if (button.ariaBusy === "true" || button.ariaDisabled === "true") return;
      if (question && !await this.#confirmation.ask(question())) return;
      button.ariaBusy = "true";
      this.#say(await this.line.order(order()));
      button.ariaBusy = "false";
    });
    return button;
  }

  #say({ ok, message }: Outcome): void {
    clearTimeout(this.#silencing);
    this.#answer.dataset.level = ok ? "quiet" : "warning";
    this.#answer.title = message;
    setText(this.#answer, message);
    this.#silencing = setTimeout(() => setText(this.#answer, ""), saidFor * 1000);
  }
}

/** A dialogue that asks whether something is meant. */
class Confirmation {
  readonly #dialog = element("#confirmation", HTMLDialogElement);
  readonly #title = element("#confirmation-title", HTMLElement);
  readonly #text = element("#confirmation-text", HTMLElement);
  readonly #verb = element("#confirmation-verb", HTMLButtonElement);

  constructor() {
    this.#verb.addEventListener("click", () => this.#dialog.close("meant"));
    element("#confirmation .cancel", HTMLButtonElement)
      .addEventListener("click", () => this.#dialog.close(""));
  }

  /** Whether the reader says that it is meant. */
  ask({ title, text, verb }: Question): Promise<boolean> {
    setText(this.#title, title);
    setText(this.#text, text);
    setText(this.#verb, verb);
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
    return new Promise((resolve) => {
      const isMeant = () => resolve(this.#dialog.returnValue === "meant");
      this.#dialog.addEventListener("close", isMeant, { once: true });
    });
  }
}
