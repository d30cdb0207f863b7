/// <reference lib="dom" />
/**
 * The learning curves of a run: a strong line for the mean of each variant's seeds, about it a band from the
 * lowest to the highest of them, and a thin line for each seed where the reader wants to see it.
 */
import { element, setText } from "../dom.ts";
import { significant } from "../measures.ts";
import { type DrawnLine, LineChart } from "../run/line_chart.ts";
import type { Theme } from "../theme.ts";
import { meanCurve, type Points, rangeOfCurves } from "./mean_curve.ts";

/** How a metric of a job went. */
export interface JobCurve extends Points {
  readonly job: string;
  /** The job's variant. */
  readonly group: string;
}

/** See the file's head. */
export class CurveChart {
  readonly #host = element("#curves", HTMLElement);
  readonly #readout = element("#curve-readout", HTMLElement);
  readonly #whole = element("#whole-range", HTMLButtonElement);
  readonly #chart = new LineChart(this.#host, {
    onPoint: (text) => text ? setText(this.#readout, text) : this.#rest(),
    onZoom: (isClose) => this.#whole.hidden = !isClose,
    writePlace: (step) => `step ${Math.round(step)}`,
  });
  readonly #curves = new Map<string, JobCurve>();
  readonly #hidden = new Set<string>();
  #groups: readonly string[] = [];
  #metric = "";
  #logarithmic = false;
  #eachSeed = false;

  constructor() {
    this.#whole.addEventListener("click", () => {
      this.#chart.reset();
      this.#host.focus();
    });
  }

  /** Another run, or another metric: what was there is forgotten. */
  reset(metric: string): void {
    this.#metric = metric;
    this.#curves.clear();
    this.#chart.reset();
    this.#update();
  }

  /** The run's variants, in the order of their colours. */
  set groups(groups: readonly string[]) {
    if (JSON.stringify(groups) === JSON.stringify(this.#groups)) return;
    this.#groups = groups;
    this.#update();
  }

  add(...curves: readonly JobCurve[]): void {
    for (const curve of curves) this.#curves.set(curve.job, curve);
    this.#update();
  }

  /** Whether a variant is drawn. */
  isShown(group: string): boolean {
    return !this.#hidden.has(group);
  }

  toggle(group: string): void {
    if (!this.#hidden.delete(group)) this.#hidden.add(group);
    this.#update();
  }

  set logarithmic(logarithmic: boolean) {
    this.#logarithmic = logarithmic;
    this.#update();
  }

  /** Whether each seed has a line of its own. */
  set eachSeed(eachSeed: boolean) {
    this.#eachSeed = eachSeed;
    this.#update();
  }

  /** The mean of a variant as far as all of its seeds have come; without points before that. */
  mean(group: string): Points {
    return meanCurve(this.#of(group));
  }

  /** Its last value; NaN without any. */
  latest(group: string): number {
    return this.mean(group).y.at(-1) ?? NaN;
  }

  paint(theme: Theme): void {
    this.#chart.paint(theme);
  }

  #of(group: string): JobCurve[] {
    return [...this.#curves.values()].filter((curve) => curve.group === group);
  }

  #update(): void {
    const shown = this.#groups.filter((group) => this.isShown(group));
    this.#chart.show(shown.flatMap((group) => this.#lines(group)), {
      xLabel: "",
      yLabel: "",
      xLogarithmic: false,
      yLogarithmic: this.#logarithmic,
      fromZero: true,
    });
    this.#describe();
  }

  #lines(group: string): DrawnLine[] {
    const seeds = this.#of(group);
    const mean = this.mean(group);
    const drawn = { name: group, category: this.#groups.indexOf(group) };
    const strong: DrawnLine = { ...drawn, ...mean, form: "line" };
    if (seeds.length < 2) return [strong];
    const thin = seeds.map((seed): DrawnLine => ({ ...drawn, ...seed, form: "faint" }));
    return [
      ...this.#eachSeed ? thin : [],
      { ...strong, band: rangeOfCurves(seeds, mean.x) },
    ];
  }

  /** In words, for those who do not see the lines. */
  #describe(): void {
    const parts = this.#groups.map((group) => [group || "run", this.latest(group)] as const)
      .filter(([, value]) => Number.isFinite(value))
      .map(([group, value]) => `${group} ${significant(value)}`);
    const text = parts.length > 0 ? `${this.#metric}, now: ${parts.join("; ")}` : "no data yet";
    this.#host.setAttribute("aria-label", `Learning curves: ${text}`);
    this.#rest();
  }

  /** What the readout says while nothing is pointed at. */
  #rest(): void {
    const isEmpty = this.#curves.size === 0;
    setText(this.#readout, isEmpty && this.#groups.length > 0 ? "no measurements read yet" : "");
  }
}
