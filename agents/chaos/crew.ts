/**
 * The workers of a chaos campaign: processes that are kept running as those of `deno task worker` are, and
 * that are killed, lost and frozen at random. Nobody else's workers are touched.
 */
import { join } from "node:path";
import type { Backbone } from "../../cluster/backbone.ts";
import type { Counters } from "../../cluster/counters.ts";
import type { Log } from "../../cluster/log.ts";
import type { Access } from "../../cluster/nats/credentials.ts";
import { elapse, systemTimers } from "../../cluster/timers.ts";
import { type RandomStream, randomStream } from "../../sim/random.ts";
import { codeVersion } from "../desk/submission.ts";
import { probeBackends } from "../worker/backend_probe.ts";
import { buryWorker } from "../worker/burial.ts";
import { countOomKills } from "../worker/oom_kills.ts";
import type { ProcessSettings } from "../worker/settings.ts";
import { type Listener, type SpawnedWorker, startWorkerProcess } from "../worker/spawn.ts";
import { Supervisor, type WorkerProcess, type WorkerSlot } from "../worker/supervisor.ts";
import { chaosBackend } from "./jobs.ts";

/** What the workers are to be. */
export interface CrewOptions {
  /** Of the crew: the ids of its workers begin with it. */
  readonly name: string;
  readonly workers: number;
  readonly access: Access;
  /** The way to the ledger, for the last words about the dead. */
  readonly backbone: Backbone;
  /** The folder for their spools. */
  readonly state: string;
  readonly seed: number;
  readonly log: Log;
  readonly counters: Counters;
  /** Told all that they say. */
  readonly listener: Listener;
}

/** The longest that a step may take, s: a machine with many more workers than cores is slow. */
const stallSeconds = 120;

/** How long a lost machine's end stays unknown, ms: far longer than a lease. */
const silence = 15_000;

/** Not as patient as usual: here they die of nothing but us. */
const supervisorTimes = { firstPause: 100, longestPause: 1_000 };

/** See the file's head. */
export class Crew implements AsyncDisposable {
  readonly #running = new Map<string, SpawnedWorker>();
  readonly #frozen = new Set<string>();
  /** Workers whose end nobody is to hear of for now. */
  readonly #unheard = new Set<string>();
  readonly #random: RandomStream;
  readonly #supervisor: Supervisor<WorkerSlot>;
  readonly #leaving = new AbortController();
  readonly #ended: Promise<void>;

  private constructor(private readonly options: CrewOptions, private readonly device: string) {
    const { name, workers, seed, backbone, log, counters } = options;
    this.#random = randomStream(seed, "chaos/victims");
    this.#supervisor = new Supervisor({
      slots: Array.from({ length: workers }, (_, index) => ({ name: `${name}-${index + 1}` })),
      start: (slot, id) => this.#start(slot, id),
      bury: async (id, cause) => {
        await buryWorker(backbone, id, cause, this.#leaving.signal);
      },
      countOomKills,
      log,
      counters,
      times: supervisorTimes,
    });
    this.#ended = this.#supervisor.run();
  }

  /**
   * Start them.
   * @throws {Error} when this machine has no backend for their jobs
   */
  static async start(options: CrewOptions): Promise<Crew> {
    const finding = (await probeBackends([chaosBackend])).get(chaosBackend)!;
    if ("problem" in finding) throw new Error(`${chaosBackend} does not work: ${finding.problem}`);
    return new Crew(options, finding.device);
  }

  /**
   * Kill one.
   * @param working ids of those that are to be struck if there are any, as in what follows
   * @returns which; undefined when there is none
   */
  kill(working: ReadonlySet<string>): string | undefined {
    const id = this.#anyone(working);
    if (id !== undefined) this.#running.get(id)!.kill();
    return id;
  }

  /** Kill one as a machine dies: nobody is told. */
  lose(working: ReadonlySet<string>): string | undefined {
    const id = this.#anyone(working);
    if (id === undefined) return undefined;
    this.#unheard.add(id);
    this.#running.get(id)!.kill();
    return id;
  }

  /** Freeze one for `duration` ms. */
  freeze(working: ReadonlySet<string>, duration: number): string | undefined {
    const id = this.#anyone(working);
    if (id === undefined) return undefined;
    this.#frozen.add(id);
    const worker = this.#running.get(id)!;
    worker.signal("SIGSTOP");
    this.#thaw(id, worker, duration);
    return id;
  }

  /** Have them all leave; resolves when they have. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort(new Error("the campaign is over"));
    for (const id of this.#frozen) this.#running.get(id)?.signal("SIGCONT");
    this.#supervisor.leave();
    await this.#ended;
  }

  #start(slot: WorkerSlot, id: string): WorkerProcess {
    const { access, state, listener } = this.options;
    const settings: ProcessSettings = {
      id,
      name: slot.name,
      version: codeVersion(),
      backends: [{ name: chaosBackend, device: this.device }],
      spool: join(state, slot.name),
      stallSeconds,
      access,
      role: "worker",
    };
    const process = startWorkerProcess(settings, listener);
    this.#running.set(id, process);
    return { ...process, ended: this.#heardOf(id, process) };
  }

  /** The end of a process, as soon as it may be heard of. */
  async #heardOf(id: string, process: SpawnedWorker): ReturnType<typeof endOf> {
    const end = await endOf(process);
    this.#running.delete(id);
    this.#frozen.delete(id);
    if (this.#unheard.delete(id)) await elapse(systemTimers, silence, this.#leaving.signal);
    return end;
  }

  async #thaw(id: string, worker: SpawnedWorker, duration: number): Promise<void> {
    await elapse(systemTimers, duration, this.#leaving.signal);
    if (this.#frozen.delete(id)) worker.signal("SIGCONT");
  }

  /** One that nothing else has happened to. */
  #anyone(working: ReadonlySet<string>): string | undefined {
    const whole = [...this.#running.keys()]
      .filter((id) => !this.#frozen.has(id) && !this.#unheard.has(id)).sort();
    const atWork = whole.filter((id) => working.has(id));
    const candidates = atWork.length > 0 ? atWork : whole;
    if (candidates.length === 0) return undefined;
    return candidates[this.#random.integer(candidates.length)];
  }
}

const endOf = ({ ended }: WorkerProcess) => ended;
