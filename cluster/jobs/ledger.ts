/**
 * The ledger: which jobs there are, how each stands, what has come of it. It is the truth; the queue only
 * hints at it.
 *
 * Whatever is done here may be interrupted at any moment and be done again: every step writes only what
 * is not there yet, or by compare-and-set. While the server is away it is tried again, without end unless
 * the ledger's `signal` ends it.
 */
import { type Backbone, BackboneError } from "../backbone.ts";
import type { Subscription } from "../bus.ts";
import { beginClaim, type Claim, type ClaimOptions } from "./claim.ts";
import { type CommitOutcome, commitResult } from "./commit.ts";
import { deleteRun, type RunDeletion } from "./deletion.ts";
import { encodeHint, jobId, laneOf, resumedLane } from "./identity.ts";
import { JobRecord } from "./job_record.ts";
import { hintLane } from "./lanes.ts";
import { type LedgerOptions, LedgerParts } from "./ledger_parts.ts";
import {
  type AlarmRecord,
  type JobSpec,
  type JobState,
  type LaneRecord,
  type ResultRecord,
  type RunRecord,
} from "./records.ts";
import { OrphanSweep, type SweepOptions } from "./orphan_sweep.ts";
import { completeLog, type ResultSpool } from "./result_spool.ts";
import { newJob } from "./transitions.ts";

export type { CrashHook, CrashPoint } from "./crash_points.ts";
export type { LedgerOptions } from "./ledger_parts.ts";

/** Why a job cannot be had. */
export interface Refusal {
  readonly claimed: false;
  /**
   * `unknown`: not in the ledger, or not visible here yet: let the hint come again; `held`: somebody
   * works on it; otherwise how it stands.
   */
  readonly reason: "unknown" | "held" | "paused" | "done" | "failed" | "cancelled";
  /** Who holds it. */
  readonly holder?: string;
}

/** What jobs are submitted with; all of it can be left out. */
export interface SubmitOptions {
  /** 0 … 9, 0 is taken first; default 5. A job that is there already keeps its own. */
  readonly priority?: number;
  /** The run to which it belongs, for the logs of whoever works on it. */
  readonly run?: string;
}

/** Jobs, their states and results, on a backbone. */
export class Ledger {
  readonly #parts: LedgerParts;
  /** Jobs that are being claimed here, by worker and id. */
  readonly #claiming = new Set<string>();

  constructor(backbone: Backbone, options: LedgerOptions = {}) {
    this.#parts = new LedgerParts(backbone, options);
  }

  /** Enter a job and hint at it. Harmless to repeat. @returns its id */
  async submit(spec: JobSpec, { priority = 5, run }: SubmitOptions = {}): Promise<string> {
    const { specs, lanes, jobs, at } = this.#parts;
    const id = jobId(spec);
    const lane = laneOf(priority, spec.needs);
    const submitting = <T>(operation: () => Promise<T>) =>
      this.#parts.persist(`the submission of job ${id}`, operation);
    await submitting(() => specs.create(id, spec));
    await at("submit: after the spec");
    for (const [name, resumed] of [[lane, false], [resumedLane(lane), true]] as const) {
      await submitting(() => lanes.create(name, { priority, needs: spec.needs, resumed }));
    }
    await at("submit: after the lane");
    const fresh = newJob(lane, run);
    const created = await submitting(() => jobs.create(id, fresh));
    await at("submit: after the state");
    const state = created === undefined ? await this.state(id) : fresh;
    if (state?.state === "queued") await this.#hint(id, state);
    await at("submit: after the hint");
    return id;
  }

  /** @throws {BackboneError} "damaged" when what is there is not the spec of this job */
  async spec(id: string): Promise<JobSpec | undefined> {
    const found = await this.#read(`the spec of job ${id}`, () => this.#parts.specs.get(id));
    if (found && jobId(found) !== id) {
      throw new BackboneError("damaged", `the spec of job ${id} is that of job ${jobId(found)}`);
    }
    return found;
  }

  state(id: string): Promise<JobState | undefined> {
    return this.#read(`job ${id}`, () => this.#parts.jobs.get(id));
  }

  result(id: string): Promise<ResultRecord | undefined> {
    return this.#read(`the result of job ${id}`, () => this.#parts.results.get(id));
  }

  /**
   * The bytes of the job's result.
   * @throws {BackboneError} "damaged" when they are
   */
  async resultBytes(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const record = await this.result(id);
    if (!record) return undefined;
    const { blobs } = this.#parts.backbone;
    return await this.#parts.persist(`the result of job ${id}`, () => blobs.get(record.digest));
  }

  /** The states of these jobs, or of all; of those that there are. */
  jobs(ids?: Iterable<string>): Promise<Map<string, JobState>> {
    const { jobs, onDamage } = this.#parts;
    const read = ids ? () => jobs.some(ids) : () => jobs.all(onDamage);
    return this.#parts.persist("the list of jobs", read);
  }

  /** The results of these jobs, or all; those that there are. */
  results(ids?: Iterable<string>): Promise<Map<string, ResultRecord>> {
    const { results, onDamage } = this.#parts;
    const read = ids ? () => results.some(ids) : () => results.all(onDamage);
    return this.#parts.persist("the list of results", read);
  }

  /** Results that differ from those that stand, by `<job>.<epoch>`. */
  alarms(): Promise<Map<string, AlarmRecord>> {
    const { alarms, onDamage } = this.#parts;
    return this.#parts.persist("the list of alarms", () => alarms.all(onDamage));
  }

  lanes(): Promise<Map<string, LaneRecord>> {
    const { lanes, onDamage } = this.#parts;
    return this.#parts.persist("the list of lanes", () => lanes.all(onDamage));
  }

  /**
   * Every job's state, and then every change; intermediate states may be skipped.
   * @param onRemoved told of jobs that were deleted
   */
  watch(
    handler: (id: string, state: JobState) => void,
    onRemoved: (id: string) => void = () => {},
  ): Promise<Subscription> {
    const { jobs, onDamage } = this.#parts;
    return this.#parts.persist("the watch over the jobs", () =>
      jobs.watch(({ key, value }) => {
        if (value) handler(key, value);
        else onRemoved(key);
      }, onDamage));
  }

  /** Every lane, and then every new one. */
  watchLanes(handler: (lane: string, record: LaneRecord) => void): Promise<Subscription> {
    const { lanes, onDamage } = this.#parts;
    return this.#parts.persist("the watch over the lanes", () =>
      lanes.watch(({ key, value }) => {
        if (value) handler(key, value);
      }, onDamage));
  }

  /** Enter a run: which jobs belong together. Harmless to repeat. */
  async submitRun(id: string, record: RunRecord): Promise<void> {
    await this.#parts.persist(`run ${id}`, () => this.#parts.runs.create(id, record));
  }

  run(id: string): Promise<RunRecord | undefined> {
    return this.#read(`run ${id}`, () => this.#parts.runs.get(id));
  }

  runs(): Promise<Map<string, RunRecord>> {
    const { runs, onDamage } = this.#parts;
    return this.#parts.persist("the list of runs", () => runs.all(onDamage));
  }

  /**
   * Remove a run whose jobs are at their end, with all that only it has: jobs, logs, results, blobs. Needs
   * the owner's rights. Harmless to repeat.
   */
  deleteRun(id: string): Promise<RunDeletion> {
    return deleteRun(this.#parts, id);
  }

  /** A sweep of what nobody refers to, to be looked at several times. */
  orphanSweep(options: SweepOptions): OrphanSweep {
    return new OrphanSweep(this.#parts, options);
  }

  /**
   * Take the job for `worker`, a name that no two processes have.
   * @throws {BackboneError} "full" when there is no room for it
   */
  async claim(id: string, worker: string, options: ClaimOptions = {}): Promise<Claim | Refusal> {
    const claiming = `${worker} ${id}`;
    // A claim without an answer recognises itself by its worker: one at a time.
    if (this.#claiming.has(claiming)) return { claimed: false, reason: "held", holder: worker };
    this.#claiming.add(claiming);
    try {
      return await this.#claim(id, worker, options);
    } finally {
      this.#claiming.delete(claiming);
    }
  }

  /**
   * Bring to the ledger what an earlier process has finished and left in `spool`.
   * @returns what has become of each, by job; those that are "fenced" stay for another time
   */
  async deliver(spool: ResultSpool, signal?: AbortSignal): Promise<Map<string, CommitOutcome>> {
    const parts = this.#parts;
    const outcomes = new Map<string, CommitOutcome>();
    const spooled = await spool.waiting((path, error) =>
      parts.onTrouble(`${path} cannot be read and was put aside`, error)
    );
    for (const finished of spooled) {
      await completeLog(parts, finished, signal);
      const outcome = await commitResult(parts, finished, signal);
      if (outcome !== "fenced") await spool.forget(finished);
      outcomes.set(finished.job, outcome);
    }
    return outcomes;
  }

  /**
   * Let the job rest until it is released; one that runs, as soon as its holder has kept a checkpoint.
   * @returns how it stands now; undefined when there is no such job. So do `cancel` and `release`
   */
  pause(id: string): Promise<JobState | undefined> {
    return this.#order(id, "pause");
  }

  /** Nobody shall work on it any more; a result that there is already stays. */
  cancel(id: string): Promise<JobState | undefined> {
    return this.#order(id, "cancel");
  }

  /** Let a paused, failed or cancelled job go on, its failures forgotten. */
  async release(id: string): Promise<JobState | undefined> {
    const state = await this.#order(id, "release");
    if (state?.state === "queued") await this.#hint(id, state);
    return state;
  }

  async #claim(id: string, worker: string, options: ClaimOptions): Promise<Claim | Refusal> {
    const parts = this.#parts;
    const spec = await this.spec(id);
    if (!spec) return { claimed: false, reason: "unknown" };
    const record = new JobRecord(parts.jobs, id, parts.limits);
    const applied = await parts.persist(
      `the claim of job ${id}`,
      () => record.apply({ type: "claim", worker }),
    );
    if (!applied.applied) {
      const { reason, state } = applied;
      // A claim knows of nothing that could be lost.
      if (reason === "lost") throw new Error(`the claim of job ${id} was refused as lost`);
      return { claimed: false, reason, holder: state?.holder?.worker };
    }
    await parts.at("claim: after the claim");
    return await beginClaim({ parts, record, state: applied.state, spec, worker, options });
  }

  async #order(id: string, type: "pause" | "cancel" | "release"): Promise<JobState | undefined> {
    const { jobs, limits } = this.#parts;
    const record = new JobRecord(jobs, id, limits);
    const applied = await this.#parts.persist(`${type} of job ${id}`, () => record.apply({ type }));
    return applied.state;
  }

  async #hint(id: string, state: JobState): Promise<void> {
    const { queue } = this.#parts.backbone;
    const push = () => queue.push(hintLane(state), encodeHint(id));
    await this.#parts.persist(`the hint at job ${id}`, push);
  }

  async #read<Record>(
    what: string,
    get: () => Promise<{ readonly value: Record } | undefined>,
  ): Promise<Record | undefined> {
    return (await this.#parts.persist(what, get))?.value;
  }
}
