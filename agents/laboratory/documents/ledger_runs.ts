/**
 * The runs that a laboratory's ledger has. How its jobs stand is followed all the time and is known at once;
 * results, logs and checkpoints are fetched when somebody asks for them.
 */
import type { Backbone, BackboneError } from "../../../cluster/backbone.ts";
import type { Subscription } from "../../../cluster/bus.ts";
import { digestOf } from "../../../cluster/digest.ts";
import { readCheckpoint } from "../../../cluster/jobs/checkpoints.ts";
import { foldJobLog } from "../../../cluster/jobs/fold.ts";
import { jobLog } from "../../../cluster/jobs/identity.ts";
import { Ledger } from "../../../cluster/jobs/ledger.ts";
import { RecordTable } from "../../../cluster/jobs/record_table.ts";
import {
  type JobState,
  type ResultRecord,
  type RunRecord,
  runRecord,
} from "../../../cluster/jobs/records.ts";
import { runIdentifier } from "../../../cluster/protocol.ts";
import { retrying } from "../../../cluster/retry.ts";
import { jobFailure } from "../../desk/job_news.ts";
import type { JobFailure } from "../../library/run.ts";
import { type JobReport, jobReport, jobsOf, type LibraryJob } from "../../library/run_config.ts";
import { jobEvents } from "../../worker/job_lines.ts";
import { jobLogLines } from "./job_log_lines.ts";
import {
  type KnownJob,
  type KnownRun,
  type RunHead,
  type RunShelf,
  type RunWork,
  settlement,
  type StepEvent,
  workOf,
} from "./known_run.ts";

/** What is needed of the laboratory. */
export interface LedgerRunsOptions {
  readonly backbone: Backbone;
  /** Told of what is left out or tried again. */
  readonly onTrouble: (message: string, error: unknown) => void;
}

/** A run, as the ledger has entered it. */
interface Entered {
  readonly record: RunRecord;
  readonly work: RunWork;
  /** In their order: those of a method's run as it plans them. */
  readonly jobs: readonly PlannedJob[];
}

interface PlannedJob extends LibraryJob {
  readonly id: string;
}

/** See the file's head. Follows the ledger until it is closed. */
export class LedgerRuns implements RunShelf, Disposable {
  readonly #options: LedgerRunsOptions;
  readonly #closed = new AbortController();
  readonly #ledger: Ledger;
  readonly #subscriptions: Subscription[] = [];
  readonly #states = new Map<string, JobState>();
  readonly #runs = new Map<string, Entered>();
  /** Of finished jobs: they never change. */
  readonly #results = new Map<string, ResultRecord>();
  /** When the ledger is known. */
  readonly #ready: Promise<unknown>;

  constructor(options: LedgerRunsOptions) {
    this.#options = options;
    const { signal } = this.#closed;
    this.#ledger = new Ledger(options.backbone, { signal, onTrouble: options.onTrouble });
    this.#ready = Promise.all([this.#followJobs(), this.#followRuns()]);
    this.#ready.catch((error) => {
      if (!signal.aborted) options.onTrouble("the ledger cannot be followed", error);
    });
  }

  /** Follow it no longer. */
  [Symbol.dispose](): void {
    this.#closed.abort();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  async heads(): Promise<RunHead[]> {
    await this.#ready;
    return [...this.#runs].map(([run, entered]) => this.#head(run, entered));
  }

  async open(run: string): Promise<KnownRun | undefined> {
    await this.#ready;
    const entered = this.#runs.get(run);
    if (!entered) return undefined;
    await this.#fetchResults(entered);
    return this.#known(run, entered);
  }

  async #followJobs(): Promise<void> {
    const subscription = await this.#ledger.watch(
      (id, state) => void this.#states.set(id, state),
      (id) => {
        this.#states.delete(id);
        this.#results.delete(id);
      },
    );
    this.#keep(subscription);
  }

  async #followRuns(): Promise<void> {
    const { backbone, onTrouble } = this.#options;
    const table = new RecordTable(backbone.table("runs"), "run", runRecord);
    const onDamage = (error: BackboneError) => onTrouble("a run's record was left out", error);
    const follow = () => table.watch(({ key, value }) => this.#setRun(key, value), onDamage);
    this.#keep(await retrying(follow, { signal: this.#closed.signal }));
  }

  #keep(subscription: Subscription): void {
    if (this.#closed.signal.aborted) subscription.unsubscribe();
    else this.#subscriptions.push(subscription);
  }

  /** Take note of a run. One under a name that no run can have, or of another version, is left out. */
  #setRun(run: string, record: RunRecord | undefined): void {
    const work = record && workOf(record.config);
    if (!work || !runIdentifier.safeParse(run).success) this.#runs.delete(run);
    else this.#runs.set(run, { record, work, jobs: plannedJobs(record, work) });
  }

  #head(run: string, { record, work, jobs }: Entered): RunHead {
    const state = settlement(jobs.map(({ id }) => standing(this.#states.get(id))));
    const { title, submitted } = record;
    return { run, title, source: "ledger", state, began: submitted, work };
  }

  #known(run: string, entered: Entered): KnownRun {
    const { record, jobs } = entered;
    const stands = jobs.map((job) => ({ job, state: this.#states.get(job.id) }));
    const failures = stands.flatMap(({ job, state }): JobFailure[] =>
      state?.state === "failed" || state?.state === "cancelled"
        ? [{ job, error: jobFailure(state) }]
        : []
    );
    const results = new Map(jobs.flatMap(({ id }) => {
      const result = this.#results.get(id);
      return result ? [[id, result] as const] : [];
    }));
    return {
      head: this.#head(run, entered),
      version: digestOf(JSON.stringify([record, stands.map(({ state }) => withoutBeat(state))])),
      resultsVersion: digestOf(JSON.stringify([
        [...results].map(([id, { digest }]) => [id, digest]),
        failures.map(({ job, error }) => [job.name, error.message]),
      ])),
      jobs: stands.map(({ job, state }) => knownJob(job, state, results.get(job.id))),
      log: [
        `${record.submitted}  ${run} was submitted, ${jobs.length} jobs`,
        ...stands.flatMap(({ job, state }) => jobLogLines(job.name, state, results.get(job.id))),
      ],
      failures,
      reports: () => this.#reports(jobs, results),
      events: (job) => this.#events(idOf(jobs, job), results),
      checkpoint: (job) => this.#checkpoint(idOf(jobs, job)),
    };
  }

  async #fetchResults({ jobs }: Entered): Promise<void> {
    const wanted = jobs.map(({ id }) => id).filter((id) =>
      this.#states.get(id)?.state === "done" && !this.#results.has(id)
    );
    if (wanted.length === 0) return;
    for (const [id, result] of await this.#ledger.results(wanted)) this.#results.set(id, result);
  }

  /** @throws {BackboneError} "damaged" when a result is not what was committed */
  async #reports(
    jobs: readonly PlannedJob[],
    results: ReadonlyMap<string, ResultRecord>,
  ): Promise<Map<string, JobReport>> {
    const reports = new Map<string, JobReport>();
    for (const { id, name } of jobs) {
      const record = results.get(id);
      const bytes = record && await this.#ledger.resultBytes(id);
      if (!bytes) continue;
      const result = JSON.parse(new TextDecoder().decode(bytes));
      reports.set(name, jobReport.parse({ result, cost: record.cost }));
    }
    return reports;
  }

  async #events(
    id: string | undefined,
    results: ReadonlyMap<string, ResultRecord>,
  ): Promise<readonly StepEvent[]> {
    if (id === undefined) return [];
    const { signal } = this.#closed;
    const { logs } = this.#options.backbone;
    const entries = await retrying(() => logs.read(jobLog(id)), { signal });
    return jobEvents(foldJobLog(entries, results.get(id)?.epoch).events);
  }

  async #checkpoint(id: string | undefined): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const pointer = id === undefined ? undefined : newest(this.#states.get(id));
    if (id === undefined || !pointer) return undefined;
    const { signal } = this.#closed;
    const read = () => readCheckpoint(this.#options.backbone, id, pointer);
    return (await retrying(read, { signal }))?.bytes;
  }
}

const standing = (state: JobState | undefined): KnownJob["state"] => state?.state ?? "unknown";

/** The jobs' order, which the ledger does not keep. */
function plannedJobs({ jobs }: RunRecord, { kind, config }: RunWork): PlannedJob[] {
  const planned: readonly LibraryJob[] = kind === "library"
    ? jobsOf(config)
    : Object.keys(jobs).map((name) => ({ name, variant: "", seed: config.seed }));
  return planned.filter(({ name }) => Object.hasOwn(jobs, name))
    .map((job) => ({ ...job, id: jobs[job.name] }));
}

const idOf = (jobs: readonly PlannedJob[], name: string) =>
  jobs.find((job) => job.name === name)?.id;

/** What beats is alive, but no news. */
function withoutBeat(state: JobState | undefined) {
  return state?.holder ? { ...state, holder: { ...state.holder, beat: 0 } } : state;
}

const newest = (state: JobState | undefined) =>
  state?.checkpoints.toSorted((a, b) => b.step - a.step).at(0);

function knownJob(
  { id, name, variant, seed }: PlannedJob,
  state: JobState | undefined,
  result: ResultRecord | undefined,
): KnownJob {
  const checkpoint = newest(state);
  const worker = result?.worker ?? state?.holder?.worker;
  const step = state?.holder?.step ?? checkpoint?.step ?? 0;
  const isOver = state?.state === "failed" || state?.state === "cancelled";
  return {
    name,
    id,
    variant,
    seed,
    state: standing(state),
    step,
    steps: state?.holder?.steps ?? 0,
    attempts: state?.attempts.length ?? 0,
    ...worker !== undefined && { worker },
    ...result && { device: result.device, seconds: result.cost.seconds },
    ...isOver && { message: jobFailure(state).message },
    ...checkpoint && { checkpoint: { step: checkpoint.step } },
  };
}
