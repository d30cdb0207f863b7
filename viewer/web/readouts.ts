/// <reference lib="dom" />
/** The page's texts and numbers: the run, its training, the trial, the muscles. */
import type {
  Description,
  Progress,
  Status,
  TrialEnded,
  TrialStarted,
} from "../../cluster/protocol.ts";
import { muscleScale } from "./arm_model.ts";
import { type LineState, writeLost } from "./connection.ts";
import { create, element, setText } from "./dom.ts";
import { fastest, speedScale } from "./hand_path.ts";
import { signed, significant, sortMeasures, writeDuration, writeMeasure } from "./measures.ts";
import { css, type Scale } from "./palette.ts";
import type { Theme } from "./theme.ts";

const text = (selector: string) => {
  const target = element(selector, HTMLElement);
  return (value: string) => setText(target, value);
};

const trainingWords: Readonly<Record<Status["training"], string>> = {
  starting: "Starting",
  training: "Training",
  evaluating: "Evaluating",
  finished: "Training finished",
  stopped: "Training stopped",
  none: "No training",
};

/** Every text of the page that comes from the run. */
export class Readouts {
  readonly #write = {
    run: text("#run"),
    facts: text("#run-facts"),
    training: text("#training-state"),
    updates: text("#updates"),
    rate: text("#rate"),
    left: text("#time-left"),
    caption: text("#caption"),
    detail: text("#caption-detail"),
    distance: text("#distance"),
    load: text("#load"),
    notice: text("#notice"),
  };
  readonly #notice = element("#notice", HTMLElement);
  readonly #progress = element("#progress", HTMLProgressElement);
  readonly #losses = element("#losses", HTMLElement);
  readonly #measures = element("#measures tbody", HTMLTableSectionElement);
  readonly #otherMeasures = element("#other-measures tbody", HTMLTableSectionElement);
  readonly #more = element("#more", HTMLDetailsElement);
  readonly #muscles = element("#muscles", HTMLElement);
  readonly #legend = element("#speed-legend-bar", HTMLElement);
  #bars: { readonly bar: HTMLElement; readonly motor: boolean }[] = [];
  #scale: Scale = () => [1, 1, 1];
  #theme: Theme | undefined;
  #status: Status | undefined;
  #line: LineState["kind"] = "connecting";
  /** The controller that learns, if one does. */
  #learner: string | undefined;

  /** Another run. */
  load({ run, seed, engine, controller, task, arm, updates, network }: Description): void {
    this.#learner = network.streams.length > 0 ? controller : undefined;
    this.#write.run(runName(run));
    const verb = this.#learner === undefined ? "does" : "learns";
    this.#write.facts(
      [arm.name, `${engine} engine`, `seed ${seed}`, `${controller} ${verb} ${task}`]
        .map((fact) => fact.replaceAll("-", " ")).join("  ·  "),
    );
    document.title = `${runName(run)} · Callosum`;
    this.#progress.max = Math.max(updates, 1);
    this.#bars = arm.actuators.map(({ name, kind }) => {
      const row = create("li");
      const track = create("span", "track");
      const bar = create("span", "bar");
      track.append(bar);
      row.append(create("span", "name", name), track);
      this.#muscles.append(row);
      return { bar, motor: kind === "motor" };
    });
    this.#muscles.replaceChildren(...this.#bars.map(({ bar }) => {
      const row = bar.closest("li");
      if (!row) throw new TypeError("an activation bar has no row");
      return row;
    }));
  }

  /** Forget what was shown of another run. */
  reset(): void {
    this.#status = undefined;
    this.#measures.replaceChildren();
    this.#more.hidden = true;
    this.#losses.replaceChildren();
    this.#progress.value = 0;
    for (
      const name of ["updates", "rate", "left", "caption", "detail", "distance", "load"] as const
    ) {
      this.#write[name]("");
    }
  }

  showStatus(status: Status): void {
    this.#status = status;
    this.#showState();
    document.documentElement.dataset.training = status.training;
    if (status.training === "finished" || status.training === "stopped") this.#write.left("");
  }

  showProgress({ update, updates, updatesPerSecond, secondsLeft, losses }: Progress): void {
    this.#progress.max = Math.max(updates, 1);
    this.#progress.value = update;
    this.#write.updates(`${update} of ${updates} updates`);
    this.#write.rate(updatesPerSecond > 0 ? `${signed(updatesPerSecond, 1)} per second` : "");
    this.#write.left(
      update < updates && secondsLeft > 0 ? `${writeDuration(secondsLeft)} left` : "",
    );
    this.#losses.replaceChildren(
      ...Object.entries(losses).map(([name, value]) => {
        const entry = create("div");
        entry.append(
          create("dt", "", writeMeasure(name, 0).label),
          create("dd", "", significant(value)),
        );
        return entry;
      }),
    );
  }

  beginTrial({ trial, task, controller, lesion, update }: TrialStarted): void {
    const words = [task, controller, lesion === "none" || lesion === "" ? "" : `lesion ${lesion}`];
    this.#write.caption(words.filter(Boolean).join("  ·  ").replaceAll("-", " "));
    const weights = controller === this.#learner ? `, weights after ${update} updates` : "";
    this.#write.detail(`trial ${trial + 1}${weights}`);
  }

  endTrial({ measures }: TrialEnded): void {
    const { first, others } = sortMeasures(Object.keys(measures));
    const rows = (names: readonly string[]) =>
      names.map((name) => measureRow(name, measures[name]));
    this.#measures.replaceChildren(...rows(first));
    this.#otherMeasures.replaceChildren(...rows(others));
    this.#more.hidden = others.length === 0;
  }

  /** The hand's distance from the goal, m, and the load, N. */
  showHand(distance: number, load: number): void {
    this.#write.distance(signed(100 * distance, 1));
    this.#write.load(load > 0.05 ? `load ${load.toFixed(1)} N` : "");
  }

  /** Activations, muscles 0 … 1, motors −1 … 1. */
  showActivations(activations: ArrayLike<number>): void {
    this.#bars.forEach(({ bar, motor }, i) => {
      const amount = activations[i] ?? 0;
      bar.style.transform = `scaleX(${Math.min(Math.abs(amount), 1)})`;
      bar.style.backgroundColor = motor && this.#theme
        ? css(amount < 0 ? this.#theme.minus : this.#theme.plus)
        : css(this.#scale(amount));
    });
  }

  /** Say how the line is; nothing when all is well. */
  showLine(state: LineState, hasRun: boolean): void {
    document.documentElement.dataset.connection = state.kind;
    this.#line = state.kind;
    this.#showState();
    switch (state.kind) {
      case "connecting":
        return this.notify("Connecting to the run …", "quiet");
      case "open":
        return this.notify(hasRun ? "" : "Waiting for the run to say what it is …", "quiet");
      case "lost":
        return this.notify(writeLost(state), "warning");
    }
  }

  /** A message over the scene; none when empty. */
  notify(message: string, level: "quiet" | "warning"): void {
    this.#write.notice(message);
    this.#notice.hidden = message === "";
    this.#notice.dataset.level = level;
  }

  /** What the run does, as far as the page can know. */
  #showState(): void {
    if (this.#line === "lost") this.#write.training("Disconnected");
    else if (!this.#status) this.#write.training("Connecting");
    else {
      const { training, paused } = this.#status;
      this.#write.training(trainingWords[training] + (paused ? " · view paused" : ""));
    }
  }

  paint(theme: Theme): void {
    this.#theme = theme;
    this.#scale = muscleScale(theme);
    const speed = speedScale(theme);
    const stops = Array.from({ length: 9 }, (_, i) => css(speed(i / 8)));
    this.#legend.style.backgroundImage = `linear-gradient(to right, ${stops.join(", ")})`;
    setText(element("#speed-legend-end", HTMLElement), `${fastest} m/s`);
  }
}

function measureRow(name: string, measure: number): HTMLTableRowElement {
  const { label, value, unit, minimumJerk } = writeMeasure(name, measure);
  const row = create("tr");
  const head = create("th", "", label);
  head.scope = "row";
  const cell = create("td", "value", value);
  if (unit) cell.append(create("span", "unit", unit));
  row.append(head, cell, create("td", "reference", minimumJerk));
  return row;
}

/** A job of a laboratory is called by a digest; its beginning tells it from others. */
const runName = (run: string) => /^[0-9a-f]{40}$/.test(run) ? run.slice(0, 8) : run;
