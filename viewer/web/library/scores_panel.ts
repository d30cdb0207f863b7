/// <reference lib="dom" />
/** What every variant of a method's newest finished run has come to in one metric, on one scale. */
import { writeAmount, writeInterval, writeName } from "../compare/amounts.ts";
import { EstimatePlot, scaleOf } from "../compare/estimate_plot.ts";
import { create, setText } from "../dom.ts";
import { writeMore } from "../laboratory/words.ts";
import { createPanel } from "../run/panel.ts";
import { scrollingTable } from "../run/scrolling_table.ts";
import {
  categories,
  ownVariant,
  type Score,
  scoresOf,
  type SentLastRun,
  type SentMethod,
} from "./method_document.ts";
import { writeJobCost } from "./words.ts";

/** How many failed jobs are named. */
const mostFailures = 5;

/** See the file's head. */
export class MethodScores {
  readonly #panel = createPanel("method-scores", "Scores");
  readonly #metric = create("select");
  readonly #table = scrollingTable("Scores of the variants");
  readonly #failures = create("p", "what");
  #method: SentMethod | undefined;

  constructor() {
    const label = create("label");
    const name = create("span", "hidden", "Metric");
    this.#metric.addEventListener("change", () => this.#showTable());
    label.append(name, this.#metric);
    this.#panel.head.append(label, create("span", "what", "mean over the seeds, 95 % interval"));
    this.#panel.element.append(this.#table.element, this.#failures);
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  show(method: SentMethod): void {
    this.#method = method;
    const { last } = method;
    const metrics = new Set(
      Object.values(last?.variants ?? {}).flatMap(({ metrics }) => Object.keys(metrics)),
    );
    this.element.hidden = metrics.size === 0;
    const chosen = this.#metric.value;
    this.#metric.replaceChildren(...[...metrics].map((metric) => {
      const option = create("option", "", writeName(metric));
      option.value = metric;
      return option;
    }));
    if (metrics.has(chosen)) this.#metric.value = chosen;
    this.#showTable();
    setText(this.#failures, writeFailures(last?.failures ?? []));
  }

  #showTable(): void {
    const { variants = {} } = this.#method?.last ?? {};
    const metric = this.#metric.value;
    const scores = scoresOf(Object.entries(variants), metric);
    const scale = scaleOf(scores.map(({ estimate }) => estimate));
    const own = this.#method && ownVariant(this.#method);
    this.#table.show(
      ["Variant", "On one scale", "Mean", "Interval", "Seeds", "Cost"],
      scores.map(({ variant, estimate }) => {
        const { description, cost } = variants[variant];
        const plot = new EstimatePlot();
        plot.show(estimate, scale, variant === own ? categories.own : categories.beside);
        const place = create("span", "plot");
        place.append(plot.element);
        return {
          head: variantHead(variant, description),
          cells: [place, ...cellsOf({ variant, estimate }, metric, writeJobCost(cost))],
        };
      }),
    );
  }
}

function variantHead(variant: string, description: string): HTMLElement {
  const head = create("span", "variant-name", variant);
  head.append(create("span", "what", description));
  return head;
}

function cellsOf({ estimate }: Score, metric: string, cost: string): HTMLElement[] {
  const { mean, interval, values } = estimate;
  return [
    create("strong", "", writeAmount(metric, mean)),
    create("span", "", writeInterval(metric, interval) || "–"),
    create("span", "", String(values.length)),
    create("span", "what", cost),
  ];
}

function writeFailures(failures: SentLastRun["failures"]): string {
  if (failures.length === 0) return "";
  const named = failures.slice(0, mostFailures)
    .map(({ variant, seed, message }) => `${variant}, seed ${seed}: ${message}`);
  const more = writeMore(failures.length, named.length, "jobs");
  return `Without results: ${[...named, more].filter(Boolean).join("; ")}`;
}
