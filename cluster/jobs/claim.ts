/**
 * One attempt at one job. The holder shows life, tells what happens, keeps checkpoints, and brings the
 * result; whatever it says is refused once somebody else has the job.
 *
 * While the server is away the work goes on: events and the newest checkpoint wait in an outbox.
 */
import { BackboneError, type BackboneErrorKind } from "../backbone.ts";
import { digestOf } from "../digest.ts";
import { type FoundCheckpoint, loadCheckpoint } from "./checkpoint_loading.ts";
import { type Checkpoint, checkpointBlob } from "./checkpoints.ts";
import { type CommitOutcome, commitResult } from "./commit.ts";
import { FencedError, JobLog, type Origin, type PreparedEntry } from "./job_log.ts";
import type { Applied, JobRecord } from "./job_record.ts";
import { hintLane } from "./lanes.ts";
import { canonicalJson, encodeHint } from "./identity.ts";
import { type LedgerParts, mayPass } from "./ledger_parts.ts";
import { Outbox, type WaitingCheckpoint } from "./outbox.ts";
import type {
  AttemptEnd,
  CheckpointPointer,
  JobSpec,
  JobState,
  JobStateName,
  ResultRecord,
} from "./records.ts";
import type { ResultSpool } from "./result_spool.ts";
import type { AttemptKey, JobEvent } from "./transitions.ts";

export type { CommitOutcome } from "./commit.ts";

/** What the holder of a job is to do. */
export type Orders = "go-on" | "pause" | "cancel" | "lost";

/** How a result was made; no part of it. */
export type ResultOrigin = Pick<ResultRecord, "cost" | "backend" | "device">;

/** How a claim is to go; all of it can be left out. */
export interface ClaimOptions {
  /** Where the result is kept on this machine until the ledger has it. */
  readonly spool?: ResultSpool;
  /** For events that wait while the server is away, characters; default 8 Mi. */
  readonly room?: number;
}

/** What a claim starts with. */
interface ClaimStart {
  readonly parts: LedgerParts;
  readonly record: JobRecord;
  readonly state: JobState;
  readonly spec: JobSpec;
  readonly worker: string;
  readonly options: ClaimOptions;
}

/** Begin to work on a job that has been claimed: find the checkpoint to go on from. */
export async function beginClaim(start: ClaimStart): Promise<Claim> {
  const { parts, record, state } = start;
  const { found, beats } = await loadCheckpoint(parts, record, state);
  await parts.at("claim: after the checkpoint");
  return new Claim(start, found, beats);
}

/** An attempt at a job. Its methods may be called at any time. */
export class Claim {
  readonly claimed = true;
  readonly id: string;
  readonly spec: JobSpec;
  readonly worker: string;
  readonly epoch: number;
  /** The run with which the job was submitted, where that is known. */
  readonly run: string | undefined;
  /** Where to go on from. */
  readonly checkpoint: Checkpoint | undefined;
  readonly #parts: LedgerParts;
  readonly #record: JobRecord;
  readonly #spool: ResultSpool | undefined;
  readonly #origin: Origin;
  readonly #log: JobLog;
  readonly #outbox: Outbox;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  #pointers: readonly CheckpointPointer[];
  #beats: number;
  /** What was wanted last. */
  #orders: Orders = "go-on";
  /** Whether the log can still be complete: no events were refused. */
  #complete = true;
  #applying: Promise<unknown> = Promise.resolve();
  /** Entries of the log that were not known to be there when the job was finished. */
  readonly #sealed: PreparedEntry[] = [];

  /** Use `Ledger.claim`. */
  constructor(
    { parts, record, state, spec, worker, options }: ClaimStart,
    found: FoundCheckpoint | undefined,
    beats: number,
  ) {
    this.id = record.id;
    this.spec = spec;
    this.worker = worker;
    this.epoch = state.epoch;
    this.run = state.run;
    this.checkpoint = found?.checkpoint;
    this.#parts = parts;
    this.#record = record;
    this.#spool = options.spool;
    this.#pointers = state.checkpoints;
    this.#beats = beats;
    this.#origin = originOf(found?.pointer);
    const retry = {
      ...parts.retry(`the log of job ${this.id}`, this.#ended.signal),
      again: mayPass,
    };
    this.#log = new JobLog(parts.backbone.logs, this.id, this.#key, this.#origin, retry);
    const delivery = {
      entry: (entry: PreparedEntry) => this.#fitting("events", () => this.#log.append(entry)),
      checkpoint: (waiting: WaitingCheckpoint, seq: number) =>
        this.#fitting("a checkpoint", () => this.#deliver(waiting, seq)),
    };
    this.#outbox = new Outbox(this.epoch, delivery, (error) => this.#lose(error), options.room);
  }

  /** Aborted, with an error that says why, once the job is not ours any more. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Show life. Answers "go-on", or what was wanted last, while the server is away.
   * @throws {BackboneError} when it is refused
   */
  async beat(progress: { readonly step: number; readonly steps: number }): Promise<Orders> {
    if (this.#lost.signal.aborted) return "lost";
    const beat = ++this.#beats;
    try {
      const applied = await this.#apply({ type: "beat", by: this.#key, beat, ...progress });
      if (applied.applied) return this.#orders = ordersOf(applied.state);
      this.#lose(fenced(this.id, applied));
      return "lost";
    } catch (error) {
      if (!(error instanceof BackboneError) || !mayPass(error)) throw error;
      this.#parts.onTrouble(`a sign of life of job ${this.id} did not get through`, error);
      return this.#orders;
    }
  }

  /**
   * Put events into the job's log, after what was said before. "kept" means that they are on their way:
   * see `flush`.
   * @throws {TypeError} when JSON cannot hold them
   */
  // deno-lint-ignore require-await -- a failure must be a rejection
  async events(lines: readonly unknown[]): Promise<"kept" | "lost"> {
    const texts = lines.map(canonicalJson);
    if (this.#lost.signal.aborted) {
      this.#complete = false;
      return "lost";
    }
    this.#outbox.addEvents(texts);
    return "kept";
  }

  /**
   * Keep a checkpoint, after what was said before. "kept" means that it is on its way: see `flush`. One
   * that still waits when the next comes is left out.
   * @param checkpoint its bytes must not change before that
   */
  // deno-lint-ignore require-await -- as `events`
  async keep(checkpoint: WaitingCheckpoint): Promise<"kept" | "lost"> {
    if (this.#lost.signal.aborted) return "lost";
    this.#outbox.addCheckpoint(checkpoint);
    return "kept";
  }

  /**
   * Resolves when all that was said is in the ledger.
   * @throws what has made that impossible, but for the loss of the job
   */
  async flush(): Promise<"kept" | "lost"> {
    try {
      await this.#outbox.settled();
      return "kept";
    } catch (error) {
      if (error instanceof FencedError) return "lost";
      throw error;
    }
  }

  /**
   * The job is finished. Tries until the ledger has the result, which may take as long as the server is
   * away: go on showing life meanwhile.
   *
   * @param result depends on nothing but the spec
   * @throws the reason when the claim is abandoned meanwhile; a spooled result is delivered by
   * `Ledger.deliver` then
   */
  async commit(result: Uint8Array, origin: ResultOrigin): Promise<CommitOutcome> {
    const { id: job, spec, worker, epoch } = this;
    const record = { digest: digestOf(result), worker, epoch, ...origin };
    const finished = { job, spec, record, result, complete: this.#complete };
    // Kept for another try: the disk may have no room for them yet.
    this.#sealed.push(...this.#outbox.seal());
    const entries = this.#sealed;
    const spooled = { ...finished, origin: this.#origin, entries };
    await this.#spool?.keep(spooled);
    await this.#parts.at("commit: after the spool");
    await this.#completeLog(entries);
    await this.#parts.at("commit: after the events");
    const told = { ...finished, isIntact: () => this.#isIntact() };
    const outcome = await commitResult(this.#parts, told, this.#ended.signal);
    // One that nothing could be compared with stays for another time.
    if (outcome !== "fenced") await this.#spool?.forget(finished);
    // What has lost its story is only compared later, too.
    else if (!await this.#isIntact()) await this.#spool?.keep({ ...spooled, complete: false });
    this.abandon();
    return outcome;
  }

  /**
   * The attempt has failed.
   * @returns how the job stands now: it is tried again after a pause, unless it has failed too often
   */
  async fail(end: AttemptEnd, message: string): Promise<JobStateName | "lost"> {
    return (await this.#end(end, message))?.state ?? "lost";
  }

  /**
   * Give the job back; what was kept last is where others go on from.
   * @returns how the job stands now: queued, or as somebody wanted it
   */
  async handOver(message: string): Promise<JobStateName | "lost"> {
    const state = await this.#end("handed-over", message);
    if (state?.state === "queued") {
      await this.#parts.persist(
        `the hint at job ${this.id}`,
        () => this.#parts.backbone.queue.push(hintLane(state), encodeHint(this.id)),
      );
    }
    return state?.state ?? "lost";
  }

  /** Let go of the job without a word, and of all that waits: somebody else will find out. */
  abandon(): void {
    const error = new Error(`the attempt at job ${this.id} is over`);
    this.#ended.abort(error);
    this.#outbox.stop(error);
  }

  get #key(): AttemptKey {
    return { worker: this.worker, epoch: this.epoch };
  }

  async #isIntact(): Promise<boolean> {
    try {
      return await this.#log.isIntact();
    } catch (error) {
      if (error instanceof FencedError) return false;
      // What is not to be read says nothing against the result.
      if (error instanceof BackboneError && cannotBeKept.includes(error.kind)) return true;
      throw error;
    }
  }

  async #completeLog(entries: readonly PreparedEntry[]): Promise<void> {
    try {
      // Even a job without events says in its log who has made it.
      await this.#log.begin();
      for (const entry of entries) await this.#fitting("events", () => this.#log.append(entry));
      await this.#outbox.settled();
    } catch (error) {
      // The result is right nevertheless.
      if (!(error instanceof FencedError)) throw error;
    }
  }

  /** Bring something to the ledger, unless it is too large for it, or not to be read afterwards. */
  async #fitting(what: string, deliver: () => Promise<void>): Promise<void> {
    try {
      await deliver();
    } catch (error) {
      if (!(error instanceof BackboneError) || !cannotBeKept.includes(error.kind)) throw error;
      this.#parts.onTrouble(`${what} of job ${this.id} had to be left out`, error);
    }
  }

  async #deliver(waiting: WaitingCheckpoint, seq: number): Promise<void> {
    const { blobs } = this.#parts.backbone;
    const { id, epoch } = this;
    const what = `the checkpoint of job ${id} at step ${waiting.step}`;
    // The log says where the attempt began before the record says where it got.
    await this.#log.begin();
    const blob = checkpointBlob(id, epoch, waiting);
    const digest = await this.#insist(what, () => blobs.put(blob));
    await this.#parts.at("keep: after the blob");
    const pointer = { digest, step: waiting.step, epoch, seq };
    const applied = await this.#insist(
      what,
      () => this.#apply({ type: "keep", by: this.#key, pointer }),
    );
    if (!applied.applied) {
      // A pointer that was written without an answer, before the job was lost, needs its blob.
      const pointed = applied.state?.checkpoints.some((kept) => kept.digest === digest) ?? true;
      if (!pointed) await this.#insist(what, () => blobs.remove(digest));
      throw fenced(id, applied);
    }
    await this.#parts.at("keep: after the pointer");
    const kept = new Set(applied.state.checkpoints.map((pointer) => pointer.digest));
    const dropped = this.#pointers.filter((pointer) => !kept.has(pointer.digest));
    this.#pointers = applied.state.checkpoints;
    for (const { digest } of dropped) await this.#insist(what, () => blobs.remove(digest));
    await this.#parts.at("keep: after the clean-up");
  }

  /** End the attempt; the state afterwards, undefined when the job was lost before. */
  async #end(end: AttemptEnd, message: string): Promise<JobState | undefined> {
    if (await this.flush() === "lost") return undefined;
    const applied = await this.#insist(
      `the end of an attempt at job ${this.id}`,
      () => this.#apply({ type: "end", by: this.#key, end, message }),
    );
    await this.#parts.at("end: after the state");
    if (!applied.applied) this.#lose(fenced(this.id, applied));
    this.abandon();
    return applied.applied ? applied.state : undefined;
  }

  #insist<T>(what: string, operation: () => Promise<T>): Promise<T> {
    return this.#parts.insist(what, operation, this.#ended.signal);
  }

  /** One try, after those before. */
  #apply(event: JobEvent): Promise<Applied> {
    const applied = this.#applying.then(() => this.#record.apply(event));
    this.#applying = Promise.allSettled([applied]);
    return applied;
  }

  #lose(error: unknown): void {
    this.#lost.abort(error);
    this.#outbox.stop(error);
  }
}

/** What the work goes on without. */
const cannotBeKept: readonly BackboneErrorKind[] = ["too-large", "damaged"];

function originOf(pointer: CheckpointPointer | undefined): Origin {
  if (!pointer) return { step: 0, after: { epoch: 0, seq: 0 } };
  const { step, epoch, seq } = pointer;
  return { step, after: { epoch, seq } };
}

function ordersOf({ wanted }: JobState): Orders {
  return wanted === "run" ? "go-on" : wanted;
}

function fenced(job: string, { state }: Applied): FencedError {
  const now = state?.holder
    ? `${state.holder.worker} has it`
    : `it is ${state?.state ?? "unknown"}`;
  return new FencedError(`job ${job} is not ours any more: ${now}`);
}
