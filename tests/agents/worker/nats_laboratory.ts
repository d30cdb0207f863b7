/** A laboratory on a real nats-server, and jobs of the library long enough to be disturbed. */
import type { Subscription } from "../../../cluster/bus.ts";
import { foldJobLog } from "../../../cluster/jobs/fold.ts";
import { jobLog } from "../../../cluster/jobs/identity.ts";
import { Ledger } from "../../../cluster/jobs/ledger.ts";
import { type JobSpec, type JobState, workerRecord } from "../../../cluster/jobs/records.ts";
import { NatsBackbone } from "../../../cluster/nats/backbone.ts";
import { jobEvents } from "../../../agents/worker/job_lines.ts";
import { libraryExecutor, type LibraryWork } from "../../../agents/worker/library_executor.ts";
import { codeVersion } from "../../../agents/desk/submission.ts";
import { findMethod } from "../../../learners/library.ts";
import { natsServer, TestServer, type TestServerOptions } from "../../support/nats_server.ts";
import { succeeds } from "../../cli/task_process.ts";
import { record } from "./recorder.ts";

/** Tests that need a nats-server are left out without one, and say so. */
export const hasNatsServer = succeeds(natsServer, ["--version"]);

/** One variant of a method under a seed, in its `smoke` profile. */
export function smokeWork(
  id: string,
  variant: string,
  seed: number,
  changes: Record<string, unknown> = {},
): LibraryWork {
  const method = findMethod(id);
  const config = method.config.parse({ ...method.profiles.smoke.config, ...changes });
  return { method: id, variant, seed, config };
}

/** A job of some seconds, which keeps a checkpoint every 25 steps. */
export const longWork = (seed: number) =>
  smokeWork("dagnn", "dagnn", seed, { epochs: 2_000, patience: 2_000 });

/** A job that does `work` with WASM. */
export function jobOf(work: LibraryWork): JobSpec {
  const needs = { backend: "wasm", memory: 0, data: [] };
  return { kind: "library", work, needs, code: codeVersion() };
}

/** What a job has come to. */
export interface Outcome {
  readonly result: string;
  readonly events: readonly unknown[];
}

/** How long a job may stand still before a test gives up, ms; generous, since machines are slow at times. */
const patience = 120_000;

/** What `work` comes to without a cluster. */
export async function directOutcome(work: LibraryWork): Promise<Outcome> {
  const { result, events } = await record(libraryExecutor(), work, { backend: "wasm" });
  return { result: result!, events: events.map(({ event }) => event) };
}

/** See the file's head. */
export class NatsLaboratory implements AsyncDisposable {
  readonly ledger: Ledger;
  readonly #states = new Map<string, JobState>();
  readonly #waiters = new Set<() => void>();

  private constructor(
    readonly server: TestServer,
    readonly backbone: NatsBackbone,
  ) {
    this.ledger = new Ledger(backbone);
  }

  static async open(options?: TestServerOptions): Promise<NatsLaboratory> {
    const server = await TestServer.start(options);
    const backbone = await NatsBackbone.connect({ servers: server.url, name: "test" });
    const laboratory = new NatsLaboratory(server, backbone);
    laboratory.#watching = await laboratory.ledger.watch((id, state) => {
      laboratory.#states.set(id, state);
      for (const look of [...laboratory.#waiters]) look();
    });
    return laboratory;
  }

  #watching?: Subscription;

  /**
   * The first state of the job, as it changes, with which `wanted` is content; fails when it ends before,
   * or nothing of the kind comes.
   */
  async until(id: string, wanted: (state: JobState) => boolean): Promise<JobState> {
    const { promise, resolve, reject } = Promise.withResolvers<JobState>();
    const look = () => {
      const state = this.#states.get(id);
      if (!state) return;
      if (wanted(state)) resolve(state);
      else if (state.state === "done") reject(new Error(`job ${id} is done already: ${wanted}`));
    };
    this.#waiters.add(look);
    look();
    const giveUp = () => {
      const state = JSON.stringify(this.#states.get(id));
      reject(new Error(`job ${id} never came to ${wanted}; it is ${state}`));
    };
    const timer = setTimeout(giveUp, patience);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(look);
    }
  }

  /** What the job has come to, once it is done. */
  async outcome(id: string): Promise<Outcome> {
    await this.until(id, ({ state }) => state === "done");
    const result = new TextDecoder().decode(await this.ledger.resultBytes(id));
    const entries = await this.backbone.logs.read(jobLog(id));
    const events = jobEvents(foldJobLog(entries).events).map(({ event }) => event);
    return { result, events };
  }

  /** The process of whoever holds the job. */
  async holderProcess({ holder }: JobState): Promise<number> {
    const entry = await this.backbone.table("workers").get(holder!.worker);
    return workerRecord.parse(JSON.parse(new TextDecoder().decode(entry!.value))).pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watching?.unsubscribe();
    await this.backbone.close();
    await this.server[Symbol.asyncDispose]();
  }
}
