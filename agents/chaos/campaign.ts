/**
 * A chaos campaign: jobs are submitted, workers do them, things go wrong as somebody says, and in the end
 * the cluster is held to what it has acknowledged. It needs a NATS server, its own or somebody else's; its
 * workers, and those who watch over the jobs, are its own.
 */
import { join } from "node:path";
import type { Backbone } from "../../cluster/backbone.ts";
import { Counters } from "../../cluster/counters.ts";
import { Ledger } from "../../cluster/jobs/ledger.ts";
import { jsonLine, Log } from "../../cluster/log.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import type { Access } from "../../cluster/nats/credentials.ts";
import type { NatsServer } from "../../cluster/nats/server.ts";
import { resultsAgree } from "../worker/agreement.ts";
import { Crew } from "./crew.ts";
import type { Fault } from "./faults.ts";
import { History, type StateHandler } from "./history.ts";
import { chaosJob } from "./jobs.ts";
import { Record } from "./record.ts";
import { RecoveryMeter } from "./recovery.ts";
import { undisturbed } from "./undisturbed.ts";
import { judge, type Verdict } from "./verdict.ts";
import { type Join, Watchers } from "./watchers.ts";

/** What a campaign needs. */
export interface CampaignOptions {
  readonly access: Access;
  /** The server, where it is the campaign's own: only then may it be killed. */
  readonly server?: NatsServer;
  readonly workers: number;
  /** Decides who is struck. */
  readonly seed: number;
  /** Of the jobs' seeds; campaigns on one cluster must not share any. */
  readonly firstSeed: number;
  /** For its log and the workers' spools; made when it is not there. */
  readonly folder: string;
}

/** How long a worker is frozen, ms: far longer than its lease. */
const frozenFor = 7_000;

/** Jobs submitted at a time. */
const submissionsAtOnce = 8;

/** What a campaign is made of. */
interface Parts {
  readonly backbone: Backbone;
  readonly ledger: Ledger;
  readonly history: History;
  readonly recovery: RecoveryMeter;
  readonly watchers: Watchers;
  readonly crew: Crew;
  readonly opened: AsyncDisposableStack;
}

/** See the file's head. */
export class Campaign implements AsyncDisposable {
  /** How often each kind of fault has struck. */
  readonly struck = new Map<Fault, number>();
  #submitted = 0;
  /** Attempts after which a job that had failed was begun again, by job and epoch. */
  readonly #released = new Set<string>();

  private constructor(private readonly options: CampaignOptions, private readonly parts: Parts) {}

  /**
   * Begin: connect, and start the workers.
   * @throws {BackboneError} when there is no server, or it does not let us in
   */
  static async begin(options: CampaignOptions): Promise<Campaign> {
    await using opened = new AsyncDisposableStack();
    const { access, workers, seed, folder, server } = options;
    await Deno.mkdir(folder, { recursive: true });
    const record = opened.use(await Record.open(join(folder, "chaos.log")));
    const log = new Log({}, jsonLine, (_, line) => record.line(line));
    const connect: Join = (name) => NatsBackbone.connect({ ...access, name, log });
    const backbone = opened.use(await connect("chaos"));
    server?.watchOver(backbone.link);
    const onTrouble = (message: string, error: unknown) => log.warn(`${message}: ${error}`);
    const ledger = new Ledger(backbone, { agree: resultsAgree, onTrouble });
    const recovery = new RecoveryMeter();
    backbone.link.onChange((state) => {
      if (state === "away") recovery.noticeOutage();
    });
    const see: StateHandler = (job, state) => recovery.see(job, state, performance.now());
    const history = opened.use(await History.begin(backbone, ledger, see));
    const watchers = opened.use(await Watchers.start(connect, log));
    const crew = opened.use(
      await Crew.start({
        name: `chaos-${crypto.randomUUID().slice(0, 4)}`,
        workers,
        access,
        backbone,
        state: join(folder, "workers"),
        seed,
        log,
        counters: new Counters(),
        listener: (piece) => record.write(piece),
      }),
    );
    const parts = { backbone, ledger, history, recovery, watchers, crew, opened: opened.move() };
    return new Campaign(options, parts);
  }

  get history(): History {
    return this.parts.history;
  }

  get recovery(): RecoveryMeter {
    return this.parts.recovery;
  }

  /** Jobs that had failed because their workers died too often, and were begun again as a person would. */
  get released(): number {
    return this.#released.size;
  }

  /** Submit further jobs; resolves when they are acknowledged. */
  async submit(count: number): Promise<void> {
    const { firstSeed } = this.options;
    for (let left = count; left > 0; left -= submissionsAtOnce) {
      const jobs = Array.from(
        { length: Math.min(left, submissionsAtOnce) },
        () => chaosJob(this.#submitted++, firstSeed),
      );
      await Promise.all(jobs.map((spec) => this.history.submit(spec)));
    }
  }

  /** Have something go wrong. Where there is nobody to be struck, nothing does. */
  async strike(fault: Fault): Promise<void> {
    if (await this.#strike(fault)) this.struck.set(fault, (this.struck.get(fault) ?? 0) + 1);
  }

  /**
   * Resolves when `count` of the submitted jobs, or all, have a result.
   * @param patience ms; how long nothing may happen to any job
   * @returns whether they have; otherwise nothing has happened for so long
   */
  async finished(count?: number, patience = Infinity): Promise<boolean> {
    const { history } = this.parts;
    const wanted = () => count ?? history.acknowledged.size;
    while (history.count("done") < wanted()) {
      const changed = history.changed;
      if (history.count("failed") > 0) await this.#release();
      if (!await inTime(changed, patience)) return false;
    }
    return true;
  }

  /** Hold the cluster to what it has acknowledged; each job is done once more, undisturbed. */
  judge(): Promise<Verdict> {
    return judge({ ...this.parts, undisturbed });
  }

  /** Have the workers leave, and let go of the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.opened.disposeAsync();
  }

  /** Whether it struck anybody. */
  async #strike(fault: Fault): Promise<boolean> {
    const { crew, history, recovery, watchers } = this.parts;
    const now = performance.now();
    const working = history.holders;
    const interrupted = (worker: string | undefined, mayGoOn = false) => {
      if (worker !== undefined) recovery.interrupt(worker, fault, now, mayGoOn);
      return worker !== undefined;
    };
    switch (fault) {
      case "worker killed":
        return interrupted(crew.kill(working));
      case "machine lost":
        return interrupted(crew.lose(working));
      case "worker frozen":
        return interrupted(crew.freeze(working, frozenFor), true);
      case "watcher lost":
        await watchers.lose();
        return true;
      case "server killed":
        return this.#killServer(now);
    }
  }

  #killServer(now: number): boolean {
    const { server } = this.options;
    if (!server) return false;
    this.parts.recovery.interruptAll("server killed", now);
    server.kill();
    return true;
  }

  /** Try failed jobs again, as `runs retry` does. */
  async #release(): Promise<void> {
    const { history, ledger } = this.parts;
    for (const id of history.acknowledged.keys()) {
      const { state, epoch } = history.states.get(id) ?? {};
      const attempt = `${id} ${epoch}`;
      // What has been released may not have been seen yet.
      if (state !== "failed" || this.#released.has(attempt)) continue;
      this.#released.add(attempt);
      await ledger.release(id);
    }
  }
}

/** Whether `event` comes within `patience` ms. */
async function inTime(event: Promise<void>, patience: number): Promise<boolean> {
  if (patience === Infinity) return await event.then(() => true);
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), patience);
  try {
    return await Promise.race([event.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
