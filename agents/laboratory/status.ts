/**
 * Tells pages how a laboratory stands: its workers, runs and jobs, what went wrong and was mended, and
 * whether its server can be reached; of the runs that a page watches closely, their jobs and curves.
 *
 * It looks at the ledger's tables and logs and changes nothing. Whatever the laboratory grows to, pages
 * are told little and a few times a second: sums, and the beginnings of lists. It talks to them on a bus
 * of its own process, so that they are told also while the server is away.
 */
import { type Backbone, BackboneError, type LinkState } from "../../cluster/backbone.ts";
import type { Bus, Subscription } from "../../cluster/bus.ts";
import { type CounterName, Counters } from "../../cluster/counters.ts";
import { DeadLetters, deadLetterSubject } from "../../cluster/dead_letters.ts";
import { Ledger } from "../../cluster/jobs/ledger.ts";
import { RecordTable } from "../../cluster/jobs/record_table.ts";
import {
  type AlarmRecord,
  alarmRecord,
  runRecord,
  workerRecord,
} from "../../cluster/jobs/records.ts";
import {
  decodeInterest,
  encodeMessage,
  type Interest,
  type Laboratory,
  type LaboratoryEvent,
  laboratoryLimits,
  laboratorySubjects,
  protocolVersion,
  type ShownAlarm,
} from "../../cluster/protocol.ts";
import { retrying } from "../../cluster/retry.ts";
import { elapse, systemTimers, type Timers } from "../../cluster/timers.ts";
import { JobBook } from "./job_book.ts";
import { shortened } from "./shortened.ts";
import { ShownArm } from "./shown_arm.ts";
import { WatchedRun } from "./watched_run.ts";
import { WorkerBook } from "./worker_book.ts";

/** What a laboratory's status needs. */
export interface LaboratoryStatusOptions {
  readonly backbone: Backbone;
  /** The bus that the pages' server listens on, one of this process. */
  readonly pages: Bus;
  /** What the laboratory is called: its server's address. */
  readonly name: string;
  /** Of this process. */
  readonly counters?: Counters;
  /** Told of what is left out or tried again. */
  readonly onTrouble?: (message: string, error: unknown) => void;
  readonly timers?: Timers;
}

/** Between two looks at what has changed, ms: how often pages are told how the laboratory stands. */
const tick = 500;
/** Looks between two tellings of what is watched closely. */
const detailEvery = 2;
/** Looks after which pages are told although nothing has changed: what was told may have been lost. */
const quietTicks = 4;
/** Looks after which the curves of what is watched are told once more. */
const retellEvery = 30;
/** How long what nobody asks for any more is told, ms: three times as long as it takes to ask again. */
const interestLasts = 6_000;

/** Tells how a laboratory stands until it is closed. */
export class LaboratoryStatus implements Disposable {
  readonly #options: LaboratoryStatusOptions;
  readonly #timers: Timers;
  readonly #onTrouble: (message: string, error: unknown) => void;
  readonly #closed = new AbortController();
  readonly #ledger: Ledger;
  readonly #counters: Counters;
  readonly #letters: DeadLetters;
  readonly #jobs = new JobBook();
  readonly #workers = new WorkerBook();
  readonly #alarms = new Map<string, AlarmRecord>();
  readonly #subscriptions: Subscription[] = [];
  readonly #runs = new Map<string, WatchedRun>();
  readonly #arms = new Map<string, ShownArm>();
  #interest: Interest = { type: "interest", runs: [], arms: [] };
  #askedAt = -Infinity;
  #link: Laboratory["link"]["state"];
  #linkSince: number;
  /** When the server has told something new last. */
  #heardAt: number;
  #deadLetters = 0;
  #ticks = 0;
  #hasChanged = true;

  constructor(options: LaboratoryStatusOptions) {
    const { backbone, pages } = options;
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#onTrouble = options.onTrouble ?? (() => {});
    this.#counters = options.counters ?? new Counters();
    this.#letters = new DeadLetters({
      bus: backbone.bus,
      from: "laboratory status",
      counters: this.#counters,
    });
    this.#ledger = new Ledger(backbone, {
      signal: this.#closed.signal,
      timers: this.#timers,
      onTrouble: this.#onTrouble,
    });
    this.#link = stateOf(backbone.link.state);
    this.#linkSince = this.#heardAt = this.#timers.now();
    this.#subscriptions.push(
      backbone.link.onChange((state) => this.#changeLink(state)),
      backbone.bus.subscribe(deadLetterSubject, () => {
        this.#deadLetters++;
        this.#note();
      }),
      pages.subscribe(laboratorySubjects.interest, (payload) => {
        this.#hear(decodeInterest(payload));
      }),
    );
    this.#watch();
    this.#run().catch((error) => {
      if (!this.#closed.signal.aborted) this.#onTrouble("pages are not told any more", error);
    });
  }

  /** Stop telling. */
  [Symbol.dispose](): void {
    this.#closed.abort();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    for (const part of [...this.#runs.values(), ...this.#arms.values()]) part[Symbol.dispose]();
  }

  /** Follow the ledger's tables. */
  #watch(): void {
    const { backbone } = this.#options;
    const onDamage = (error: BackboneError) => this.#onTrouble("a record was left out", error);
    const runs = new RecordTable(backbone.table("runs"), "run", runRecord);
    const workers = new RecordTable(backbone.table("workers"), "worker", workerRecord);
    const alarms = new RecordTable(backbone.table("alarms"), "alarm", alarmRecord);
    this.#follow("jobs", () =>
      this.#ledger.watch((id, state) => {
        this.#jobs.setJob(id, state);
        this.#note();
      }, (id) => {
        this.#jobs.removeJob(id);
        this.#note();
      }));
    this.#follow("runs", () =>
      runs.watch(({ key, value }) => {
        this.#jobs.setRun(key, value);
        this.#note();
      }, onDamage));
    this.#follow("workers", () =>
      workers.watch(({ key, value }) => {
        this.#workers.set(key, value, this.#timers.now());
        this.#note();
      }, onDamage));
    this.#follow("alarms", () =>
      alarms.watch(({ key, value }) => {
        if (value) this.#alarms.set(key, value);
        else this.#alarms.delete(key);
        this.#note();
      }, onDamage));
  }

  /** The server has told something new. */
  #note(): void {
    this.#hasChanged = true;
    this.#heardAt = this.#timers.now();
  }

  #follow(what: string, watch: () => Promise<Subscription>): void {
    const { signal } = this.#closed;
    retrying(watch, { signal, timers: this.#timers }).then((subscription) => {
      if (signal.aborted) subscription.unsubscribe();
      else this.#subscriptions.push(subscription);
    }, (error) => {
      if (!signal.aborted) this.#onTrouble(`the ${what} cannot be watched`, error);
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      this.#look();
      await elapse(this.#timers, tick, signal);
    }
  }

  #look(): void {
    this.#ticks++;
    if (this.#timers.now() - this.#askedAt > interestLasts) {
      this.#attend({ type: "interest", runs: [], arms: [] });
    }
    for (const [job, arm] of this.#arms) arm.state = this.#jobs.job(job)?.state;
    this.#tellLaboratory();
    if (this.#ticks % detailEvery === 0) this.#tellRuns();
  }

  /** Also while the server is away: how long that lasts is news as well. */
  #tellLaboratory(): void {
    const isDue = this.#hasChanged || this.#ticks % quietTicks === 0 || this.#link === "away";
    if (!isDue) return;
    this.#hasChanged = false;
    this.#publish(this.#laboratory());
  }

  #laboratory(): Laboratory {
    const now = this.#timers.now();
    const heard = this.#heardUntil;
    const { ended } = this.#jobs;
    const own = this.#counters.totals;
    const total = (name: CounterName) => (own[name] ?? 0) + this.#workers.total(name);
    return {
      type: "laboratory",
      protocol: protocolVersion,
      name: shortened(this.#options.name),
      link: { state: this.#link, seconds: (now - this.#linkSince) / 1000 },
      jobs: this.#jobs.counts,
      workers: this.#workers.list(this.#jobs, heard),
      runs: { total: this.#jobs.runCount, list: this.#jobs.summaries(heard) },
      alarms: {
        total: this.#alarms.size,
        list: [...this.#alarms.values()].slice(-laboratoryLimits.alarms)
          .map((alarm) => shownAlarm(alarm, this.#workers)),
      },
      counters: {
        "attempts lost": ended.lost,
        "attempts failed": ended.failed,
        "handed over": ended["handed over"],
        "redelivered": total("hints.redelivered"),
        "fenced": total("writes.fenced"),
        "dead letters": this.#deadLetters,
        "frames dropped": total("frames.dropped"),
      },
    };
  }

  /** The moment of which is known how things stood: a server that is away has been silent for a while. */
  get #heardUntil(): number {
    return this.#link === "away" ? this.#heardAt : this.#timers.now();
  }

  #tellRuns(): void {
    const heard = this.#heardUntil;
    for (const watched of this.#runs.values()) {
      watched.attend();
      if (this.#ticks % retellEvery === 0) watched.retell();
      const detail = this.#jobs.detail(watched.run, heard, (id) => this.#workers.nameOf(id));
      if (!detail) continue;
      const { metrics } = watched;
      this.#publish({ ...detail, metrics });
      const asked = this.#interest.runs.filter(({ run }) => run === watched.run)
        .map(({ metric }) => metric ?? metrics[0]);
      for (const metric of new Set(asked)) {
        if (metric !== undefined) watched.changes(metric).forEach((curve) => this.#publish(curve));
      }
    }
  }

  #hear(interest: Interest): void {
    this.#askedAt = this.#timers.now();
    const isNews = JSON.stringify(interest) !== JSON.stringify(this.#interest);
    this.#attend(interest);
    // Whoever has just chosen a run wants to see it now.
    if (isNews) this.#tellRuns();
  }

  /** Watch closely what is asked for, and nothing else. */
  #attend(interest: Interest): void {
    this.#interest = interest;
    const { backbone, pages } = this.#options;
    const common = { timers: this.#timers, onTrouble: this.#onTrouble };
    keepOnly(
      this.#runs,
      interest.runs.map(({ run }) => run),
      (run) => new WatchedRun(run, { ...common, logs: backbone.logs, book: this.#jobs }),
    );
    keepOnly(this.#arms, interest.arms, (job) => {
      const parts = { ...common, backbone, pages, ledger: this.#ledger, letters: this.#letters };
      const arm = new ShownArm(job, parts);
      if (this.#link === "away") arm.isAway = true;
      return arm;
    });
  }

  #changeLink(state: LinkState): void {
    const now = this.#timers.now();
    const link = stateOf(state);
    if (link === this.#link) return;
    this.#link = link;
    this.#linkSince = now;
    this.#hasChanged = true;
    if (link === "connected") this.#workers.excuse(now);
    for (const arm of this.#arms.values()) arm.isAway = link === "away";
    this.#tellLaboratory();
  }

  #publish(event: LaboratoryEvent): void {
    this.#options.pages.publish(laboratorySubjects.events, encodeMessage(event));
  }
}

/** A link that is closed will not come back, but its process is about to end. */
const stateOf = (state: LinkState) => state === "connected" ? "connected" : "away";

function shownAlarm(
  { job, results: [first, second] }: AlarmRecord,
  workers: WorkerBook,
): ShownAlarm {
  return {
    job: shortened(job),
    workers: [workers.nameOf(first.worker), workers.nameOf(second.worker)],
    backends: [shortened(first.backend), shortened(second.backend)],
  };
}

/** Have `kept` hold exactly what is wanted. */
function keepOnly<Part extends Disposable>(
  kept: Map<string, Part>,
  wanted: readonly string[],
  make: (key: string) => Part,
): void {
  for (const [key, part] of kept) {
    if (wanted.includes(key)) continue;
    kept.delete(key);
    part[Symbol.dispose]();
  }
  for (const key of wanted) if (!kept.has(key)) kept.set(key, make(key));
}
