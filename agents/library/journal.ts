/** The log of a run of the library: what became of its jobs, and what they have cost. */
import type { LibraryRunEvent } from "./run_config.ts";
import type { LibraryRunFolder } from "./run.ts";
import type { JobCost } from "./method_job.ts";

/** One session of a run, from its beginning or a resume to its end. */
export class Journal {
  readonly #began = performance.now();
  readonly #session: number;

  private constructor(
    private readonly folder: LibraryRunFolder,
    private readonly past: readonly LibraryRunEvent[],
    private readonly residentBytes: () => number,
  ) {
    this.#session = (past.at(-1)?.session ?? 0) + 1;
  }

  /**
   * Begin a session.
   * @param residentBytes measures the memory of what does the jobs, this process unless given
   */
  static async open(
    folder: LibraryRunFolder,
    residentBytes = () => Deno.memoryUsage().rss,
  ): Promise<Journal> {
    return new Journal(folder, await folder.readEvents(), residentBytes);
  }

  /** The record of a job that goes on after `step` steps. */
  record(job: string, step: number): JobRecord {
    const before = step === 0
      ? undefined
      : this.past.findLast((event) =>
        event.job === job && event.state === "checkpoint" && event.step === step
      );
    return new JobRecord(this, job, step, before);
  }

  /** Write an event; it survives a `kill -9` afterwards. */
  async write(event: Omit<LibraryRunEvent, "session" | "elapsed" | "residentBytes">) {
    await this.folder.appendEvent({
      session: this.#session,
      elapsed: (performance.now() - this.#began) / 1000,
      residentBytes: this.residentBytes(),
      ...event,
    });
    await this.folder.flush();
  }
}

/** Follows one job, over all sessions. */
export class JobRecord {
  #total: JobCost;

  /** @param before what it had cost when this session began */
  constructor(
    private readonly journal: Journal,
    private readonly job: string,
    private step: number,
    private readonly before: JobCost = { seconds: 0, tensorBytes: 0 },
  ) {
    const { seconds, tensorBytes } = before;
    this.#total = { seconds, tensorBytes };
  }

  /** What the job has cost so far. */
  get total(): JobCost {
    return this.#total;
  }

  /**
   * The job has got to a step.
   * @param cost since this session began
   */
  take(cost: JobCost, step = this.step): void {
    this.step = step;
    this.#total = {
      seconds: this.before.seconds + cost.seconds,
      tensorBytes: Math.max(this.before.tensorBytes, cost.tensorBytes),
    };
  }

  /** Write how the job stands. */
  note(state: LibraryRunEvent["state"], message?: string): Promise<void> {
    const event = { job: this.job, state, step: this.step, ...this.#total };
    return this.journal.write(message === undefined ? event : { ...event, message });
  }
}

/** Wall clock of all sessions, s. */
export function elapsedSeconds(events: readonly LibraryRunEvent[]): number {
  const ends = new Map(events.map(({ session, elapsed }) => [session, elapsed]));
  return ends.values().reduce((sum, elapsed) => sum + elapsed, 0);
}
