/**
 * One attempt at one job, from a claim to its end: the work happens in a thread of its own; this thread
 * shows life while the work's step counter moves, brings events and checkpoints to the ledger, and obeys
 * what is wanted of the job.
 *
 * Nothing here waits for the server while the work goes on: what cannot be got away waits in the claim.
 */
import type { Backbone } from "../../cluster/backbone.ts";
import type { Counters } from "../../cluster/counters.ts";
import type { Claim, CommitOutcome, Orders, ResultOrigin } from "../../cluster/jobs/claim.ts";
import { foldJobLog } from "../../cluster/jobs/fold.ts";
import { jobLog } from "../../cluster/jobs/identity.ts";
import type { AttemptEnd, JobStateName } from "../../cluster/jobs/records.ts";
import { jobFields, type Log } from "../../cluster/log.ts";
import { lossyBus } from "../../cluster/lossy_bus.ts";
import { retrying } from "../../cluster/retry.ts";
import { explainMismatch } from "../../cluster/run_store_error.ts";
import { MethodThreadError } from "../library/method_thread.ts";
import { onAbort, rest, unlessAborted } from "../abort.ts";
import { isDiskFull } from "./disk_room.ts";
import type { DataFiles } from "./data_files.ts";
import { type ExecutionContext, type ExecutionEnd, type Executor } from "./executor.ts";
import { type Making, makingUntil, nothingMade, together } from "./job_lines.ts";
import { LineBatch } from "./line_batch.ts";

/** What attempts of a worker have in common. */
export interface AttemptSurroundings {
  readonly backbone: Backbone;
  readonly executors: readonly Executor[];
  readonly data: DataFiles;
  readonly log: Log;
  readonly counters: Counters;
  /** Aborted when the worker has to leave. */
  readonly leave: AbortSignal;
  readonly times: AttemptTimes;
}

/** All in ms. */
export interface AttemptTimes {
  /** Between two signs of life. */
  readonly beat: number;
  /** The longest that a step may take. */
  readonly stall: number;
  /** How long the work may take to get to where it can stop, once the worker has to leave. */
  readonly grace: number;
  /** How long the last words to the ledger may take then. */
  readonly farewell: number;
}

export const usualTimes: AttemptTimes = {
  beat: 700,
  stall: 120_000,
  grace: 2_500,
  farewell: 1_500,
};

/** Time between two looks whether a full disk has room again, ms. */
const roomPause = 1_000;

/** What became of an attempt. */
export type AttemptOutcome =
  /** `fenced`: somebody else had the job meanwhile, and has not finished it either. */
  | { readonly kind: "finished"; readonly commit: CommitOutcome }
  | { readonly kind: "handed-over"; readonly state: StateAfter; readonly message: string }
  | {
    readonly kind: "failed";
    readonly state: StateAfter;
    readonly message: string;
    /** Whether the job's backend could not be used, which is no fault of the job. */
    readonly unusableBackend: boolean;
  }
  | { readonly kind: "lost" };

/** How the job stands after the attempt; "unknown" when nobody has answered in time. */
export type StateAfter = JobStateName | "lost" | "unknown";

/** Why the work was ended. */
class Abandoned extends Error {
  override readonly name = "Abandoned";

  constructor(readonly why: "lost" | "cancelled" | "leaving" | "stalled", message: string) {
    super(message);
  }
}

/**
 * Work on the job until it is finished, given back, or taken away. What goes wrong within the job is an
 * outcome.
 * @param working called at every sign of life
 * @throws {BackboneError} when the ledger refuses what the attempt has come to
 */
export async function attemptJob(
  claim: Claim,
  surroundings: AttemptSurroundings,
  working: () => void,
): Promise<AttemptOutcome> {
  return await new Attempt(claim, surroundings, working).run();
}

class Attempt {
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #abandon = new AbortController();
  readonly #ended = new AbortController();
  readonly #batch: LineBatch;
  #step: number;
  #steps = 0;
  /** Events told of the current step. */
  #told = 0;
  #movedAt = performance.now();
  /** What the job has taken before this attempt; nothing until that is known. */
  #before: Making = nothingMade;

  constructor(
    private readonly claim: Claim,
    private readonly surroundings: AttemptSurroundings,
    private readonly working: () => void,
  ) {
    const about = { ...jobFields(claim.id, claim.run), epoch: claim.epoch };
    this.#log = surroundings.log.about(about);
    this.#step = claim.checkpoint?.step ?? 0;
    this.#batch = new LineBatch((lines, bytes) => {
      surroundings.counters.add("bytes.events", bytes);
      this.#deliver("events", claim.events(lines));
    });
  }

  async run(): Promise<AttemptOutcome> {
    const { claim, surroundings: { leave, times } } = this;
    using _lost = onAbort(claim.lost, () => this.#give("lost", "somebody else has the job"));
    using _leave = onAbort(leave, () => this.#leave(times.grace));
    this.#beat().catch((error) => this.#abandon.abort(error));
    try {
      const end = await this.#execute();
      return end.kind === "finished" ? await this.#finish(end) : await this.#handOver();
    } catch (error) {
      return await this.#failed(error);
    } finally {
      this.#batch.discard();
      this.#ended.abort();
    }
  }

  async #execute(): Promise<ExecutionEnd> {
    const { kind, work } = this.claim.spec;
    const executor = this.surroundings.executors.find((candidate) => candidate.kind === kind);
    if (!executor) throw new Error(`this worker knows no jobs of kind "${kind}"; update it`);
    const checked = executor.work.safeParse(work);
    if (!checked.success) {
      throw new Error(`no work of kind "${kind}": ${explainMismatch(checked.error)}`);
    }
    const context = this.#context();
    // Whoever hangs in a thread that is gone is not waited for.
    const [end] = await unlessAborted(
      this.#abandon.signal,
      Promise.all([executor.run(checked.data, context), this.#readBefore()]),
    );
    return end;
  }

  #context(): ExecutionContext {
    const { claim, surroundings: { backbone, counters, data } } = this;
    const { needs } = claim.spec;
    return {
      job: claim.id,
      bus: lossyBus(backbone.bus, counters),
      backend: needs.backend,
      checkpoint: claim.checkpoint,
      stop: this.#stop.signal,
      abandon: this.#abandon.signal,
      alive: () => this.#movedAt = performance.now(),
      progress: (step, steps, event) => this.#progress(step, steps, event),
      keep: (kept) => Promise.resolve(this.#keep(kept)),
      file: (name) => data.read(name, needs),
    };
  }

  #progress(step: number, steps: number, event: Readonly<Record<string, unknown>> | undefined) {
    this.#movedAt = performance.now();
    if (step !== this.#step) this.#told = 0;
    this.#step = step;
    this.#steps = steps;
    if (!event) return;
    // By way of JSON, which knows no NaN and makes it null.
    const line = { step, number: this.#told++, event: JSON.parse(JSON.stringify(event)) };
    this.#batch.add(line);
  }

  #keep({ bytes, step, cost, device }: Parameters<ExecutionContext["keep"]>[0]): void {
    const { claim, surroundings: { counters } } = this;
    this.#movedAt = performance.now();
    this.#batch.add({ step, ...together(this.#before, { cost, device }) });
    // What belongs to the step comes before it, the rest after.
    this.#batch.flush(step);
    counters.add("bytes.checkpoints", bytes.length);
    this.#deliver("a checkpoint", claim.keep({ bytes, step }));
  }

  /** The work does not wait for what is on its way; a claim that is lost says so by itself. */
  #deliver(what: string, delivery: Promise<"kept" | "lost">): void {
    const { counters } = this.surroundings;
    delivery.then((outcome) => {
      if (outcome === "lost") counters.add("writes.fenced");
    }, (error) => {
      this.#log.warn(`${what} could not be kept: ${messageOf(error)}`);
    });
  }

  /** What earlier attempts have taken, as their log says. */
  async #readBefore(): Promise<void> {
    const { claim: { id, checkpoint }, surroundings: { backbone } } = this;
    if (!checkpoint) return;
    const signal = AbortSignal.any([this.#ended.signal, this.#abandon.signal]);
    const entries = await retrying(() => backbone.logs.read(jobLog(id)), { signal });
    this.#before = makingUntil(foldJobLog(entries).events, checkpoint.step);
  }

  /** Show life until the attempt has ended. */
  async #beat(): Promise<void> {
    const { claim, surroundings: { times } } = this;
    while (!this.#ended.signal.aborted) {
      const still = performance.now() - this.#movedAt;
      if (still > times.stall) {
        const seconds = (still / 1000).toFixed(0);
        return this.#give("stalled", `no step for ${seconds} s after step ${this.#step}`);
      }
      this.working();
      this.#obey(await claim.beat({ step: this.#step, steps: this.#steps }));
      await rest(times.beat, this.#ended.signal);
    }
  }

  #obey(orders: Orders): void {
    switch (orders) {
      case "go-on":
        return;
      case "pause":
        return this.#stop.abort();
      case "cancel":
        return this.#give("cancelled", "the job was cancelled");
      case "lost":
        return this.#give("lost", "somebody else has the job");
    }
  }

  #give(why: Abandoned["why"], message: string): void {
    this.#abandon.abort(new Abandoned(why, message));
  }

  /** Have the work stop where it can go on from; where it does not get there in time, as it was kept last. */
  #leave(grace: number): void {
    this.#stop.abort();
    const timer = setTimeout(() => this.#give("leaving", "it did not get to its next step"), grace);
    this.#ended.signal.addEventListener("abort", () => clearTimeout(timer));
  }

  async #finish(end: Extract<ExecutionEnd, { kind: "finished" }>): Promise<AttemptOutcome> {
    const { claim, surroundings: { counters, backbone } } = this;
    const { backend } = claim.spec.needs;
    this.#batch.flush();
    // Bringing the result to the ledger is no step, and may take as long as the server is away.
    const alive = setInterval(
      () => this.#movedAt = performance.now(),
      this.surroundings.times.beat,
    );
    try {
      // The last checkpoint has what the job has learned; while the server is away the result goes first,
      // since it is brought to safety on this machine's disk.
      if (backbone.link.state === "connected") await this.#soon(claim.flush());
      const origin = { backend, ...together(this.#before, end) };
      const commit = await this.#soon(this.#commit(end.result, origin));
      if (commit === undefined) {
        // What is in the spool, the next process of this worker brings to the ledger.
        claim.abandon();
        const message = "its result did not get to the ledger in time";
        return { kind: "handed-over", state: "unknown", message };
      }
      counters.add("bytes.results", end.result.length);
      return { kind: "finished", commit };
    } finally {
      clearInterval(alive);
    }
  }

  /**
   * While the disk has no room for the result, the job stays ours: somebody will make room. Undefined when
   * the worker has to leave before.
   */
  async #commit(
    result: Uint8Array,
    origin: ResultOrigin,
  ): Promise<CommitOutcome | undefined> {
    const { leave } = this.surroundings;
    for (let told = false; !(told && leave.aborted); told = true) {
      try {
        return await this.claim.commit(result, origin);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        if (!told) this.#log.error("the disk is full; the result waits for room in the spool");
        await rest(roomPause, leave);
      }
    }
    return undefined;
  }

  async #handOver(message = "stopped where it can go on"): Promise<AttemptOutcome> {
    const { claim } = this;
    this.#batch.flush();
    const state = await this.#soon(claim.flush().then(() => claim.handOver(message)));
    if (state === undefined) claim.abandon();
    return { kind: "handed-over", state: state ?? "unknown", message };
  }

  async #failed(error: unknown): Promise<AttemptOutcome> {
    const { claim } = this;
    if (error instanceof Abandoned) {
      if (error.why === "lost") {
        claim.abandon();
        return { kind: "lost" };
      }
      if (error.why !== "stalled") return await this.#handOver(error.message);
    }
    const end: AttemptEnd = error instanceof Abandoned ? "stalled" : "exception";
    const message = evidenceOf(error);
    this.#log.error(`the job failed: ${messageOf(error)}`);
    this.#batch.flush();
    const state = await this.#soon(claim.fail(end, message));
    if (state === undefined) claim.abandon();
    const unusableBackend = error instanceof MethodThreadError && error.kind === "BackendError";
    return { kind: "failed", state: state ?? "unknown", message, unusableBackend };
  }

  /** What `words` to the ledger resolve to; undefined when the worker has to leave before. */
  async #soon<Value>(words: Promise<Value>): Promise<Value | undefined> {
    const { leave, times } = this.surroundings;
    const late = Promise.withResolvers<undefined>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    using _ = onAbort(
      leave,
      () => timer = setTimeout(() => late.resolve(undefined), times.farewell),
    );
    words.catch(() => {});
    try {
      return await Promise.race([words, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const messageOf = (error: unknown) => error instanceof Error ? error.message : String(error);

/** The longest evidence that is kept of a failure, characters. */
const longestEvidence = 4000;

/** What an attempt failed with, as the ledger keeps it: where in the code it happened is worth knowing. */
function evidenceOf(error: unknown): string {
  const inside = error instanceof Error && "inside" in error && typeof error.inside === "string"
    ? `\n${error.inside}`
    : "";
  return `${messageOf(error)}${inside}`.slice(0, longestEvidence);
}
