/// <reference lib="dom" />
/** The table of a run's jobs; a body for each of them, since its reason takes a row of its own. */
import { documentAddress } from "../../../cluster/document_paths.ts";
import { create, setText } from "../dom.ts";
import type { Row } from "../keyed_list.ts";
import { ProgressBar } from "../laboratory/state_bar.ts";
import { writeSteps } from "../laboratory/words.ts";
import { writeDuration } from "../measures.ts";
import type { JobLine } from "./job_lines.ts";
import { writeBriefly } from "./numbers.ts";
import { downloadLink } from "./panel.ts";

/** A job, and the run that it is of. */
export interface JobOfRun extends JobLine {
  readonly run: string;
}

/** A job. */
export class JobRow implements Row<JobOfRun> {
  readonly element = create("tbody");
  readonly #name = create("span", "line");
  readonly #state = create("span", "line word");
  readonly #worker = create("span", "line");
  readonly #steps = create("span", "line");
  readonly #result = create("td");
  readonly #checkpoint = create("td");
  readonly #bar = new ProgressBar();
  readonly #reasonRow = create("tr", "reason");
  readonly #reason = create("p");

  constructor() {
    const row = create("tr");
    const head = create("th");
    head.scope = "row";
    head.append(this.#name);
    const contents = [this.#state, this.#worker, this.#bar.element, this.#steps];
    const cells = contents.map((content) => {
      const cell = create("td");
      cell.append(content);
      return cell;
    });
    row.append(head, ...cells, this.#result, this.#checkpoint);
    const reason = create("td");
    reason.colSpan = row.cells.length;
    reason.append(this.#reason);
    this.#reasonRow.append(reason);
    this.element.append(row, this.#reasonRow);
  }

  show(job: JobOfRun): void {
    const { key, name, state, standing, step, steps, worker, attempts, reason } = job;
    this.element.dataset.state = state;
    setText(this.#name, name);
    this.#name.title = `job ${key}`;
    const again = attempts > 1 ? `attempt ${attempts}` : "";
    setText(this.#state, [standing, again].filter(Boolean).join(" · "));
    setText(this.#worker, worker);
    this.#worker.title = worker;
    const hasTime = !Number.isNaN(job.seconds);
    setText(this.#steps, hasTime ? writeDuration(job.seconds) : writeSteps(step, steps));
    setText(this.#result, Number.isNaN(job.result) ? "" : writeBriefly(job.result));
    this.#bar.show(state === "done" ? 1 : steps > 0 ? step / steps : 0);
    this.#showCheckpoint(job);
    this.#reasonRow.hidden = reason === "";
    setText(this.#reason, reason);
    this.#reason.title = reason;
  }

  #showCheckpoint({ run, name, hasCheckpoint }: JobOfRun): void {
    if (hasCheckpoint === this.#checkpoint.hasChildNodes()) return;
    const address = documentAddress.checkpoint(run, name);
    this.#checkpoint.replaceChildren(
      ...hasCheckpoint ? [downloadLink("weights", address, `Weights of ${name}`)] : [],
    );
  }
}
