/// <reference lib="dom" />
/** What the reader can ask for: pause, next trial, speed, task, controller, lesion; and from where. */
import type { Command, Description, Status } from "../../cluster/protocol.ts";
import { create, element, setText } from "./dom.ts";
import type { ViewPoint } from "./stage.ts";

/** The places of the speed slider, shown seconds per real second. */
const speeds = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8];

/** What the controls act on. */
export interface ControlTargets {
  send(command: Command): void;
  look(from: ViewPoint): void;
  toggleTheme(): void;
  setLogarithmic(logarithmic: boolean): void;
}

/** The controls; they show what the run says it is doing, not what was asked. */
export class Controls {
  readonly #pause = element("#pause", HTMLButtonElement);
  readonly #next = element("#next-trial", HTMLButtonElement);
  readonly #speed = element("#speed", HTMLInputElement);
  readonly #speedText = element("#speed-text", HTMLOutputElement);
  readonly #task = element("#task", HTMLSelectElement);
  readonly #controller = element("#controller", HTMLSelectElement);
  readonly #lesion = element("#lesion", HTMLSelectElement);
  /** The controller whose network can be cut. */
  #lesionable = "";
  #enabled = false;
  #canChoose = true;
  readonly #targets: ControlTargets;
  #paused = false;

  constructor(targets: ControlTargets) {
    this.#targets = targets;
    this.#pause.addEventListener("click", () => this.#togglePause());
    this.#next.addEventListener("click", () => targets.send({ type: "next-trial" }));
    this.#speed.max = String(speeds.length - 1);
    this.#speed.addEventListener("input", () => this.#writeSpeed(this.#chosenSpeed()));
    this.#speed.addEventListener("change", () => {
      targets.send({ type: "speed", factor: this.#chosenSpeed() });
    });
    this.#choose(this.#task, (task) => ({ type: "task", task }));
    this.#choose(this.#controller, (controller) => ({ type: "controller", controller }));
    this.#choose(this.#lesion, (lesion) => ({ type: "lesion", lesion }));
    for (const button of document.querySelectorAll<HTMLButtonElement>("[data-view]")) {
      button.addEventListener("click", () => targets.look(button.dataset.view as ViewPoint));
    }
    element("#theme", HTMLButtonElement).addEventListener("click", () => targets.toggleTheme());
    const logarithmic = element("#logarithmic", HTMLInputElement);
    logarithmic.addEventListener("change", () => targets.setLogarithmic(logarithmic.checked));
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Offer what this run offers. */
  load({ tasks, controllers, lesions, controller }: Description): void {
    this.#lesionable = controller;
    offer(this.#task, tasks);
    offer(this.#controller, controllers);
    offer(this.#lesion, lesions);
  }

  /** Show what the run is doing. */
  show({ paused, speed, task, controller, lesion }: Status): void {
    this.#paused = paused;
    setText(element("#pause-text", HTMLElement), paused ? "Continue" : "Pause");
    this.#pause.dataset.paused = String(paused);
    const nearest = speeds.reduce(
      (best, candidate, i) =>
        Math.abs(Math.log(candidate / speed)) < Math.abs(Math.log(speeds[best] / speed)) ? i : best,
      0,
    );
    this.#speed.value = String(nearest);
    this.#writeSpeed(speed);
    for (
      const [select, value] of [
        [this.#task, task],
        [this.#controller, controller],
        [this.#lesion, lesion],
      ] as const
    ) select.value = value;
    this.#offerLesions();
  }

  /** Whether the run can hear. */
  set enabled(enabled: boolean) {
    this.#enabled = enabled;
    for (const control of [this.#pause, this.#next, this.#speed]) control.disabled = !enabled;
    this.#offerChoices();
  }

  /** Whether trials can still be otherwise: recorded ones cannot. */
  set canChoose(canChoose: boolean) {
    this.#canChoose = canChoose;
    this.#offerChoices();
  }

  #offerChoices(): void {
    for (const select of [this.#task, this.#controller, this.#lesion]) {
      select.disabled = !this.#enabled || !this.#canChoose || select.options.length < 2;
    }
    this.#offerLesions();
  }

  /** Only the network that learns can be lesioned. */
  #offerLesions(): void {
    const possible = this.#controller.value === this.#lesionable;
    const isOffered = this.#enabled && this.#canChoose && possible;
    this.#lesion.disabled = !isOffered || this.#lesion.options.length < 2;
    this.#lesion.title = possible ? "" : "this controller has no hemispheres to cut";
  }

  #togglePause(): void {
    this.#targets.send({ type: this.#paused ? "continue" : "pause" });
  }

  #chosenSpeed(): number {
    return speeds[Number(this.#speed.value)];
  }

  #writeSpeed(speed: number): void {
    const text = `${speed}×`;
    setText(this.#speedText, text);
    this.#speed.setAttribute("aria-valuetext", `${speed} times real time`);
  }

  #choose(select: HTMLSelectElement, commandFor: (choice: string) => Command): void {
    select.addEventListener("change", () => this.#targets.send(commandFor(select.value)));
  }

  /** Single keys, where the reader is not using them for something else. */
  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const target = event.target;
    if (target instanceof HTMLSelectElement || target instanceof HTMLInputElement) return;
    if (event.key === " " && target instanceof HTMLButtonElement) return;
    const actions: Readonly<Record<string, () => void>> = {
      " ": () => this.#togglePause(),
      n: () => this.#targets.send({ type: "next-trial" }),
      t: () => this.#targets.look("top"),
      q: () => this.#targets.look("three-quarter"),
    };
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  }
}

/** Fill a choice, keeping what is chosen where it is still offered. */
function offer(select: HTMLSelectElement, names: readonly string[]): void {
  const chosen = select.value;
  select.replaceChildren(...names.map((name) => {
    const option = create("option", "", name.replaceAll("-", " "));
    option.value = name;
    return option;
  }));
  if (names.includes(chosen)) select.value = chosen;
}
