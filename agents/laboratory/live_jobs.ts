/** Shows jobs of the library while workers of a cluster are at them. */
import type { Logs } from "../../cluster/backbone.ts";
import type { Subscription } from "../../cluster/bus.ts";
import { jobLog } from "../../cluster/jobs/identity.ts";
import { jobLogEntry, type JobState } from "../../cluster/jobs/records.ts";
import { retrying } from "../../cluster/retry.ts";
import type { JobProgress } from "../../learners/method.ts";
import type { RunWatcher } from "../library/run.ts";
import { jobEvent, type LibraryJob } from "../library/run_config.ts";
import { jobLine } from "../worker/job_lines.ts";

/** What is shown is for people: whatever is missed, or said again by another attempt, does not matter. */
export class LiveJobs implements Disposable {
  readonly #closed = new AbortController();
  readonly #shown = new Map<string, LiveJob>();

  constructor(private readonly logs: Logs, private readonly watcher: RunWatcher) {}

  /** Somebody is at the job `id`. */
  show(id: string, job: LibraryJob, holder: NonNullable<JobState["holder"]>): void {
    let live = this.#shown.get(id);
    if (!live) {
      this.watcher.began(job, holder.step);
      live = new LiveJob(job, this.watcher);
      this.#shown.set(id, live);
      this.#listen(id, live);
    }
    live.beat(holder);
  }

  /** The job has come to its end. */
  end(id: string): void {
    this.#shown.get(id)?.close();
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
    for (const live of this.#shown.values()) live.close();
  }

  #listen(id: string, live: LiveJob): void {
    const name = jobLog(id);
    const { signal } = this.#closed;
    retrying(async () => {
      const last = await this.logs.last(name);
      return await this.logs.follow(name, ({ payload }) => live.hear(payload), last);
    }, { signal }).then((subscription) => live.attach(subscription), (error) => {
      // The job goes on all the same.
      if (!signal.aborted) this.watcher.warn(`what a job says cannot be heard: ${error.message}`);
    });
  }
}

/** One job, shown until it is closed. */
class LiveJob {
  #metrics: JobProgress["metrics"] = {};
  #step = -1;
  #subscription?: Subscription;
  #isOpen = true;

  constructor(private readonly job: LibraryJob, private readonly watcher: RunWatcher) {}

  beat({ step, steps }: NonNullable<JobState["holder"]>): void {
    // Before the first step of an attempt nobody knows how many there are.
    if (steps > 0) this.#progress({ step, steps, metrics: this.#metrics });
  }

  hear(payload: Uint8Array): void {
    const entry = jobLogEntry.safeParse(JSON.parse(new TextDecoder().decode(payload))).data;
    if (!entry || !("events" in entry)) return;
    for (const line of entry.events) {
      const said = jobLine.safeParse(line).data;
      const event = said && "event" in said ? jobEvent.safeParse(said.event).data : undefined;
      if (!event) continue;
      this.#metrics = numbers(event.metrics);
      this.#progress({ ...event, metrics: this.#metrics });
    }
  }

  /** From now on it is heard by way of `subscription`. */
  attach(subscription: Subscription): void {
    if (this.#isOpen) this.#subscription = subscription;
    else subscription.unsubscribe();
  }

  close(): void {
    this.#isOpen = false;
    this.#subscription?.unsubscribe();
  }

  #progress(progress: JobProgress): void {
    if (!this.#isOpen || progress.step === this.#step) return;
    this.#step = progress.step;
    this.watcher.progress(this.job, progress);
  }
}

/** JSON has null where there was no finite number. */
function numbers(metrics: Readonly<Record<string, number | null>>): JobProgress["metrics"] {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name, value ?? NaN]),
  );
}
