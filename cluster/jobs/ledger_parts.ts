/** What the ledger's operations have in common: its tables, and how they are tried again. */
import { type Backbone, BackboneError } from "../backbone.ts";
import { retrying, type RetryOptions } from "../retry.ts";
import { systemTimers, type Timers } from "../timers.ts";
import type { CrashHook } from "./crash_points.ts";
import { RecordTable } from "./record_table.ts";
import {
  alarmRecord,
  type JobSpec,
  jobSpec,
  jobState,
  laneRecord,
  resultRecord,
  runRecord,
} from "./records.ts";
import { defaultLimits, type FailureLimits } from "./transitions.ts";

/** How a ledger is used; all of it can be left out. */
export interface LedgerOptions {
  /** Called between the steps of what must survive a death at any moment; tests die there. */
  readonly at?: CrashHook;
  /** Told what cannot be done for now and is tried again, and what had to be left. */
  readonly onTrouble?: (message: string, error: unknown) => void;
  /**
   * Whether two results of one job that were computed on different backends or devices say the same
   * within tolerance. Without it their digests must be equal, as on one backend and device.
   */
  readonly agree?: (spec: JobSpec, first: Uint8Array, second: Uint8Array) => boolean;
  /** How many failures without progress a job is forgiven. */
  readonly limits?: FailureLimits;
  /** Ends everything that is still being tried. */
  readonly signal?: AbortSignal;
  readonly timers?: Timers;
}

export class LedgerParts {
  readonly at: CrashHook;
  readonly onTrouble: (message: string, error: unknown) => void;
  readonly agree: NonNullable<LedgerOptions["agree"]>;
  readonly limits: FailureLimits;
  readonly timers: Timers;
  readonly signal: AbortSignal | undefined;
  readonly specs;
  readonly jobs;
  readonly results;
  readonly alarms;
  readonly lanes;
  readonly runs;

  constructor(readonly backbone: Backbone, options: LedgerOptions) {
    this.at = options.at ?? (() => {});
    this.onTrouble = options.onTrouble ?? (() => {});
    this.agree = options.agree ?? (() => false);
    this.limits = options.limits ?? defaultLimits;
    this.timers = options.timers ?? systemTimers;
    this.signal = options.signal;
    this.specs = new RecordTable(backbone.table("specs"), "spec", jobSpec);
    this.jobs = new RecordTable(backbone.table("jobs"), "job", jobState);
    this.results = new RecordTable(backbone.table("results"), "result", resultRecord);
    this.alarms = new RecordTable(backbone.table("alarms"), "alarm", alarmRecord);
    this.lanes = new RecordTable(backbone.table("lanes"), "lane", laneRecord);
    this.runs = new RecordTable(backbone.table("runs"), "run", runRecord);
  }

  /** What of it is reported when it fails for the first time. */
  retry(what: string, signal?: AbortSignal): RetryOptions {
    const signals = [signal, this.signal].filter((given) => given !== undefined);
    return {
      signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
      timers: this.timers,
      onTrouble: (error) => this.onTrouble(`${what} is tried again`, error),
    };
  }

  /** Try `operation` until it succeeds. */
  persist<T>(what: string, operation: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return retrying(operation, this.retry(what, signal));
  }

  /** As `persist`, also while there is no room: for what a worker has in its hands already. */
  insist<T>(what: string, operation: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return retrying(operation, { ...this.retry(what, signal), again: mayPass });
  }

  /** Told of records that are none. */
  readonly onDamage = (error: BackboneError): void =>
    this.onTrouble("a record was left out", error);
}

/** What may be over after a while. */
export function mayPass({ kind }: BackboneError): boolean {
  return kind === "unavailable" || kind === "full";
}
