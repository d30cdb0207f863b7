/// <reference lib="dom" />
/**
 * The chosen run: how it stands, its curves, its variants, its jobs, and why those failed that did. The
 * laboratory tells of a run live; its document has what it has come to, and is all that there is of a run
 * that the laboratory does not know.
 */
import type { curvesDocument } from "../../../cluster/documents.ts";
import type { Curve, Laboratory, LaboratoryRun, RunSummary } from "../../../cluster/protocol.ts";
import { type Reply, type Sent, told } from "../documents.ts";
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { significant, writeDuration } from "../measures.ts";
import { findingsOf } from "../run/findings.ts";
import { FindingsRow } from "../run/findings_row.ts";
import { jobLines } from "../run/job_lines.ts";
import { type JobOfRun, JobRow } from "../run/job_rows.ts";
import { groupsOf, ownVariant, type SentRun } from "../run/run_document.ts";
import { RunResults } from "../run/run_results.ts";
import type { Theme } from "../theme.ts";
import { CurveChart } from "./curve_chart.ts";
import type { Orders } from "./orders.ts";
import { RunOrders } from "./run_orders.ts";
import { showSwatch } from "./series_style.ts";
import { StateBar } from "./state_bar.ts";
import { writeCounts, writeMoment, writeMore, writeShare, writeTime } from "./words.ts";

type Group = LaboratoryRun["groups"][number];
type SentCurves = Sent<typeof curvesDocument>;

/** After so long without a word of a run, its address is doubted, s. */
const doubtAfter = 5;
const doubt = "nothing is known of this run; it may have been deleted";

/** The panel of the chosen run. */
export class RunPanel {
  readonly #title = element("#run-title", HTMLElement);
  readonly #facts = element("#run-facts", HTMLElement);
  readonly #about = element("#run-about", HTMLElement);
  readonly #arm = element("#watch-arm", HTMLAnchorElement);
  readonly #metric = element("#metric", HTMLSelectElement);
  readonly #more = element("#more-jobs", HTMLElement);
  readonly #resultHead = element("#result-head", HTMLElement);
  readonly #findings = new FindingsRow();
  readonly #chart = new CurveChart();
  readonly #variants: KeyedList<Group>;
  readonly #jobs = new KeyedList<JobOfRun>(
    element("#jobs", HTMLElement),
    ({ run, key }) => `${run} ${key}`,
    () => new JobRow(),
  );
  readonly #orders: RunOrders;
  readonly #results = new RunResults();
  #run = "";
  #summary: RunSummary | undefined;
  #detail: LaboratoryRun | undefined;
  #document: SentRun | undefined;
  #mayControl = false;
  #begun = 0;
  #groups: readonly Group[] = [];
  #chosenMetric: string | undefined;
  #shownMetric = "";

  /** @param choose called when the reader chooses a metric */
  constructor(orders: Orders, choose: (metric: string) => void) {
    this.#orders = new RunOrders(orders);
    element("#run-orders", HTMLElement).append(this.#orders.element);
    element("#run-findings", HTMLElement).append(this.#findings.element);
    const variants = element("#variants", HTMLElement);
    this.#variants = new KeyedList(variants, ({ name }) => name, ({ name }) => this.#row(name));
    this.#metric.addEventListener("change", () => {
      this.#chosenMetric = this.#metric.value;
      this.#draw(this.#metric.value);
      choose(this.#metric.value);
    });
    const logarithmic = element("#logarithmic", HTMLInputElement);
    logarithmic.addEventListener("change", () => this.#chart.logarithmic = logarithmic.checked);
    const eachSeed = element("#each-seed", HTMLInputElement);
    eachSeed.addEventListener("change", () => this.#chart.eachSeed = eachSeed.checked);
  }

  /** The metric whose curves are drawn; empty before any is known. */
  get shownMetric(): string {
    return this.#shownMetric;
  }

  /**
   * Another run is chosen; what is known of it already is shown at once.
   * @param run empty as long as there is none
   * @param metric the run's first one when null
   */
  begin(run: string, metric: string | null, summary: RunSummary | undefined): void {
    this.#run = run;
    this.#begun = performance.now();
    this.#summary = undefined;
    this.#detail = undefined;
    this.#document = undefined;
    this.#chosenMetric = metric ?? undefined;
    this.#metric.replaceChildren();
    this.#metric.disabled = true;
    this.#draw("");
    this.#showGroups([]);
    this.#showJobs();
    setText(this.#about, "");
    this.#results.show(undefined);
    if (summary) return this.#showSummary(summary);
    setText(this.#title, run || "No run");
    setText(this.#facts, "");
    this.#arm.hidden = true;
    this.#orders.show(undefined, this.#mayControl);
  }

  /** How the laboratory stands: what it says of the run, or that it says nothing of it. */
  note({ runs: { list } }: Laboratory): void {
    const summary = list.find(({ run }) => run === this.#run);
    if (summary) return this.#showSummary(summary);
    const silence = performance.now() - this.#begun;
    const isKnown = this.#summary ?? this.#document;
    if (this.#run && !isKnown && silence > doubtAfter * 1000) setText(this.#facts, doubt);
  }

  /** Whether the page's orders are carried out. */
  allow(mayControl: boolean): void {
    this.#mayControl = mayControl;
    this.#orders.show(this.#summary, mayControl);
  }

  /**
   * What the laboratory tells of the run.
   * @returns whether jobs have come to an end since the last time, or begun to measure something
   */
  show(detail: LaboratoryRun): boolean {
    if (detail.run !== this.#run) return false;
    const isNews = newsOf(detail) !== newsOf(this.#detail);
    this.#detail = detail;
    this.#showSummary(detail);
    this.#offer(detail.metrics);
    this.#showGroups(detail.groups);
    this.#showJobs();
    return isNews;
  }

  add(curve: Curve): void {
    if (curve.run !== this.#run || curve.metric !== this.#shownMetric) return;
    this.#chart.add(curve);
    this.#showCurves();
  }

  /** What has come of asking for the run's document. */
  know(reply: Reply<SentRun>): void {
    if (reply.kind !== "document") {
      if (this.#document) return;
      if (reply.kind === "unavailable") setText(this.#about, reply.message);
      else if (!this.#summary) setText(this.#facts, doubt);
      return;
    }
    const { document } = reply;
    this.#document = document;
    setText(this.#about, writeAbout(document));
    this.#results.show(document);
    if (!this.#summary) this.#showDocument(document);
    this.#showJobs();
    this.#showCurves();
  }

  /** Curves that nobody tells of live. */
  addRecorded({ run, metric, list }: SentCurves): void {
    if (run !== this.#run || metric !== this.#shownMetric) return;
    this.#chart.add(...list.map(({ job, variant, x, y }) => ({
      job,
      group: variant,
      x: x.map(told),
      y: y.map(told),
    })));
    this.#showCurves();
  }

  paint(theme: Theme): void {
    this.#chart.paint(theme);
    this.#results.paint(theme);
  }

  #showSummary(summary: RunSummary): void {
    this.#summary = summary;
    this.#orders.show(summary, this.#mayControl);
    const { title, jobs, progress, arm } = summary;
    setText(this.#title, title);
    setText(
      this.#facts,
      [writeShare(progress), writeCounts(jobs), writeTime(summary, new Date())]
        .filter(Boolean).join("  ·  "),
    );
    this.#arm.hidden = arm === undefined;
    if (arm !== undefined) this.#arm.href = `/arm?job=${arm}`;
  }

  /** A run of which the laboratory tells nothing. */
  #showDocument(run: SentRun): void {
    const { title, state, began, jobs } = run;
    setText(this.#title, title);
    const seconds = told(run.seconds);
    setText(
      this.#facts,
      [
        state === "unknown" ? "not known whether it goes on" : state,
        `${jobs.finished} of ${jobs.total} jobs done`,
        seconds > 0 ? `took ${writeDuration(seconds)}` : "",
        writeMoment(began, new Date()),
      ].filter(Boolean).join("  ·  "),
    );
    this.#offer(run.metrics);
    this.#showGroups(groupsOf(run));
  }

  #showGroups(groups: readonly Group[]): void {
    this.#groups = groups;
    this.#chart.groups = groups.map(({ name }) => name);
    this.#showCurves();
  }

  /** What the curves say beside their lines. */
  #showCurves(): void {
    this.#variants.show(this.#groups);
    const variants = this.#groups.map(({ name }) => name);
    const method = this.#document?.kind === "library" ? this.#document.method : "";
    const variant = ownVariant(variants, method);
    const metric = this.#shownMetric;
    const curve = metric ? { metric, variant, points: this.#chart.mean(variant) } : undefined;
    this.#findings.show(this.#run ? findingsOf(this.#document, curve) : []);
  }

  #showJobs(): void {
    const lines = jobLines(this.#detail?.list ?? [], this.#document);
    this.#jobs.show(lines.map((line) => ({ ...line, run: this.#run })));
    const total = this.#detail?.total ?? this.#document?.jobs.total ?? 0;
    setText(this.#more, writeMore(total, lines.length, "jobs"));
    const metrics = this.#document?.jobs.list.find(({ metrics }) => metrics)?.metrics ?? {};
    setText(this.#resultHead, Object.keys(metrics)[0] ?? "Result");
  }

  #offer(metrics: readonly string[]): void {
    const offered = [...this.#metric.options].map(({ value }) => value);
    if (JSON.stringify(offered) !== JSON.stringify(metrics)) {
      this.#metric.replaceChildren(...metrics.map((metric) => create("option", "", metric)));
    }
    this.#metric.disabled = metrics.length < 2;
    // An address may name a metric that the run does not measure.
    const isKnown = this.#chosenMetric !== undefined && metrics.includes(this.#chosenMetric);
    const shown = (isKnown ? this.#chosenMetric : metrics[0]) ?? "";
    this.#metric.value = shown;
    if (shown !== this.#shownMetric) this.#draw(shown);
  }

  #draw(metric: string): void {
    this.#shownMetric = metric;
    this.#chart.reset(metric);
  }

  /** A variant: the key of its lines, which it hides and shows. */
  #row(name: string): Row<Group> {
    const row = create("tr");
    const head = create("th");
    head.scope = "row";
    const button = create("button");
    button.type = "button";
    button.title = "Hide or show its curves";
    const swatch = create("i", "swatch");
    button.append(swatch, create("span", "", name || "all"));
    head.append(button);
    const bar = new StateBar();
    const jobs = create("td");
    jobs.append(bar.element);
    const share = create("td");
    const now = create("td");
    row.append(head, jobs, share, now);
    button.addEventListener("click", () => {
      this.#chart.toggle(name);
      this.#variants.show(this.#groups);
    });
    return {
      element: row,
      show: ({ jobs, total, progress }) => {
        const place = this.#groups.findIndex((group) => group.name === name);
        showSwatch(swatch, place);
        button.setAttribute("aria-pressed", String(this.#chart.isShown(name)));
        bar.show(jobs, total);
        setText(share, writeShare(progress));
        setText(now, significant(this.#chart.latest(name)));
      },
    };
  }
}

/** What makes the run's document another one. */
const newsOf = (detail: LaboratoryRun | undefined) =>
  detail && JSON.stringify([detail.jobs, detail.total, detail.metrics]);

/** What the run is about, in a line. */
function writeAbout(run: SentRun): string {
  if (run.kind === "library") {
    const summary = run.summary && `${run.summary[0].toUpperCase()}${run.summary.slice(1)}.`;
    return [summary, run.citation].filter(Boolean).join(" ");
  }
  return `${run.controller} controller, ${run.task}, ${run.engine} engine, seed ${run.seed}`;
}
