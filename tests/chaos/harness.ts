/**
 * A laboratory that is disturbed: a real nats-server, workers as real processes, somebody who watches over
 * the jobs, and a client that notes what it was told. In the end the cluster is held to it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { History } from "../../agents/chaos/history.ts";
import { isSound, judge } from "../../agents/chaos/verdict.ts";
import type { Backbone } from "../../cluster/backbone.ts";
import { jobId } from "../../cluster/jobs/identity.ts";
import { Ledger } from "../../cluster/jobs/ledger.ts";
import { Reconciler } from "../../cluster/jobs/reconciler.ts";
import type { JobSpec, JobState, RunRecord } from "../../cluster/jobs/records.ts";
import { SubmissionJournal } from "../../cluster/jobs/submission_journal.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import { versionOf } from "../../cluster/nats/server.ts";
import { succeeds, taskFlags, TaskProcess } from "../cli/task_process.ts";
import { natsServer, TestServer, type TestServerOptions } from "../support/nats_server.ts";
import { undisturbedChain } from "./chain.ts";
import { chaosPlan, longestLife } from "./plan.ts";
import { strikePattern } from "./strike.ts";
import type { ChaosWorkerSettings } from "./worker_process.ts";

/** Signals that freeze or kill are those of POSIX systems. */
export const canBeDisturbed = succeeds(natsServer, ["--version"]) &&
  Deno.build.os !== "windows";

/** The server under test, e.g. [2, 9, 10]; all 0 where there is none. */
export const serverVersion = canBeDisturbed ? await versionOf(natsServer) : [0, 0, 0] as const;

/**
 * A test on a real server.
 * @param obstacle why it cannot be done here, if it cannot
 */
export function scenario(name: string, fn: () => Promise<void>, obstacle = ""): void {
  const reason = canBeDisturbed ? obstacle : "no nats-server, or no signals";
  Deno.test({ name: reason ? `${name} (left out: ${reason})` : name, ignore: reason !== "", fn });
}

/** Short, so that tests are; not so short that a slow machine loses its lease without a fault. */
export const times = { beat: 200, lease: 1_500, patience: 500, interval: 150, grace: 1_000 };

/** How a worker is to be. */
export interface HireOptions
  extends Partial<Pick<ChaosWorkerSettings, "struck" | "hangsAt" | "clockSetBackAt" | "stall">> {
  /** Unique; made up by default. */
  readonly id?: string;
  /** Where it finds the server on this machine, when not where the others do. */
  readonly port?: number;
  /** The most memory that it may take, MiB. */
  readonly memory?: number;
}

/** A worker's process. */
export class ChaosWorker extends TaskProcess {
  constructor(readonly id: string, command: readonly string[]) {
    super(command, longestLife);
  }

  /** Do to it what it asks for when it comes to where it is to be struck. */
  async strike(): Promise<void> {
    const [, signal] = await this.stdout.find(strikePattern);
    this.signal(signal as Deno.Signal);
  }

  kill(): void {
    this.signal("SIGKILL");
  }

  freeze(): void {
    this.signal("SIGSTOP");
  }

  thaw(): void {
    this.signal("SIGCONT");
  }
}

/** How a harness is to be. */
export interface HarnessOptions {
  /** Whether somebody watches over the jobs. */
  readonly watched?: boolean;
  /** After how long a silent holder counts as lost, ms. */
  readonly lease?: number;
}

/** Where it is. */
interface Site {
  readonly server?: TestServer;
  readonly urls: readonly string[];
  readonly replicas: 1 | 3;
}

/** What may be by the end. */
export interface Allowances {
  /** A server that has lost results has them committed once more. */
  readonly storeLost?: boolean;
  /** Jobs that must have failed. */
  readonly failed?: readonly string[];
}

/** See the file's head. */
export class Harness implements AsyncDisposable {
  #workers = 0;
  readonly #journals: SubmissionJournal[] = [];

  private constructor(
    /** For all that is kept. */
    readonly folder: string,
    private readonly site: Site,
    readonly backbone: Backbone,
    readonly ledger: Ledger,
    readonly history: History,
    private readonly opened: AsyncDisposableStack,
  ) {}

  /** With a server of its own. */
  static async open(options: HarnessOptions & TestServerOptions = {}): Promise<Harness> {
    await using opened = new AsyncDisposableStack();
    const server = opened.use(await TestServer.start(options));
    return await Harness.#open({ server, urls: [server.url], replicas: 1 }, options, opened.move());
  }

  /** On three servers that keep everything three times. */
  static async on(urls: readonly string[], options: HarnessOptions = {}): Promise<Harness> {
    return await Harness.#open({ urls, replicas: 3 }, options, new AsyncDisposableStack());
  }

  static async #open(
    site: Site,
    { watched = true, lease = times.lease }: HarnessOptions,
    before: AsyncDisposableStack,
  ): Promise<Harness> {
    await using opened = new AsyncDisposableStack();
    opened.use(before);
    const folder = await Deno.makeTempDir({ prefix: "callosum-chaos-" });
    opened.defer(() => Deno.remove(folder, { recursive: true }));
    const plan = chaosPlan(site.replicas);
    const connect = (name: string) =>
      NatsBackbone.connect({ servers: site.urls, name, plan, patience: 60_000 });
    const backbone = opened.use(await connect("client"));
    const ledger = new Ledger(backbone);
    const history = opened.use(await History.begin(backbone, ledger));
    if (watched) {
      const own = opened.use(await connect("watcher"));
      const watcher = new Reconciler(own, "watcher", { ...times, lease, backOff: 200 });
      await opened.use(watcher).start();
    }
    return new Harness(folder, site, backbone, ledger, history, opened.move());
  }

  /** The server of its own. */
  get server(): TestServer {
    const { server } = this.site;
    assert(server, "there are several servers");
    return server;
  }

  /** Start a worker. */
  hire(options: HireOptions = {}): ChaosWorker {
    const { port, memory, id = `worker-${++this.#workers}`, ...rest } = options;
    const { urls, replicas } = this.site;
    const told: ChaosWorkerSettings = {
      id,
      servers: port === undefined ? [...urls] : [`nats://127.0.0.1:${port}`],
      replicas,
      spool: join(this.folder, id),
      beat: times.beat,
      stall: 30_000,
      ...rest,
    };
    const program = fileURLToPath(new URL("./worker_process.ts", import.meta.url));
    const flags = memory === undefined ? [] : [`--v8-flags=--max-old-space-size=${memory}`];
    const worker = new ChaosWorker(id, [
      ...[Deno.execPath(), "run", "--no-check", ...taskFlags("chaos"), ...flags],
      ...[program, JSON.stringify(told)],
    ]);
    this.opened.use(worker);
    // One that ends before it gets there shows in what the test waits for.
    if (rest.struck) worker.strike().catch(() => {});
    return worker;
  }

  /** Submit jobs; resolves to their ids when they are acknowledged. */
  async submit(specs: readonly JobSpec[]): Promise<string[]> {
    return await Promise.all(specs.map((spec) => this.history.submit(spec)));
  }

  /** Submit jobs as a run, by way of a journal on the disk. */
  async submitRun(run: string, specs: readonly JobSpec[]): Promise<void> {
    const journal = await SubmissionJournal.open(join(this.folder, run));
    this.#journals.push(journal);
    const record: RunRecord = {
      title: run,
      kind: "chain",
      config: {},
      jobs: Object.fromEntries(specs.map((spec) => [String(spec.work.name), jobId(spec)])),
      submitted: "",
    };
    await journal.submit(this.ledger, { run, record, specs: [...specs], priority: 5 });
    for (const spec of specs) this.history.acknowledged.set(jobId(spec), spec);
  }

  /** Enter once more what the server may have lost, as submitters do when it is there again. */
  async restoreRuns(): Promise<void> {
    for (const journal of this.#journals) await journal.restore(this.ledger);
  }

  /** The first state of the job, as it changes, with which `wanted` is content. */
  async until(id: string, wanted: (state: JobState) => boolean): Promise<JobState> {
    for (;;) {
      const { changed } = this.history;
      const state = this.history.states.get(id);
      if (state && wanted(state)) return state;
      await changed;
    }
  }

  /** The job is being worked on, and has a checkpoint. */
  async underWay(id: string): Promise<JobState> {
    return await this.until(id, ({ state, checkpoints }) => {
      return state === "running" && checkpoints.length > 0;
    });
  }

  /** Resolves when so many acknowledged jobs are done, by default all. */
  async done(count?: number): Promise<void> {
    for (;;) {
      const { changed } = this.history;
      if (this.history.count("done") >= (count ?? this.history.acknowledged.size)) return;
      await changed;
    }
  }

  /** Wait for all jobs, and hold the cluster to what it has acknowledged. */
  async requireSound({ storeLost = false, failed = [] }: Allowances = {}): Promise<void> {
    for (const id of failed) {
      await this.until(id, ({ state }) => state === "failed");
      this.history.acknowledged.delete(id);
    }
    await this.done();
    const verdict = await judge({ ...this, undisturbed: undisturbedChain });
    assert.equal(verdict.results, verdict.jobs);
    const judged = storeLost ? { ...verdict, committedTwice: [] } : verdict;
    assert(isSound(judged), JSON.stringify(verdict, undefined, 2));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.opened.disposeAsync();
  }
}
