/// <reference lib="dom" />
/** The curves of all groups over one another: the mean of a group's seeds in a band of all of them. */
import { element, setText } from "../dom.ts";
import { meanCurve, type Points, rangeOfCurves } from "../laboratory/mean_curve.ts";
import { significant } from "../measures.ts";
import { type DrawnLine, type LineAxes, LineChart } from "../run/line_chart.ts";
import type { Theme } from "../theme.ts";
import type { Group } from "./groups.ts";
import { MeasureChoice } from "./measure_choice.ts";

/** The curves of a group. */
export interface GroupCurves {
  readonly group: Group;
  /** One a seed. */
  readonly seeds: readonly Points[];
}

/** See the file's head. */
export class CurvesPanel {
  readonly #host = element("#compare-curves", HTMLElement);
  readonly #readout = element("#compare-readout", HTMLElement);
  readonly #nothing = element("#no-compare-curves", HTMLElement);
  readonly #logarithmic = element("#compare-logarithmic", HTMLInputElement);
  readonly #whole = element("#compare-whole", HTMLButtonElement);
  readonly #choice: MeasureChoice;
  readonly #chart: LineChart;
  #curves: readonly GroupCurves[] = [];
  #metric = "";

  /** @param choose called when the reader chooses a metric */
  constructor(choose: (metric: string) => void) {
    this.#choice = new MeasureChoice("#compare-metric", choose);
    this.#chart = new LineChart(this.#host, {
      onPoint: (text) => setText(this.#readout, text),
      onZoom: (isClose) => this.#whole.hidden = !isClose,
      writePlace: (step) => `step ${step}`,
    });
    this.#logarithmic.addEventListener("change", () => this.#draw());
    this.#whole.addEventListener("click", () => {
      this.#chart.reset();
      // The button that had the focus is gone.
      this.#host.focus();
    });
  }

  /**
   * @param metrics those that can be chosen
   * @param metric that of the curves; empty where there is none
   * @param reason why there are no curves, if there are none
   */
  show(
    curves: readonly GroupCurves[],
    metrics: readonly string[],
    metric: string,
    reason: string,
  ): void {
    if (metric !== this.#metric) this.#chart.reset();
    this.#metric = metric;
    this.#curves = curves.filter(({ seeds }) => seeds.some(({ x }) => x.length > 0));
    this.#choice.show(metrics, metric);
    setText(this.#nothing, reason);
    this.#host.hidden = this.#curves.length === 0;
    this.#nothing.hidden = this.#curves.length > 0;
    this.#draw();
  }

  paint(theme: Theme): void {
    this.#chart.paint(theme);
  }

  #draw(): void {
    const lines = this.#curves.map(lineOf);
    this.#chart.show(lines, axesWith(this.#logarithmic.checked));
    const words = lines.flatMap(({ name, y }) => {
      const latest = y.at(-1);
      return latest === undefined ? [] : [`${name} ${significant(latest)}`];
    });
    this.#host.ariaLabel = `${this.#metric} over steps, now: ${words.join("; ")}`;
  }
}

const axesWith = (yLogarithmic: boolean): LineAxes => ({
  xLabel: "",
  yLabel: "",
  xLogarithmic: false,
  yLogarithmic,
  fromZero: true,
});

function lineOf({ group: { label, category }, seeds }: GroupCurves): DrawnLine {
  const begun = seeds.filter(({ x }) => x.length > 0);
  const mean = meanCurve(begun);
  return {
    ...mean,
    name: label,
    category,
    form: "line",
    ...begun.length > 1 && { band: rangeOfCurves(begun, mean.x) },
  };
}
