/// <reference lib="dom" />
/**
 * The panel of lesions: one button for each; the trial that is shown, or another one, is done again in
 * this page, intact and cut, with the newest weights, and the two hand paths lie over one another.
 */
import { type RunInHand, trialsOfRound } from "../../cluster/in_page.ts";
import type { Description, TrialStarted } from "../../cluster/protocol.ts";
import { create, element, setText } from "./dom.ts";
import type { Point } from "./kinematics.ts";
import { writeMeasure } from "./measures.ts";
import type { PageAgents } from "./page_agents.ts";
import { PathPlot, type PathStyle } from "./path_plot.ts";
import { css } from "./palette.ts";
import { type Replay, type ReplayedTrial, Replays } from "./replays.ts";
import type { Theme } from "./theme.ts";

/** What is not cut. */
const intact = "none";

/** What each lesion cuts (Rinaldo et al. 2024, code). */
const meanings: Readonly<Record<string, string>> = {
  "low-left": "left output cut before the merge",
  "low-right": "right output cut before the merge",
  "high-left": "left hemisphere blind",
  "high-right": "right hemisphere blind",
  "cc": "callosum carries nothing",
  "cc-left": "callosum cut, left hemisphere blind",
  "cc-right": "callosum cut, right hemisphere blind",
};

const hint = "Press one: the trial runs again here, intact and cut.";

/** A lesion's place in the list. */
interface Row {
  readonly lesion: string;
  readonly button?: HTMLButtonElement;
  readonly bar: HTMLElement;
  readonly value: HTMLElement;
}

/** The panel of lesions. */
export class Lesions {
  readonly #panel = element("#lesions", HTMLElement);
  readonly #list = element("#lesion-list", HTMLElement);
  readonly #choice = element("#replay-trials", HTMLSelectElement);
  readonly #note = element("#lesion-note", HTMLElement);
  readonly #weights = element("#lesion-weights", HTMLElement);
  readonly #canvas = element("#paths", HTMLCanvasElement);
  readonly #plot = new PathPlot(this.#canvas);
  readonly #replays: Replays;
  #rows: readonly Row[] = [];
  #description: Description | undefined;
  #inHand: RunInHand | undefined;
  #shown: TrialStarted | undefined;
  /** The tasks that the page's agents can do; none before these are there. */
  #tasks: readonly string[] = [];
  #chosen: string | undefined;
  #replay: Replay | undefined;
  #theme: Theme | undefined;

  constructor(agents: PageAgents) {
    this.#replays = new Replays(agents, (replay) => {
      this.#replay = replay;
      this.#show();
    });
    this.#choice.addEventListener("change", () => this.#order());
  }

  /** The page's agents are there, and can do these tasks. */
  set tasks(tasks: readonly string[]) {
    this.#tasks = tasks;
    this.#offer();
  }

  /** Another run, or the same one with something else to offer. */
  load(description: Description): void {
    const isOther = description.run !== this.#description?.run;
    this.#description = description;
    this.#replays.load(description.arm);
    const names = [intact, ...description.lesions.filter((name) => name !== intact)];
    if (names.join() !== this.#rows.map(({ lesion }) => lesion).join()) {
      this.#rows = names.map((name) => this.#row(name));
      this.#list.replaceChildren(...this.#rows.map(({ bar }) => bar.closest("li")!));
    }
    if (isOther) this.#forget();
    this.#offer();
  }

  /** What there is to do trials with; its weights change as the training goes. */
  hold(inHand: RunInHand | undefined): void {
    this.#inHand = inHand;
    this.#offer();
    this.#order();
  }

  /** Another trial is shown now. */
  follow(trial: TrialStarted): void {
    const before = this.#shown;
    this.#shown = trial;
    const isSame = before?.task === trial.task && before?.trial === trial.trial;
    if (!isSame && ["shown", "round"].includes(this.#choice.value)) this.#order();
  }

  /** A replay was answered. */
  replayed(request: number): void {
    this.#replays.answered(request);
  }

  /** A replay failed. */
  failed(message: string): void {
    this.#replays.failed();
    setText(this.#note, `This could not be done: ${message}`);
  }

  /** Take on the colours of a theme. */
  paint(theme: Theme): void {
    this.#theme = theme;
    this.#plot.paint(theme);
    this.#show();
  }

  #forget(): void {
    this.#replays.cancel();
    this.#chosen = undefined;
    this.#replay = undefined;
    this.#shown = undefined;
    this.#show();
  }

  #offer(): void {
    const lesions = this.#description?.lesions.length ?? 0;
    this.#panel.hidden = this.#tasks.length === 0 || !this.#inHand || lesions < 2;
  }

  #row(lesion: string): Row {
    const track = create("span", "track");
    const bar = create("span", "bar");
    const value = create("span", "value");
    track.append(bar);
    const item = create("li");
    if (lesion === intact) {
      item.append(create("span", "name", "intact"), track, value);
      return { lesion, bar, value };
    }
    const button = create("button");
    button.type = "button";
    button.title = meanings[lesion] ?? "";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => this.#press(lesion));
    button.append(create("span", "name", lesion), track, value);
    item.append(button);
    return { lesion, button, bar, value };
  }

  /** Pressed once more, a lesion is gone. */
  #press(lesion: string): void {
    this.#chosen = this.#chosen === lesion ? undefined : lesion;
    if (this.#chosen === undefined) {
      this.#replays.cancel();
      this.#replay = undefined;
    }
    this.#show();
    this.#order();
  }

  #order(): void {
    const [description, inHand] = [this.#description, this.#inHand];
    if (!description || !inHand || this.#chosen === undefined) return;
    const trials = this.#trials(description);
    if (!this.#tasks.includes(trials.task)) return this.#refuse(trials.task);
    this.#replays.order({
      ...inHand,
      ...trials,
      lesions: this.#rows.map(({ lesion }) => lesion),
    });
  }

  /** The agents of a page cannot do every task. */
  #refuse(task: string): void {
    this.#replays.cancel();
    this.#replay = undefined;
    this.#show();
    setText(this.#note, `${task.replaceAll("-", " ")} cannot be done in a page`);
  }

  #trials({ task }: Description): { task: string; first: number; count: number } {
    const shown = { task: this.#shown?.task ?? task, first: this.#shown?.trial ?? 0 };
    switch (this.#choice.value) {
      case "shown":
        return { ...shown, count: 1 };
      case "round":
        return {
          ...shown,
          first: trialsOfRound * Math.floor(shown.first / trialsOfRound),
          count: trialsOfRound,
        };
      default:
        return { ...shown, first: Number(this.#choice.value), count: 1 };
    }
  }

  #show(): void {
    const trials = this.#replay?.trials ?? new Map<string, readonly ReplayedTrial[]>();
    const errors = new Map([...trials].map(([lesion, list]) => [lesion, meanError(list)]));
    const largest = Math.max(...[...errors.values()].filter(Number.isFinite), 1e-9);
    for (const { lesion, button, bar, value } of this.#rows) {
      const error = errors.get(lesion);
      button?.setAttribute("aria-pressed", String(lesion === this.#chosen));
      bar.style.transform = `scaleX(${(error ?? 0) / largest})`;
      setText(value, error === undefined ? "" : writeError(error));
      const heard = error === undefined ? "" : `, final error ${writeError(error)}`;
      button?.setAttribute("aria-label", `${lesion}: ${meanings[lesion] ?? "a lesion"}${heard}`);
    }
    this.#explain(errors);
    this.#draw(trials);
  }

  #explain(errors: ReadonlyMap<string, number>): void {
    const chosen = this.#chosen;
    const [before, after] = [errors.get(intact), errors.get(chosen ?? intact)];
    const isDone = chosen !== undefined && before !== undefined && after !== undefined;
    // Apart from the note, which is read out whenever it changes.
    setText(this.#weights, isDone ? ` · after ${this.#replay?.update} updates` : "");
    if (chosen === undefined) return setText(this.#note, hint);
    const meaning = meanings[chosen] ?? chosen;
    setText(this.#note, meaning.charAt(0).toUpperCase() + meaning.slice(1));
    const errorsInWords = isDone
      ? `: ${writeError(before)} from the goal intact, ${writeError(after)} cut`
      : "";
    this.#canvas.setAttribute(
      "aria-label",
      `Hand paths, intact and with ${chosen}${errorsInWords}`,
    );
  }

  #draw(trials: Replay["trials"]): void {
    const [theme, chosen] = [this.#theme, this.#chosen];
    const whole = trials.get(intact);
    const cut = chosen === undefined ? undefined : trials.get(chosen);
    if (!theme || !whole || !cut) return this.#plot.show(undefined);
    const paths = (list: readonly ReplayedTrial[]) => list.map(({ path }) => path);
    // The upper one is thinner, so that where the two run together both can be seen.
    const style = (series: number, width: number): PathStyle => ({
      colour: css(theme.series[series]),
      width,
    });
    this.#plot.show({
      starts: whole.map(({ start }): Point => start),
      goals: whole.map(({ goal }): Point => goal),
      kinds: [
        { style: style(0, 3), paths: paths(whole) },
        { style: style(1, 1.5), paths: paths(cut) },
      ],
    });
  }
}

const errorOf = ({ measures }: ReplayedTrial) => measures.finalError ?? measures.endpointError;

const meanError = (trials: readonly ReplayedTrial[]) =>
  trials.reduce((sum, trial) => sum + errorOf(trial), 0) / trials.length;

function writeError(error: number): string {
  const { value, unit } = writeMeasure("finalError", error);
  return `${value} ${unit}`;
}
