/// <reference lib="dom" />
/** The chosen run: its curves, its variants, its jobs, and why those failed that did. */
import type { Curve, LaboratoryRun, RunSummary } from "../../../cluster/protocol.ts";
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { significant } from "../measures.ts";
import type { Theme } from "../theme.ts";
import { CurveChart, seriesStyle } from "./curve_chart.ts";
import { ProgressBar, StateBar } from "./state_bar.ts";
import { writeCounts, writeMore, writeShare, writeSteps, writeTime } from "./words.ts";

type Group = LaboratoryRun["groups"][number];
type Job = LaboratoryRun["list"][number];

/** The panel of the chosen run. */
export class RunPanel {
  readonly #title = element("#run-title", HTMLElement);
  readonly #facts = element("#run-facts", HTMLElement);
  readonly #arm = element("#watch-arm", HTMLAnchorElement);
  readonly #metric = element("#metric", HTMLSelectElement);
  readonly #more = element("#more-jobs", HTMLElement);
  readonly #chart = new CurveChart();
  readonly #variants: KeyedList<Group>;
  readonly #jobs = new KeyedList<Job>(
    element("#jobs", HTMLElement),
    ({ id }) => id,
    () => new JobRow(),
  );
  #run = "";
  #groups: readonly Group[] = [];
  #chosenMetric: string | undefined;
  #shownMetric = "";

  /** @param choose called when the reader chooses a metric */
  constructor(choose: () => void) {
    const variants = element("#variants", HTMLElement);
    this.#variants = new KeyedList(variants, ({ name }) => name, ({ name }) => this.#row(name));
    this.#metric.addEventListener("change", () => {
      this.#chosenMetric = this.#metric.value;
      this.#draw(this.#metric.value);
      choose();
    });
    const logarithmic = element("#logarithmic", HTMLInputElement);
    logarithmic.addEventListener("change", () => this.#chart.logarithmic = logarithmic.checked);
  }

  /** The metric that the reader has chosen; null while it is the run's first one. */
  get metric(): string | null {
    return this.#chosenMetric ?? null;
  }

  /** Another run is chosen; what is known of it already is shown at once. */
  begin(run: string, summary: RunSummary | undefined): void {
    this.#run = run;
    this.#chosenMetric = undefined;
    this.#metric.replaceChildren();
    this.#metric.disabled = true;
    this.#draw("");
    this.#showGroups([]);
    this.#jobs.show([]);
    setText(this.#more, "");
    if (summary) this.#showSummary(summary);
    else setText(this.#title, run ? "…" : "No run");
  }

  show(detail: LaboratoryRun): void {
    if (detail.run !== this.#run) return;
    this.#showSummary(detail);
    this.#offer(detail.metrics);
    this.#showGroups(detail.groups);
    this.#jobs.show(detail.list);
    setText(this.#more, writeMore(detail.total, detail.list.length, "jobs"));
  }

  add(curve: Curve): void {
    if (curve.run !== this.#run || curve.metric !== this.#shownMetric) return;
    this.#chart.add(curve);
    this.#variants.show(this.#groups);
  }

  paint(theme: Theme): void {
    this.#chart.paint(theme);
  }

  #showSummary(summary: RunSummary): void {
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

  #showGroups(groups: readonly Group[]): void {
    this.#groups = groups;
    this.#chart.groups = groups.map(({ name }) => name);
    this.#variants.show(groups);
  }

  #offer(metrics: readonly string[]): void {
    const offered = [...this.#metric.options].map(({ value }) => value);
    if (JSON.stringify(offered) !== JSON.stringify(metrics)) {
      this.#metric.replaceChildren(...metrics.map((metric) => create("option", "", metric)));
    }
    this.#metric.disabled = metrics.length < 2;
    const shown = this.#chosenMetric ?? metrics[0] ?? "";
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
        const { colour, dashed } = seriesStyle(place);
        swatch.style.setProperty("--swatch", `var(--series-${colour})`);
        swatch.dataset.dashed = String(dashed);
        button.setAttribute("aria-pressed", String(this.#chart.isShown(name)));
        bar.show(jobs, total);
        setText(share, writeShare(progress));
        setText(now, significant(this.#chart.latest(name)));
      },
    };
  }
}

/** A job; a body of the table, since its reason takes a row of its own. */
class JobRow implements Row<Job> {
  readonly element = create("tbody");
  readonly #name = create("span", "line");
  readonly #state = create("span", "line word");
  readonly #worker = create("span", "line");
  readonly #steps = create("span", "line");
  readonly #bar = new ProgressBar();
  readonly #reasonRow = create("tr", "reason");
  readonly #reason = create("p");

  constructor() {
    const row = create("tr");
    const head = create("th");
    head.scope = "row";
    head.append(this.#name);
    const cells = [this.#state, this.#worker, this.#bar.element, this.#steps].map((content) => {
      const cell = create("td");
      cell.append(content);
      return cell;
    });
    row.append(head, ...cells);
    const reason = create("td");
    reason.colSpan = 1 + cells.length;
    reason.append(this.#reason);
    this.#reasonRow.append(reason);
    this.element.append(row, this.#reasonRow);
  }

  show({ id, name, state, step, steps, worker, attempts, end, message }: Job): void {
    this.element.dataset.state = state ?? "unknown";
    setText(this.#name, name);
    this.#name.title = `job ${id}`;
    const again = attempts > 1 ? `attempt ${attempts}` : "";
    setText(this.#state, [state ?? "not in the ledger yet", again].filter(Boolean).join(" · "));
    setText(this.#worker, worker ?? "");
    setText(this.#steps, writeSteps(step, steps));
    this.#bar.show(state === "done" ? 1 : steps > 0 ? step / steps : 0);
    const isReason = end !== undefined && end !== "handed-over" && state !== "done";
    this.#reasonRow.hidden = !isReason;
    setText(this.#reason, isReason ? `${end.replaceAll("-", " ")}: ${message ?? ""}` : "");
    this.#reason.title = message ?? "";
  }
}
