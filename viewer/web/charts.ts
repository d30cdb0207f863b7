/// <reference lib="dom" />
/** The two charts: how the error falls with training, and how fast the hand is during the trial. */
import uPlot from "uplot";
import type { Evaluation, Progress } from "../../cluster/protocol.ts";
import { ThinnedSeries } from "../../cluster/thinned_series.ts";
import { basis, Chart, decades, inThousands } from "./chart.ts";
import { element, setText } from "./dom.ts";
import { css } from "./palette.ts";
import type { Theme } from "./theme.ts";

/** More points than a chart has pixels show nothing more. */
const pointLimit = 1500;
const centimetres = (metres: number) => 100 * metres;

/** A text for the cursor's place in a chart, or the one for no cursor. */
type Readout = (text: string) => void;

/** Endpoint error over updates: the training's batches as a line, held-out trials as points. */
export class LearningCurve {
  readonly #progress = new ThinnedSeries<Progress>(pointLimit);
  readonly #evaluations = new ThinnedSeries<Evaluation>(pointLimit);
  readonly #host = element("#learning-curve", HTMLElement);
  readonly #chart: Chart;
  readonly #readout: Readout;
  #updates = 0;
  #engine = "";
  #logarithmic = true;
  #stale = false;

  constructor() {
    const readout = element("#learning-readout", HTMLElement);
    this.#readout = (text) => setText(readout, text);
    this.#chart = new Chart(this.#host, (theme) => this.#form(theme));
  }

  /** A run begins that takes that many updates and is measured in that engine. */
  reset(updates: number, engine: string): void {
    this.#updates = updates;
    this.#engine = engine;
    this.#progress.clear();
    this.#evaluations.clear();
    this.#update();
  }

  addProgress(progress: Progress): void {
    // A training that goes on from a checkpoint makes again what came after it.
    this.#progress.truncate(({ update }) => update < progress.update);
    this.#progress.push(progress);
    this.#update();
  }

  addEvaluation(evaluation: Evaluation): void {
    this.#evaluations.push(evaluation);
    this.#update();
  }

  /** Whether the error's axis is logarithmic. */
  set logarithmic(logarithmic: boolean) {
    this.#logarithmic = logarithmic;
    this.#chart.rebuild();
  }

  paint(theme: Theme): void {
    this.#chart.paint(theme);
  }

  /** Drawn with the next display frame: a quick training tells more often than one can see. */
  #update(): void {
    if (this.#stale) return;
    this.#stale = true;
    requestAnimationFrame(() => {
      this.#stale = false;
      this.#draw();
    });
  }

  #draw(): void {
    const curve = this.#progress.items();
    const heldOut = heldOutErrors(this.#evaluations.items(), this.#engine);
    this.#chart.data = uPlot.join([
      [
        curve.map(({ update }) => update),
        curve.map(({ finalError }) => centimetres(finalError)),
      ],
      [[...heldOut.keys()], [...heldOut.values()]],
    ]);
    const latest = curve.at(-1);
    const summary = latest
      ? `${centimetres(latest.finalError).toFixed(2)} cm after ${latest.update} updates`
      : "";
    this.#readout(summary);
    this.#host.setAttribute("aria-label", `Learning curve: ${summary || "no data yet"}`);
  }

  #form(theme: Theme): Omit<uPlot.Options, "width" | "height"> {
    const log = this.#logarithmic;
    return {
      ...basis(
        theme,
        (_, values) => values.map((value) => value === null ? "" : inThousands(value)),
      ),
      scales: {
        x: {
          time: false,
          range: (
            _,
            lower,
            upper,
          ) => [Math.min(lower ?? 0, 0), Math.max(upper ?? 0, this.#updates, 1)],
        },
        y: log
          ? { distr: 3, log: 10, range: (_, lower, upper) => decades(lower, upper) }
          : { range: (_, _lower, upper) => [0, 1.08 * (upper ?? 1) || 1] },
      },
      series: [
        {},
        { stroke: css(theme.accent), width: 1.5, points: { show: false }, spanGaps: true },
        {
          stroke: css(theme.ink),
          width: 0,
          paths: () => null,
          points: {
            show: true,
            size: 7,
            width: 1.5,
            fill: css(theme.surface),
            stroke: css(theme.ink),
          },
        },
      ],
      hooks: { setCursor: [(plot) => this.#point(plot)] },
    };
  }

  #point({ cursor, data }: uPlot): void {
    const index = cursor.idx;
    if (index === null || index === undefined || (cursor.left ?? -1) < 0) return;
    const [training, heldOut] = [data[1][index], data[2]?.[index]];
    const parts = [`update ${data[0][index]}`];
    if (typeof training === "number") parts.push(`training ${training.toFixed(2)} cm`);
    if (typeof heldOut === "number") parts.push(`held out ${heldOut.toFixed(2)} cm`);
    this.#readout(parts.join(" · "));
  }
}

/**
 * The final error after so many updates, cm. Where several engines were measured after the same update,
 * that of the run's own counts; on the way only the engine of the training is measured.
 */
function heldOutErrors(evaluations: readonly Evaluation[], engine: string): Map<number, number> {
  const isOwn = (evaluation: Evaluation) => Number(evaluation.engine === engine);
  return new Map(
    // A map keeps the last of equal updates: the own engine's.
    evaluations.toSorted((a, b) => a.update - b.update || isOwn(a) - isOwn(b))
      .map(({ update, measures }): [number, number] => [
        update,
        centimetres(measures.finalError ?? measures.endpointError),
      ])
      .filter(([, error]) => Number.isFinite(error)),
  );
}

/** Hand speed over the time of one trial. */
export class SpeedProfile {
  readonly #host = element("#speed-profile", HTMLElement);
  readonly #chart: Chart;
  #duration = 1;
  #times: number[] = [];
  #speeds: number[] = [];

  constructor() {
    this.#chart = new Chart(this.#host, (theme) => this.#form(theme));
  }

  /** A trial of that duration begins, s. */
  begin(duration: number): void {
    this.#duration = duration;
    this.#times = [];
    this.#speeds = [];
    this.#update();
  }

  /**
   * The hand's speed at a time of the trial, s and m/s. What is shown lags behind what has arrived, so
   * after `complete` times still come that are drawn already; they are left out.
   */
  add(time: number, speed: number): void {
    if (time <= (this.#times.at(-1) ?? -Infinity)) return;
    this.#times.push(time);
    this.#speeds.push(speed);
    this.#update();
  }

  /** The whole profile, one value a time step. */
  complete(speeds: readonly number[], timeStep: number): void {
    this.#speeds = [...speeds];
    this.#times = speeds.map((_, step) => step * timeStep);
    this.#update();
  }

  paint(theme: Theme): void {
    this.#chart.paint(theme);
  }

  #update(): void {
    this.#chart.data = [this.#times, this.#speeds];
    const peak = Math.max(0, ...this.#speeds);
    this.#host.setAttribute("aria-label", `Speed of the hand: at most ${peak.toFixed(2)} m/s`);
  }

  #form(theme: Theme): Omit<uPlot.Options, "width" | "height"> {
    return {
      ...basis(theme, (_, values) => values.map((value) => value === null ? "" : String(value))),
      scales: {
        x: { time: false, range: () => [0, this.#duration] },
        // Trials of usual speed share one scale; only a faster one stretches it.
        y: { range: (_, _lower, upper) => [0, Math.max(1, 1.08 * (upper ?? 0))] },
      },
      series: [
        {},
        {
          stroke: css(theme.accent),
          fill: css(theme.accent, 0.12),
          width: 1.5,
          points: { show: false },
        },
      ],
    };
  }
}
