/**
 * What a page that connects late must be told to show the same as one that was there from the start,
 * in bounded memory.
 */
import type {
  Description,
  Evaluation,
  Event,
  Notice,
  Progress,
  Status,
  TrialEnded,
  TrialStarted,
} from "../../cluster/protocol.ts";
import { ThinnedSeries } from "../../cluster/thinned_series.ts";

/** Points of the learning curve that are kept: about as many as a wide chart has pixels. */
const progressLimit = 1000;
/** Far more held-out evaluations than a run makes; a bound all the same. */
const evaluationLimit = 4096;

/** The events of one run that still matter. */
export class RunHistory {
  #description: Description | undefined;
  #status: Status | undefined;
  #trial: TrialStarted | undefined;
  #ended: TrialEnded | undefined;
  #notice: Notice | undefined;
  readonly #progress = new ThinnedSeries<Progress>(progressLimit);
  readonly #evaluations = new ThinnedSeries<Evaluation>(evaluationLimit);

  /** Take note of `event`. */
  record(event: Event): void {
    switch (event.type) {
      case "description":
        this.#description = event;
        break;
      case "status":
        this.#status = event;
        break;
      case "trial":
        this.#trial = event;
        break;
      case "trial-ended":
        this.#ended = event;
        break;
      case "progress":
        this.#goBackTo(event.update);
        this.#progress.push(event);
        break;
      case "evaluation":
        this.#evaluations.push(event);
        break;
      case "notice":
        this.#notice = event;
        break;
    }
  }

  /** The events to send to a page that connects now, the description first. */
  replay(): Event[] {
    const [trial, ended] = [this.#trial, this.#ended];
    return [
      this.#description,
      ...this.#progress.items(),
      ...this.#evaluations.items(),
      // In the order in which they happened: the end may be that of the trial before.
      ...(ended?.trial === trial?.trial ? [trial, ended] : [ended, trial]),
      this.#status,
      this.#notice,
    ].filter((event) => event !== undefined);
  }

  /** A training that goes on from a checkpoint makes again what came after it. */
  #goBackTo(update: number): void {
    const furthest = this.#progress.latest?.update ?? -1;
    if (update > furthest) return;
    this.#progress.truncate((progress) => progress.update < update);
    this.#evaluations.truncate((evaluation) => evaluation.update <= update);
  }
}
