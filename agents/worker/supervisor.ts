/**
 * The supervisor: keeps the worker processes of a machine running. One that dies is started again, after
 * a pause that grows while it keeps dying, and the ledger is told at once why it died: its job need not
 * wait until nobody has heard of it for long enough.
 */
import type { Counters } from "../../cluster/counters.ts";
import type { AttemptEnd } from "../../cluster/jobs/records.ts";
import type { Log } from "../../cluster/log.ts";
import { onAbort, rest } from "../abort.ts";

/** A place for one worker process. */
export interface WorkerSlot {
  /** Unique on the machine; the ids of its workers begin with it. */
  readonly name: string;
}

/** A worker's process. */
export interface WorkerProcess {
  readonly pid: number;
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<ProcessEnd>;
  /** Ask it to give its job back and end within seconds. */
  leave(): void;
  /** End it at once. */
  kill(): void;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number;
  readonly signal?: string;
  /** The end of what it has complained about. */
  readonly lastWords: string;
}

/** Why a worker is no longer there, as the ledger keeps it with the attempt. */
export interface CauseOfDeath {
  readonly end: Extract<AttemptEnd, "lost" | "out-of-memory">;
  readonly message: string;
}

/** A worker cannot be started, and it is no use trying again. */
export class WorkerStartError extends Error {
  override readonly name = "WorkerStartError";
}

/** What became of a worker. */
type Life =
  | { readonly end: ProcessEnd; readonly cause: CauseOfDeath }
  | { readonly obstacle: string };

/** What a supervisor needs of the world. */
export interface SupervisorOptions<Slot extends WorkerSlot> {
  readonly slots: readonly Slot[];
  /**
   * @param id of the worker, a new one for each process
   * @throws what keeps it from being started
   */
  readonly start: (slot: Slot, id: string) => WorkerProcess;
  /** Tell the ledger that the worker `id` is dead. */
  readonly bury: (id: string, cause: CauseOfDeath) => Promise<void>;
  /** How many processes the kernel has killed for their memory so far, where it says. */
  readonly countOomKills: () => Promise<number | undefined>;
  readonly log: Log;
  readonly counters: Counters;
  readonly times?: Partial<SupervisorTimes>;
}

/** All in ms. */
export interface SupervisorTimes {
  /** Pause after the first death; doubles with every further one. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** A process that lived for so long has not died of its start. */
  readonly soundLife: number;
  /** How long processes may take to leave, before they are killed. */
  readonly patience: number;
}

const usualTimes: SupervisorTimes = {
  firstPause: 250,
  longestPause: 30_000,
  soundLife: 30_000,
  patience: 6_000,
};

/** See the file's head. */
export class Supervisor<Slot extends WorkerSlot> {
  readonly #options: SupervisorOptions<Slot>;
  readonly #times: SupervisorTimes;
  readonly #leave = new AbortController();
  readonly #running = new Map<string, WorkerProcess>();
  /** Words to the ledger that are on their way. */
  readonly #burials = new Set<Promise<void>>();

  constructor(options: SupervisorOptions<Slot>) {
    this.#options = options;
    this.#times = { ...usualTimes, ...options.times };
  }

  /**
   * Keep all slots filled; resolves when all workers have left.
   * @throws {WorkerStartError} when one cannot be started, and never will
   */
  async run(): Promise<void> {
    await Promise.all(this.#options.slots.map((slot) => this.#keepRunning(slot)));
    await Promise.all(this.#burials);
  }

  /** Have all workers leave within seconds. */
  leave(): void {
    this.#leave.abort();
    for (const process of this.#running.values()) process.leave();
  }

  /** End all workers at once. */
  kill(): void {
    this.#leave.abort();
    for (const process of this.#running.values()) process.kill();
  }

  async #keepRunning(slot: Slot): Promise<void> {
    const { counters } = this.#options;
    const { firstPause, longestPause, soundLife } = this.#times;
    let pause = firstPause;
    while (!this.#leave.signal.aborted) {
      const id = workerId(slot.name);
      const began = performance.now();
      const life = await this.#live(slot, id);
      const hasLeft = "end" in life && life.end.code === 0;
      if (hasLeft || this.#leave.signal.aborted) return;
      if (performance.now() - began >= soundLife) pause = firstPause;
      if ("end" in life) counters.add("workers.restarted");
      this.#tell(life, id, pause);
      await rest(pause, this.#leave.signal);
      pause = Math.min(2 * pause, longestPause);
    }
  }

  #tell(life: Life, worker: string, pause: number): void {
    const { log } = this.#options;
    if ("obstacle" in life) {
      const message = `a worker cannot be started: ${life.obstacle}; tried again in ${pause} ms`;
      return log.error(message, { worker });
    }
    const message = `a worker died: ${life.cause.message}; another one starts in ${pause} ms`;
    log.warn(message, { worker });
  }

  /** One worker from its start to its end; or what keeps it from being started for now. */
  async #live(slot: Slot, id: string): Promise<Life> {
    const killsBefore = await this.#countOomKills();
    const process = this.#start(slot, id);
    if ("obstacle" in process) return process;
    this.#running.set(id, process);
    using _ = this.#killLate(process);
    const end = await process.ended;
    this.#running.delete(id);
    const killsAfter = end.signal === "SIGKILL" ? await this.#countOomKills() : killsBefore;
    const cause = causeOfDeath(end, killsBefore, killsAfter);
    if (end.code !== 0) this.#bury(id, cause);
    return { end, cause };
  }

  /** Undefined also when nobody can be asked now: it only tells one death from another. */
  async #countOomKills(): Promise<number | undefined> {
    try {
      return await this.#options.countOomKills();
    } catch (error) {
      this.#options.log.warn(`the kernel's count of killed processes cannot be read: ${error}`);
      return undefined;
    }
  }

  /** @throws {WorkerStartError} when it is no use trying again */
  #start(slot: Slot, id: string): WorkerProcess | { readonly obstacle: string } {
    try {
      return this.#options.start(slot, id);
    } catch (error) {
      const obstacle = error instanceof Error ? error.message : String(error);
      // The system may have more processes or memory to give in a while; a program or a right it has not.
      const forGood = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.NotCapable;
      if (!forGood) return { obstacle };
      throw new WorkerStartError(`the worker ${slot.name} cannot be started: ${obstacle}`, {
        cause: error,
      });
    }
  }

  /** Kill the process when it does not leave in time. */
  #killLate(process: WorkerProcess): Disposable {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listening = onAbort(this.#leave.signal, () => {
      timer = setTimeout(() => process.kill(), this.#times.patience);
    });
    return {
      [Symbol.dispose]() {
        listening[Symbol.dispose]();
        clearTimeout(timer);
      },
    };
  }

  #bury(id: string, cause: CauseOfDeath): void {
    const { bury, log } = this.#options;
    const burial = bury(id, cause).catch((error: unknown) => {
      log.warn(`the ledger could not be told of a worker's death: ${error}`, { worker: id });
    }).finally(() => this.#burials.delete(burial));
    this.#burials.add(burial);
  }
}

/** A new id under a slot's name. */
function workerId(slot: string): string {
  return `${slot}-${crypto.getRandomValues(new Uint8Array(3)).toHex()}`;
}

/** What can be told of a process that has ended. */
export function causeOfDeath(
  { code, signal, lastWords }: ProcessEnd,
  oomKillsBefore: number | undefined,
  oomKillsAfter: number | undefined,
): CauseOfDeath {
  const killedForMemory = signal === "SIGKILL" && oomKillsBefore !== undefined &&
    oomKillsAfter !== undefined && oomKillsAfter > oomKillsBefore;
  // V8's own limit: it ends the process with a trap, and says so.
  const heapExhausted = /JavaScript (heap )?out of memory/i.test(lastWords);
  const how = signal ? `ended by ${signal}` : `ended with code ${code}`;
  const what = killedForMemory || heapExhausted ? `out of memory, ${how}` : how;
  const message = lastWords === "" ? what : `${what}: ${lastWords}`;
  return { end: killedForMemory || heapExhausted ? "out-of-memory" : "lost", message };
}
