/**
 * What a campaign's client was told, kept outside the cluster: which jobs were acknowledged, and which
 * results were seen. In the end the cluster is held to it.
 */
import type { Backbone } from "../../cluster/backbone.ts";
import type { Subscription } from "../../cluster/bus.ts";
import type { Ledger } from "../../cluster/jobs/ledger.ts";
import { RecordTable } from "../../cluster/jobs/record_table.ts";
import {
  type JobSpec,
  type JobState,
  type ResultRecord,
  resultRecord,
} from "../../cluster/jobs/records.ts";
import { retrying } from "../../cluster/retry.ts";

/** Called when a job has changed. */
export type StateHandler = (job: string, state: JobState) => void;

/** See the file's head. */
export class History implements Disposable {
  /** Every job whose submission was acknowledged, in that order. */
  readonly acknowledged = new Map<string, JobSpec>();
  /** The last state seen of each job. */
  readonly states = new Map<string, JobState>();
  /** The results seen of each job; a second one that is not the first was counted twice. */
  readonly results = new Map<string, ResultRecord[]>();
  readonly #subscriptions: Subscription[] = [];
  #changed = Promise.withResolvers<void>();

  private constructor(private readonly ledger: Ledger) {}

  /** Begin to watch. */
  static async begin(
    backbone: Backbone,
    ledger: Ledger,
    onState: StateHandler = () => {},
  ): Promise<History> {
    const history = new History(ledger);
    const results = new RecordTable(backbone.table("results"), "result", resultRecord);
    const onDamage = (error: Error) => {
      throw error;
    };
    history.#subscriptions.push(
      await ledger.watch((job, state) => {
        history.states.set(job, state);
        onState(job, state);
        history.#tell();
      }),
      await retrying(() =>
        results.watch(({ key, value }) => {
          if (value) history.#sawResult(key, value);
        }, onDamage)
      ),
    );
    return history;
  }

  /** Submit a job, and note it as soon as that is acknowledged. */
  async submit(spec: JobSpec): Promise<string> {
    const id = await this.ledger.submit(spec);
    this.acknowledged.set(id, spec);
    return id;
  }

  /** How many acknowledged jobs stand so. */
  count(...names: readonly JobState["state"][]): number {
    let count = 0;
    for (const id of this.acknowledged.keys()) {
      const state = this.states.get(id)?.state;
      if (state && names.includes(state)) count++;
    }
    return count;
  }

  /** The workers that have jobs now. */
  get holders(): Set<string> {
    const holders = [...this.states.values()].map(({ holder }) => holder?.worker);
    return new Set(holders.filter((worker) => worker !== undefined));
  }

  /** Resolves at the next change of any job. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #sawResult(job: string, record: ResultRecord): void {
    const seen = this.results.get(job) ?? [];
    if (!seen.some((other) => isSame(other, record))) this.results.set(job, [...seen, record]);
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Whether both are the same commit: a watch tells it again after an interruption. */
function isSame(a: ResultRecord, b: ResultRecord): boolean {
  return a.worker === b.worker && a.epoch === b.epoch && a.digest === b.digest;
}
