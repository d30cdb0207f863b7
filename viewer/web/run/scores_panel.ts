/// <reference lib="dom" />
/** What all variants of a run have come to: a row each, the mean over the seeds with its interval. */
import { create } from "../dom.ts";
import { told } from "../documents.ts";
import { showSwatch } from "../laboratory/series_style.ts";
import { writeDuration } from "../measures.ts";
import { writeBriefly } from "./numbers.ts";
import { Change, createPanel } from "./panel.ts";
import { scrollingTable } from "./scrolling_table.ts";
import type { SentMetric, SentResults, SentVariant } from "./run_document.ts";

/** See the file's head. */
export class ScoresPanel {
  readonly #panel = createPanel("scores-panel", "Scores");
  readonly #table = scrollingTable("Scores of the variants");
  readonly #change = new Change();

  constructor() {
    const what = create("span", "what", "mean over the seeds, 95 % interval");
    this.#panel.head.append(what);
    this.#panel.element.append(this.#table.element);
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  /** @param groups the variants in the order of their colours */
  show(results: SentResults | null, groups: readonly string[]): void {
    const variants = Object.entries(results?.variants ?? {});
    this.element.hidden = variants.length === 0;
    if (!this.#change.isNew([variants, groups])) return;
    const metrics = [...new Set(variants.flatMap(([, { metrics }]) => Object.keys(metrics)))];
    this.#table.show(
      ["Variant", "Seeds", ...metrics, "Time of a job"],
      variants.map(([name, variant]) => ({
        head: variantHead(name, variant, groups.indexOf(name)),
        cells: [
          create("span", "", String(variant.seeds.length)),
          ...metrics.map((metric) => score(variant.metrics[metric])),
          create("span", "", writeDuration(told(variant.cost.seconds))),
        ],
      })),
    );
  }
}

function variantHead(name: string, { description }: SentVariant, place: number): HTMLElement {
  const head = create("span", "variant");
  const swatch = create("i", "swatch");
  showSwatch(swatch, Math.max(place, 0));
  head.append(swatch, create("span", "", name));
  head.title = description;
  return head;
}

function score(summary: SentMetric | undefined): HTMLElement {
  const cell = create("span", "", writeBriefly(told(summary?.mean)));
  if (!summary?.interval) return cell;
  const [low, high] = summary.interval.map((end) => writeBriefly(told(end)));
  // What all seeds have in common, such as the number of parameters, is known for certain.
  if (low === high) return cell;
  cell.append(create("span", "line second", `${low} to ${high}`));
  return cell;
}
