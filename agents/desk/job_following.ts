/** Follows jobs of the cluster until each of them has come to an end. */
import type { Subscription } from "../../cluster/bus.ts";
import type { Ledger } from "../../cluster/jobs/ledger.ts";
import type { JobState, JobStateName } from "../../cluster/jobs/records.ts";
import { JobSlots } from "../job_slots.ts";
import { unlessAborted } from "../worker/executor.ts";

/** How all jobs of a ledger stand: one watch for all who follow some of them. */
export class JobBoard implements Disposable {
  readonly #states = new Map<string, JobState>();
  readonly #handlers = new Set<(id: string, state: JobState) => void>();
  readonly #subscription: Promise<Subscription>;

  private constructor(ledger: Ledger) {
    this.#subscription = ledger.watch((id, state) => {
      this.#states.set(id, state);
      for (const handler of [...this.#handlers]) handler(id, state);
    }, (id) => this.#states.delete(id));
  }

  /** A board on which all jobs are that there are. */
  static async open(ledger: Ledger): Promise<JobBoard> {
    const board = new JobBoard(ledger);
    await board.#subscription;
    return board;
  }

  /** Tell `handler` every job's state now, and every change from then on. */
  follow(handler: (id: string, state: JobState) => void): Subscription {
    for (const [id, state] of this.#states) handler(id, state);
    this.#handlers.add(handler);
    return { unsubscribe: () => void this.#handlers.delete(handler) };
  }

  [Symbol.dispose](): void {
    this.#handlers.clear();
    this.#subscription.then((subscription) => subscription.unsubscribe(), () => {});
  }
}

/** Is told how jobs stand. */
export interface JobFollower {
  /**
   * The job has changed, or is heard of for the first time.
   * @param before how it stood then; undefined the first time
   */
  changed(id: string, state: JobState, before: JobState | undefined): void;
  /** The job has a result. What it throws ends the following. */
  done(id: string): Promise<void>;
}

/** How long jobs are followed. */
export interface FollowSettings {
  /** Stops it; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Whether to wait for what is not at its end yet. */
  readonly wait: boolean;
}

/** From these a job goes on only when somebody wants it to. */
const endStates: readonly JobStateName[] = ["done", "failed", "cancelled"];

/** Finished jobs that are dealt with at a time. */
const atATime = 4;

/**
 * Follow the jobs `ids`. A failed or cancelled job that somebody tries again meanwhile is waited for.
 * @returns the last state of each that there is
 * @throws what `follower` throws
 */
export async function followJobs(
  board: JobBoard,
  ids: ReadonlySet<string>,
  follower: JobFollower,
  { signal, wait }: FollowSettings,
): Promise<ReadonlyMap<string, JobState>> {
  const states = new Map<string, JobState>();
  const following = new Following(ids, states, follower);
  const subscription = board.follow((id, state) => following.hear(id, state));
  try {
    await unlessAborted(signal, wait ? following.ended : following.settled());
  } finally {
    subscription.unsubscribe();
  }
  return states;
}

class Following {
  /** Resolves when all jobs are at their end. */
  readonly ended: Promise<void>;
  readonly #ended = Promise.withResolvers<void>();
  readonly #slots = new JobSlots(atATime);
  readonly #done = new Set<string>();
  readonly #work: Promise<void>[] = [];

  constructor(
    private readonly ids: ReadonlySet<string>,
    private readonly states: Map<string, JobState>,
    private readonly follower: JobFollower,
  ) {
    this.ended = this.#ended.promise;
    // Whoever does not wait for it learns of a failure from `settled`.
    this.ended.catch(() => {});
    this.#check();
  }

  hear(id: string, state: JobState): void {
    if (!this.ids.has(id) || this.#done.has(id)) return;
    const before = this.states.get(id);
    this.states.set(id, state);
    this.follower.changed(id, state, before);
    if (state.state === "done") this.#deal(id);
    if (endStates.includes(state.state)) this.#check();
  }

  /** Resolves when all that is done so far has been dealt with. */
  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }

  #deal(id: string): void {
    this.#done.add(id);
    const work = this.#slots.use(() => this.follower.done(id));
    work.catch(this.#ended.reject);
    this.#work.push(work);
  }

  #check(): void {
    const isAtEnd = (id: string) => {
      const state = this.states.get(id)?.state;
      return state !== undefined && endStates.includes(state);
    };
    if ([...this.ids].every(isAtEnd)) this.settled().then(this.#ended.resolve, () => {});
  }
}
