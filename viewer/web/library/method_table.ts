/// <reference lib="dom" />
/** The library's table: a row a method, by family or sorted by what its columns say. */
import { writeAmount, writeInterval, writeName } from "../compare/amounts.ts";
import { EstimatePlot, type Scale, scaleOf } from "../compare/estimate_plot.ts";
import { told } from "../documents.ts";
import { create } from "../dom.ts";
import { writeMore } from "../laboratory/words.ts";
import { writeDuration } from "../measures.ts";
import { writeAddress } from "../router.ts";
import { Change } from "../run/panel.ts";
import { type SortKey, turned, type Wish } from "./entries.ts";
import {
  categories,
  claimStateOf,
  headlineOf,
  type Score,
  type SentMethod,
} from "./method_document.ts";
import {
  capital,
  claimLevels,
  writeFamily,
  writeJobCost,
  writePaper,
  writeParts,
} from "./words.ts";

/** How many variants are shown beside the method itself. */
const mostBeside = 3;
interface Column {
  readonly title: string;
  readonly hint?: string;
  /** By what a press on its head sorts; undefined of one whose entries cannot be compared. */
  readonly sort?: SortKey;
}

const columns: readonly Column[] = [
  { title: "Method", sort: "method" },
  { title: "Paper", sort: "year", hint: "Sorted by year" },
  { title: "Claim", sort: "claim", hint: "What the newest finished run says of the paper's claim" },
  { title: "Score", hint: "Of the newest finished run: mean over the seeds and 95 % interval" },
  { title: "Cost", sort: "cost", hint: "What all jobs of the newest finished run took together" },
];

/** See the file's head. */
export class MethodTable {
  readonly element = create("table", "methods");
  readonly #heads = new Map<SortKey, HTMLElement>();
  readonly #change = new Change();
  #wish: Wish | undefined;

  /** @param onSort told what the reader wants to see when a head is pressed */
  constructor(private readonly onSort: (wish: Wish) => void) {
    const head = create("thead");
    const row = create("tr");
    row.append(...columns.map((column) => this.#head(column)));
    head.append(row);
    this.element.append(head);
  }

  show(methods: readonly SentMethod[], wish: Wish): void {
    this.#wish = wish;
    for (const [key, head] of this.#heads) {
      if (key !== wish.sort) head.ariaSort = null;
      else head.ariaSort = wish.isDescending ? "descending" : "ascending";
    }
    const isByFamily = wish.sort === "family";
    if (!this.#change.isNew([methods, isByFamily])) return;
    for (const body of [...this.element.tBodies]) body.remove();
    const groups = isByFamily
      ? [...Map.groupBy(methods, ({ family }) => family)]
      : [["", methods] as const];
    this.element.append(...groups.map(([family, members]) => groupBody(family, members)));
  }

  #head({ title, hint = "", sort }: Column): HTMLElement {
    const head = create("th");
    head.scope = "col";
    head.title = hint;
    if (sort === undefined) {
      head.textContent = title;
      return head;
    }
    const button = create("button", "", title);
    button.type = "button";
    button.addEventListener("click", () => {
      if (this.#wish) this.onSort(turned(this.#wish, sort));
    });
    head.append(button);
    this.#heads.set(sort, head);
    return head;
  }
}

/** @param family empty where methods of several families stand together */
function groupBody(family: string, methods: readonly SentMethod[]): HTMLElement {
  const body = create("tbody");
  if (family) {
    const row = create("tr", "family");
    const head = create("th", "", writeFamily(family));
    head.scope = "rowgroup";
    head.colSpan = columns.length;
    row.append(head);
    body.append(row);
  }
  body.append(...methods.map((method) => methodRow(method, family === "")));
  return body;
}

function methodRow(method: SentMethod, saysFamily: boolean): HTMLElement {
  const row = create("tr");
  row.dataset.method = method.id;
  row.dataset.run = String(method.last !== null);
  const head = create("th");
  head.scope = "row";
  const link = create("a", "", method.id);
  link.href = writeAddress("library", [method.id]);
  head.append(link);
  if (saysFamily) head.append(create("span", "unit", ` ${writeFamily(method.family)}`));
  head.append(create("p", "what", capital(method.summary)));
  row.append(head, paperCell(method), claimCell(method), scoreCell(method), costCell(method));
  return row;
}

function paperCell({ paper, citation }: SentMethod): HTMLElement {
  const cell = create("td", "paper");
  cell.title = citation;
  cell.append(create("p", "", writePaper(paper)), create("p", "what", paper.title));
  return cell;
}

function claimCell(method: SentMethod): HTMLElement {
  const cell = create("td", "claim");
  const state = claimStateOf(method);
  const verdict = create("strong", "verdict", capital(state));
  verdict.dataset.verdict = claimLevels[state];
  cell.append(verdict);
  const { last } = method;
  if (last) {
    cell.append(create("p", "what", writeParts(last)), create("p", "what", last.profile));
  }
  return cell;
}

function scoreCell(method: SentMethod): HTMLElement {
  const cell = create("td", "score");
  const headline = headlineOf(method);
  if (!headline) {
    cell.append(create("span", "what", "–"));
    return cell;
  }
  const { metric, own, others } = headline;
  const beside = others.slice(0, mostBeside);
  const shown = own ? [own, ...beside] : beside;
  const scale = scaleOf(shown.map(({ estimate }) => estimate));
  const list = create("ul");
  list.append(...shown.map((score) => scoreLine(score, metric, scale, score === own)));
  const more = writeMore(others.length, beside.length, "variants");
  cell.append(
    create("p", "what", [capital(writeName(metric)), more].filter(Boolean).join(" ")),
    list,
  );
  return cell;
}

function scoreLine(
  { variant, estimate }: Score,
  metric: string,
  scale: Scale | undefined,
  isOwn: boolean,
): HTMLElement {
  const item = create("li");
  if (isOwn) item.className = "own";
  const name = create("span", "line", variant);
  name.title = variant;
  const plot = new EstimatePlot();
  plot.show(estimate, scale, isOwn ? categories.own : categories.beside);
  item.append(
    name,
    plot.element,
    create("span", "value", writeAmount(metric, estimate.mean)),
    create("span", "interval", writeInterval(metric, estimate.interval)),
  );
  return item;
}

function costCell(method: SentMethod): HTMLElement {
  const cell = create("td", "cost");
  const { last } = method;
  const own = headlineOf(method)?.own?.variant;
  cell.append(create("span", last ? "" : "what", last ? writeDuration(told(last.seconds)) : "–"));
  if (last && own !== undefined) {
    cell.append(create("p", "what", writeJobCost(last.variants[own].cost)));
  }
  return cell;
}
