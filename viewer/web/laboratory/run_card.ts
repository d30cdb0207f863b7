/// <reference lib="dom" />
/** A run at work, in a card: how good it is, whether it gets better, who works on it, how long it takes. */
import type { RunSummary } from "../../../cluster/protocol.ts";
import { create, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { significant } from "../measures.ts";
import { writeAddress } from "../router.ts";
import { seriesStyle, showSwatch } from "./series_style.ts";
import { Sparkline } from "./sparkline.ts";
import { ProgressBar } from "./state_bar.ts";
import type { MeanCurve, ToldRun } from "./told_run.ts";
import { writeCounts, writeNames, writeShare, writeTime } from "./words.ts";

/** How many workers a card names. */
const namedWorkers = 3;
/** How many variants it shows; the run's own page shows all. */
const shownVariants = 4;

/** What a card shows. */
export interface RunAtWork {
  readonly summary: RunSummary;
  /** Undefined of one that is not watched closely. */
  readonly told: ToldRun | undefined;
}

/** The card of one run. */
export class RunCard implements Row<RunAtWork> {
  readonly element = create("li", "panel card");
  readonly #title = create("a", "line");
  readonly #kind = create("span", "line second");
  readonly #arm = create("a", "", "Watch the arm");
  readonly #number = create("span", "number");
  readonly #metric = create("span", "line");
  readonly #since = create("span", "line second");
  readonly #curve = new Sparkline();
  readonly #keyHost = create("ul", "curve-key");
  readonly #key = new KeyedList<MeanCurve>(this.#keyHost, ({ group }) => group, keyEntry);
  readonly #bar = new ProgressBar();
  readonly #share = create("strong");
  readonly #counts = create("span", "line second");
  readonly #time = create("span", "line");
  readonly #workers = create("span", "line second");

  constructor() {
    const title = create("h3");
    title.append(this.#title);
    const names = create("div", "card-names");
    names.append(title, this.#kind);
    const head = create("div", "card-head");
    head.append(names, this.#arm);
    const words = create("div", "card-words");
    words.append(this.#metric, this.#since);
    const headline = create("p", "headline");
    headline.append(this.#number, words);
    const progress = create("div", "card-progress");
    progress.append(this.#share, this.#bar.element, this.#time);
    const foot = create("div", "card-foot");
    foot.append(this.#counts, this.#workers);
    this.element.append(head, headline, this.#curve.element, this.#keyHost, progress, foot);
  }

  show({ summary, told }: RunAtWork): void {
    const { run, title, kind, jobs, progress, arm } = summary;
    this.element.dataset.run = run;
    setText(this.#title, title);
    this.#title.href = writeAddress("runs", [run]);
    this.#title.title = run;
    setText(this.#kind, `${kind} · ${run}`);
    this.#arm.hidden = arm === undefined;
    if (arm !== undefined) this.#arm.href = `/arm?job=${arm}`;
    this.#showHeadline(told);
    this.#bar.show(progress);
    setText(this.#share, writeShare(progress));
    setText(this.#counts, writeCounts(jobs));
    setText(this.#time, writeTime(summary, new Date()));
    setText(this.#workers, writeWorkers(told?.workers ?? []));
    this.#workers.title = told?.workers.join(", ") ?? "";
  }

  #showHeadline(told: ToldRun | undefined): void {
    const means = (told?.means() ?? []).slice(0, shownVariants);
    const headline = told?.headline(means);
    // The method itself lies on top of what it is compared with.
    this.#curve.show(
      means.toReversed().map(({ place, points }) => ({ style: seriesStyle(place), points })),
    );
    this.#key.show(means.length > 1 ? means : []);
    if (!headline) {
      setText(this.#number, "–");
      setText(this.#metric, "nothing measured yet");
      return setText(this.#since, "\u00a0");
    }
    const { metric, group, now, first } = headline;
    setText(this.#number, significant(now));
    setText(this.#metric, [metric, group].filter(Boolean).join(" · "));
    setText(
      this.#since,
      first ? `from ${significant(first.value)} at step ${first.step}` : "\u00a0",
    );
  }
}

/** A variant's colour, name and number: what it is compared with stands beside the method itself. */
function keyEntry({ group }: MeanCurve): Row<MeanCurve> {
  const entry = create("li", "line");
  const swatch = create("i", "swatch");
  const number = create("span");
  entry.append(swatch, create("span", "", group), number);
  entry.title = group;
  return {
    element: entry,
    show: ({ place, points: { y } }) => {
      showSwatch(swatch, place);
      setText(number, significant(y[y.length - 1]));
    },
  };
}

const writeWorkers = (workers: readonly string[]) =>
  workers.length > 0 ? `on ${writeNames(workers, namedWorkers)}` : "";
