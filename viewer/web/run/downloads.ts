/// <reference lib="dom" />
/** What can be kept of a run as files, beside what stands with its figures, its tables and its jobs. */
import { documentAddress } from "../../../cluster/document_paths.ts";
import { create } from "../dom.ts";
import { Change, downloadLink } from "./panel.ts";
import type { SentRun } from "./run_document.ts";

/** See the file's head. */
export class Downloads {
  readonly element = create("p", "downloads");
  readonly #change = new Change();

  /** @param run undefined as long as nothing is known of it */
  show(run: SentRun | undefined): void {
    this.element.hidden = !run;
    if (!run) return;
    const { run: name, kind, metrics, jobs } = run;
    const hasResults = kind === "library" && run.results !== null;
    const shown = [name, hasResults, metrics.length > 0, jobs.finished > 0];
    if (!this.#change.isNew(shown)) return;
    this.element.replaceChildren(
      create("span", "what", "Keep:"),
      ...hasResults ? [downloadLink("report", documentAddress.report(name))] : [],
      ...metrics.length > 0 ? [downloadLink("curves, CSV", documentAddress.curvesCsv(name))] : [],
      ...hasResults ? [downloadLink("jobs, CSV", documentAddress.jobsCsv(name))] : [],
      downloadLink("log", documentAddress.log(name)),
    );
  }
}
