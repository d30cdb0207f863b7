/**
 * All runs that a laboratory knows: those that its ledger has, and those in the folder of runs of this machine;
 * with what their results say, which is computed once.
 */
import type { LastRun } from "../../../cluster/documents.ts";
import type { Method, Outcomes } from "../../../learners/method.ts";
import type { LibraryRunConfig } from "../../library/run_config.ts";
import type { JobCurves } from "../job_curves.ts";
import { type RunCurves, runCurves } from "./curves_document.ts";
import { FolderRuns } from "./folder_runs.ts";
import type { KnownRun, RunHead, RunShelf } from "./known_run.ts";
import { LedgerRuns, type LedgerRunsOptions } from "./ledger_runs.ts";
import { lastRun } from "./library_document.ts";
import { RecentlyUsed } from "./recently_used.ts";
import { evaluationsOf } from "./run_document.ts";
import { type RunResults, runResults } from "./run_results.ts";

/** Where runs are. */
export interface LaboratoryRunsOptions extends LedgerRunsOptions {
  /** The folder of runs of this machine. */
  readonly out: string;
  /** The library unless given. */
  readonly methods?: readonly Method[];
}

/** The results of a run, or why there are none; neither while no job has finished. */
export interface ResultsOrProblem {
  readonly results?: RunResults;
  readonly problem?: string;
}

/** What the newest run of a method has come to. */
export interface LastResults {
  readonly last: LastRun;
  /** Another one whenever the results are. */
  readonly version: string;
}

/** How many of each are remembered. */
const remembered = { results: 16, lastRuns: 256, curves: 256 } as const;

/** Follows the ledger until it is closed. */
export class LaboratoryRuns implements Disposable {
  readonly #options: LaboratoryRunsOptions;
  readonly #ledger: LedgerRuns;
  /** Where a run is looked for, in this order. */
  readonly #shelves: readonly RunShelf[];
  readonly #results = new RecentlyUsed<ResultsOrProblem>(remembered.results);
  readonly #lastRuns = new RecentlyUsed<LastRun | undefined>(remembered.lastRuns);
  readonly #curves = new RecentlyUsed<JobCurves>(remembered.curves);

  constructor(options: LaboratoryRunsOptions) {
    this.#options = options;
    this.#ledger = new LedgerRuns(options);
    this.#shelves = [this.#ledger, new FolderRuns(options.out)];
  }

  [Symbol.dispose](): void {
    this.#ledger[Symbol.dispose]();
  }

  /** The library, which a laboratory that nobody asks for it does not need. */
  async methods(): Promise<readonly Method[]> {
    return this.#options.methods ?? (await import("../../../learners/library.ts")).library;
  }

  /** The method of a run; undefined where this library has none of that name. */
  async methodOf({ method }: LibraryRunConfig): Promise<Method | undefined> {
    return (await this.methods()).find(({ id }) => id === method);
  }

  /** All runs, the newest first. */
  async heads(): Promise<RunHead[]> {
    const heads = new Map<string, RunHead>();
    for (const shelf of this.#shelves) {
      for (const head of await shelf.heads()) {
        if (!heads.has(head.run)) heads.set(head.run, head);
      }
    }
    return [...heads.values()].sort((a, b) => compare(b.began, a.began) || compare(b.run, a.run));
  }

  /** The run of that name; undefined when nobody knows it. */
  async find(run: string): Promise<KnownRun | undefined> {
    for (const shelf of this.#shelves) {
      const known = await shelf.open(run);
      if (known) return known;
    }
    return undefined;
  }

  /** What the results of a method's run say. */
  resultsOf(known: KnownRun, config: LibraryRunConfig): Promise<ResultsOrProblem> {
    return this.#results.get(known.resultsVersion, async () => {
      const method = await this.methodOf(config);
      if (!method) return { problem: `this library has no method ${config.method}` };
      try {
        const results = await runResults(known, config, method);
        return results ? { results } : {};
      } catch (error) {
        const { run } = known.head;
        this.#options.onTrouble(`nothing can be said of the results of run ${run}`, error);
        return { problem: error instanceof Error ? error.message : String(error) };
      }
    });
  }

  /** What the jobs of a run have come to, by variant; of a `sim` run under "". */
  async outcomesOf(known: KnownRun): Promise<Outcomes> {
    const { work, state } = known.head;
    if (work.kind === "library") {
      return (await this.resultsOf(known, work.config)).results?.outcomes ?? {};
    }
    const { seed, engine } = work.config;
    const after = (await evaluationsOf(known)).find((evaluation) =>
      evaluation.stage === "after" && evaluation.engine === engine
    );
    if (!after || state !== "finished") return {};
    return { "": [{ seed, result: { metrics: after.measures } }] };
  }

  /** How the jobs of a run went. */
  curvesOf(known: KnownRun): Promise<RunCurves> {
    return runCurves(known, this.#curves);
  }

  /**
   * The newest run of a method that has come to its end, with results.
   * @param heads all runs, the newest first
   */
  async lastOf({ id }: Method, heads: readonly RunHead[]): Promise<LastResults | undefined> {
    for (const { run, work, state } of heads) {
      if (work.kind !== "library" || work.config.method !== id || !ends.has(state)) continue;
      const known = await this.find(run);
      if (!known) continue;
      const version = known.resultsVersion;
      const last = await this.#lastRuns.get(version, async () => {
        const { results } = await this.resultsOf(known, work.config);
        return results && lastRun(known.head, results);
      });
      if (last) return { last, version };
    }
    return undefined;
  }
}

/** States of runs whose jobs are all at their end. */
const ends: ReadonlySet<string> = new Set(["finished", "failed", "cancelled"]);

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
