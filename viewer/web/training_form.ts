/// <reference lib="dom" />
/** The form of a training in this page: task, model, seed, number of updates. */
import type { OfferedChoice, TrainingChoice, TrainingOffer } from "../../cluster/in_page.ts";
import type { Description } from "../../cluster/protocol.ts";
import { create, element, setText } from "./dom.ts";

/** The model that is offered first. */
const usualModel = "bicc-spec";

/** A form in a dialogue. */
export class TrainingForm {
  readonly #dialog = element("#training-form", HTMLDialogElement);
  readonly #form = element("#training-form form", HTMLFormElement);
  readonly #task = element("#train-task", HTMLSelectElement);
  readonly #model = element("#train-model", HTMLSelectElement);
  readonly #seed = element("#train-seed", HTMLInputElement);
  readonly #updates = element("#train-updates", HTMLInputElement);

  /** @param onChoice what the reader has chosen, when a training is to begin */
  constructor(onChoice: (choice: TrainingChoice) => void) {
    this.#explain(this.#task, element("#train-task-summary", HTMLElement));
    this.#explain(this.#model, element("#train-model-summary", HTMLElement));
    element("#training-form .cancel", HTMLButtonElement)
      .addEventListener("click", () => this.#dialog.close());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#dialog.close();
      onChoice({
        task: this.#task.value,
        model: this.#model.value,
        seed: this.#seed.valueAsNumber,
        updates: this.#updates.valueAsNumber,
      });
    });
  }

  /** Offer what the page's agents can do. */
  load({ tasks, models, mostUpdates }: TrainingOffer): void {
    offer(this.#task, tasks);
    offer(this.#model, models);
    this.#model.value = usualModel;
    this.#updates.max = String(mostUpdates);
    for (const select of [this.#task, this.#model]) select.dispatchEvent(new Event("change"));
  }

  /** Ask the reader, who begins with the task of the run that is shown. */
  open(description: Description | undefined): void {
    if (description && !this.#dialog.dataset.asked) this.#task.value = description.task;
    this.#dialog.dataset.asked = "true";
    this.#task.dispatchEvent(new Event("change"));
    this.#dialog.showModal();
  }

  /** What is chosen in `select`, in words below it. */
  #explain(select: HTMLSelectElement, summary: HTMLElement): void {
    select.addEventListener(
      "change",
      () => setText(summary, select.selectedOptions[0]?.dataset.summary ?? ""),
    );
  }
}

function offer(select: HTMLSelectElement, choices: readonly OfferedChoice[]): void {
  select.replaceChildren(...choices.map(({ name, summary }) => {
    const option = create("option", "", name);
    option.value = name;
    option.dataset.summary = summary;
    return option;
  }));
}
