/// <reference lib="dom" />
/** What is at work now: a card for each run that somebody works on; and what is done. */
import type { Laboratory, LaboratoryMessage, RunSummary } from "../../../cluster/protocol.ts";
import { element, setText } from "../dom.ts";
import { KeyedList } from "../keyed_list.ts";
import { type RunAtWork, RunCard } from "../laboratory/run_card.ts";
import { RunLinks } from "../laboratory/run_links.ts";
import { type Tile, Tiles } from "../laboratory/tiles.ts";
import { ToldRun } from "../laboratory/told_run.ts";
import { writeCounts, writeMore, writeTime } from "../laboratory/words.ts";
import { writeDuration } from "../measures.ts";
import { writeAddress } from "../router.ts";
import type { PageParts, View } from "./view.ts";

/** Runs whose curves are shown; each is watched closely, of which a laboratory does only so much. */
const closelyWatched = 6;
/** Runs that are done and named. */
const namedLately = 5;

/** See the file's head. */
export class NowView implements View {
  readonly element = element("#now-view", HTMLElement);
  readonly #tiles = new Tiles(element("#now-tiles", HTMLElement));
  readonly #nothing = element("#no-cards", HTMLElement);
  readonly #more = element("#more-cards", HTMLElement);
  readonly #cards = new KeyedList<RunAtWork>(
    element("#cards", HTMLElement),
    ({ summary }) => summary.run,
    () => new RunCard(),
  );
  readonly #latelyPanel = element("#lately-panel", HTMLElement);
  readonly #lately = new RunLinks(
    element("#lately", HTMLElement),
    (run) => [writeCounts(run.jobs), writeTime(run, new Date())].join(" · "),
  );
  /** What was told of the runs that are watched. */
  readonly #told = new Map<string, ToldRun>();
  #atWork: readonly RunSummary[] = [];
  #stopListening = () => {};

  constructor(private readonly page: PageParts) {}

  show(): void {
    const { line } = this.page;
    this.#stopListening();
    this.#stopListening = line.listen((message) => this.#receive(message));
    if (line.laboratory) this.#receive(line.laboratory);
  }

  hide(): void {
    this.#stopListening();
    this.#told.clear();
    this.page.line.watch([]);
  }

  #receive(message: LaboratoryMessage): void {
    switch (message.type) {
      case "laboratory":
        return this.#showLaboratory(message);
      case "laboratory-run":
      case "curve":
        this.#told.get(message.run)?.add(message);
        return this.#showCards();
    }
  }

  #showLaboratory(laboratory: Laboratory): void {
    this.#atWork = laboratory.runs.list.filter(({ jobs }) => jobs.running > 0);
    this.#watch(this.#atWork.slice(0, closelyWatched).map(({ run }) => run));
    this.#tiles.show(tilesOf(laboratory, this.#atWork));
    this.#nothing.hidden = this.#atWork.length > 0;
    const done = laboratory.runs.list.filter(({ jobs, total }) => jobs.done === total)
      .slice(0, namedLately);
    this.#latelyPanel.hidden = done.length === 0;
    this.#lately.show(done);
    // Runs that are not in the list may be at work as well: their jobs are counted all the same.
    setText(
      this.#more,
      this.#atWork.length > 0
        ? writeMore(laboratory.runs.total, laboratory.runs.list.length, "runs, not looked at")
        : "",
    );
    this.#showCards();
  }

  #watch(runs: readonly string[]): void {
    const isSame = runs.length === this.#told.size && runs.every((run) => this.#told.has(run));
    if (isSame) return;
    for (const run of this.#told.keys()) if (!runs.includes(run)) this.#told.delete(run);
    for (const run of runs) if (!this.#told.has(run)) this.#told.set(run, new ToldRun());
    this.page.line.watch(runs.map((run) => ({ run, metric: null })));
  }

  #showCards(): void {
    this.#cards.show(
      this.#atWork.map((summary) => ({ summary, told: this.#told.get(summary.run) })),
    );
  }
}

function tilesOf({ jobs, workers, runs }: Laboratory, atWork: readonly RunSummary[]): Tile[] {
  const waiting = runs.list.filter((run) => run.jobs.running === 0 && run.jobs.queued > 0).length;
  const failed = runs.list.find((run) => run.jobs.failed > 0);
  const busy = workers.list.filter(({ job }) => job !== undefined).length;
  const longest = Math.max(...atWork.map(({ secondsLeft }) => secondsLeft ?? -1));
  return [
    {
      name: "Runs at work",
      value: String(atWork.length),
      note: waiting > 0 ? `${waiting} more ${waiting === 1 ? "waits" : "wait"} for workers` : "",
      address: writeAddress("runs"),
    },
    {
      name: "Jobs running",
      value: String(jobs.running),
      note: `${jobs.queued} in the queue`,
      address: writeAddress("cluster"),
    },
    {
      name: "Workers at work",
      value: String(busy),
      note: `of ${workers.total}`,
      address: writeAddress("cluster"),
    },
    {
      name: "Failed jobs",
      value: String(jobs.failed),
      note: jobs.failed > 0 ? "their runs say why" : "",
      isWarning: jobs.failed > 0,
      address: writeAddress("runs", failed ? [failed.run] : []),
    },
    {
      name: "Time left",
      value: longest >= 0 ? writeDuration(longest) : "–",
      note: longest >= 0 ? "of the longest run at work" : "",
    },
  ];
}
