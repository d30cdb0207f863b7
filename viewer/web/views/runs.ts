/// <reference lib="dom" />
/**
 * All runs, and one of them in detail. Which one, and which of its metrics, stands in the address, so that
 * it outlives a reload and can be sent to somebody.
 */
import { documentAddress } from "../../../cluster/document_paths.ts";
import type { curvesDocument, runDocument, runsDocument } from "../../../cluster/documents.ts";
import type { Laboratory, LaboratoryMessage } from "../../../cluster/protocol.ts";
import { RunMarks } from "../compare/run_marks.ts";
import type { Reply } from "../documents.ts";
import { element } from "../dom.ts";
import { RunPanel } from "../laboratory/run_panel.ts";
import { RunsPanel } from "../laboratory/runs_panel.ts";
import { isWatchable } from "../laboratory/chosen_run.ts";
import { writeAddress } from "../router.ts";
import { FollowedDocument } from "../run/followed_document.ts";
import { KeptRuns } from "../run/kept_runs.ts";
import { isSettled, type SentRun } from "../run/run_document.ts";
import type { PageParts, View } from "./view.ts";

/** See the file's head. */
export class RunsView implements View {
  readonly element = element("#runs-view", HTMLElement);
  readonly #marks = new RunMarks();
  readonly #runs = new RunsPanel(this.#marks);
  readonly #kept = new KeptRuns(this.#marks);
  readonly #run: RunPanel;
  readonly #list = new FollowedDocument<typeof runsDocument>({
    onReply: (reply) => {
      if (reply.kind === "document") this.#kept.show(reply.document);
      this.#choose();
    },
    mayChange: () => true,
  });
  readonly #document = new FollowedDocument<typeof runDocument>({
    onReply: (reply) => this.#know(reply),
    mayChange: (run) => !isSettled(run),
  });
  readonly #curves = new FollowedDocument<typeof curvesDocument>({
    onReply: (reply) => {
      if (reply.kind === "document") this.#run.addRecorded(reply.document);
    },
    mayChange: () => !this.#isSettled,
  });
  /** The run that is shown; empty before any is known. */
  #shown = "";
  #isSettled = false;
  /** Where the curves come from that nobody tells of live. */
  #curvesAddress = "";
  #stopListening = () => {};

  constructor(private readonly page: PageParts) {
    this.#run = new RunPanel(page.orders, (metric) => this.#keepMetric(metric));
    page.themes.follow((theme) => this.#run.paint(theme));
  }

  show(parameters: URLSearchParams, [run]: readonly string[]): void {
    const { line } = this.page;
    this.#stopListening();
    this.#stopListening = line.listen((message) => this.#receive(message));
    this.#list.follow(documentAddress.runs);
    this.#begin(run ?? "", parameters.get("metric"));
    if (line.laboratory) this.#showLaboratory(line.laboratory);
  }

  hide(): void {
    this.#stopListening();
    for (const document of [this.#list, this.#document, this.#curves]) document.stop();
    this.page.line.watch([]);
  }

  #receive(message: LaboratoryMessage): void {
    switch (message.type) {
      case "laboratory":
        return this.#showLaboratory(message);
      case "laboratory-run":
        if (this.#run.show(message)) this.#document.stir();
        return;
      case "curve":
        return this.#run.add(message);
      case "rights":
        return this.#run.allow(message.control);
    }
  }

  #showLaboratory(laboratory: Laboratory): void {
    this.#runs.show(laboratory);
    this.#run.allow(this.page.line.mayControl);
    this.#choose();
    this.#run.note(laboratory);
  }

  /** As long as the address names no run: the one that is worked on, else the newest. */
  #choose(): void {
    const { laboratory } = this.page.line;
    if (this.#shown || !laboratory) return;
    const { list } = laboratory.runs;
    const atWork = list.find(({ jobs }) => jobs.running > 0) ?? list[0];
    const run = atWork?.run ?? this.#kept.newest;
    if (run) this.#begin(run, null);
  }

  #begin(run: string, metric: string | null): void {
    this.#shown = run;
    this.#isSettled = false;
    this.#curvesAddress = "";
    this.#curves.stop();
    this.#runs.chosen = run;
    this.#kept.chosen = run;
    const { laboratory } = this.page.line;
    this.#run.begin(run, metric, laboratory?.runs.list.find((summary) => summary.run === run));
    this.#document.follow(isWatchable({ run, metric }) ? documentAddress.run(run) : "");
    this.#watch(metric);
  }

  #know(reply: Reply<SentRun>): void {
    this.#run.know(reply);
    if (reply.kind !== "document") return;
    this.#isSettled = isSettled(reply.document);
    if (reply.document.source === "folder") this.#followCurves();
  }

  #followCurves(): void {
    const metric = this.#run.shownMetric;
    const address = metric ? documentAddress.curves(this.#shown, metric) : "";
    if (address === this.#curvesAddress) return this.#curves.stir();
    this.#curvesAddress = address;
    this.#curves.follow(address);
  }

  #watch(metric: string | null): void {
    this.page.line.watch(this.#shown ? [{ run: this.#shown, metric }] : []);
  }

  /** The reader looks at another metric of the same run: no place to come back to. */
  #keepMetric(metric: string): void {
    history.replaceState(null, "", writeAddress("runs", [this.#shown], { metric }));
    this.#watch(metric);
    if (this.#curvesAddress) this.#followCurves();
  }
}
