/**
 * A small world for the ledger: several processes on one memory, each with its own network, in a time
 * that passes as fast as the program runs. Processes die, freeze and wake up, answers get lost, messages
 * arrive late, the server goes away; all of it is drawn from a seeded stream, so that what went wrong
 * once goes wrong again.
 */
import { setImmediate } from "node:timers";
import { BackboneError, type Entry, type TableName } from "../../../cluster/backbone.ts";
import type { CrashPoint } from "../../../cluster/jobs/crash_points.ts";
import {
  type Interpose,
  type MemoryBackbone,
  MemoryCluster,
} from "../../../cluster/memory_backbone.ts";
import type { Timers } from "../../../cluster/timers.ts";
import { type RandomStream, randomStream } from "../../../sim/random.ts";

/** What the network does to a process's operations. */
export interface Faults {
  /** Longest way to the server, and back, ms. */
  readonly delay: number;
  /** Share of operations that never arrive. */
  readonly lost: number;
  /** Share of operations that are carried out, but whose answer is lost. */
  readonly unanswered: number;
  /** Share of operations that are given up, and carried out seconds later nevertheless. */
  readonly late: number;
  /** Share of readings of a table that do not show the latest write yet. */
  readonly stale: number;
}

export const noFaults: Faults = { delay: 2, lost: 0, unanswered: 0, late: 0, stale: 0 };

/** Something that happens at a time. */
interface Happening {
  readonly time: number;
  readonly order: number;
  readonly happen: () => void;
}

/** All processes, their memory and their time. */
export class World {
  readonly random: RandomStream;
  readonly memory: MemoryCluster;
  /** What subscribers and watchers threw. */
  readonly errors: unknown[] = [];
  faults: Faults;
  /** Of each key of a table, the last entry and the one before. */
  readonly #history = new Map<string, readonly [Entry | undefined, Entry | undefined]>();
  #now = 0;
  #order = 0;
  #happenings: Happening[] = [];

  constructor(seed: number, faults: Faults = noFaults) {
    this.random = randomStream(seed, "simulation");
    this.faults = faults;
    this.memory = new MemoryCluster({
      timers: this.timersOf(() => this.#now),
      redeliverAfter: 15_000,
      onError: (error) => this.errors.push(error),
    });
  }

  get now(): number {
    return this.#now;
  }

  /** What a reading that has found `entry` shows, if it lags behind. */
  lag(table: TableName, key: string, entry: Entry | undefined): Entry | undefined {
    const name = `${table}/${key}`;
    const [last, before] = this.#history.get(name) ?? [undefined, undefined];
    const history = entry?.revision === last?.revision
      ? [last, before] as const
      : [entry, last] as const;
    this.#history.set(name, history);
    return this.random.uniform() < this.faults.stale ? history[1] : entry;
  }

  /** Have something happen after `delay` ms. */
  after(delay: number, happen: () => void): void {
    const happening = { time: this.#now + delay, order: this.#order++, happen };
    const later = this.#happenings.findIndex(({ time }) => time > happening.time);
    if (later < 0) this.#happenings.push(happening);
    else this.#happenings.splice(later, 0, happening);
  }

  /** A process without a network of its own, which sees what is there and changes nothing. */
  observer(): MemoryBackbone {
    return this.memory.open();
  }

  /** Start a process; what it throws is an error of the world. */
  start(name: string, program: (process: Process) => Promise<void>): Process {
    const process = new Process(name, this);
    program(process).catch((error) => {
      if (process.alive) this.errors.push(error);
    });
    return process;
  }

  /** Let time pass until `done`, or until nothing happens any more, or for `patience` ms at the most. */
  async run(done: () => boolean | Promise<boolean>, patience = 600_000): Promise<boolean> {
    const end = this.#now + patience;
    for (;;) {
      await quiet();
      if (this.errors.length > 0) throw this.errors[0];
      if (await done()) return true;
      const next = this.#happenings.shift();
      if (!next || next.time > end) return false;
      this.#now = next.time;
      next.happen();
    }
  }

  /** Let `duration` ms pass. */
  async pass(duration: number): Promise<void> {
    let over = false;
    this.after(duration, () => over = true);
    await this.run(() => over, duration + 1);
  }

  /** What `work` comes to, while time passes. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const either = work.finally(() => settled = true);
    either.catch(() => {});
    if (!await this.run(() => settled)) throw new Error("nothing happens any more, but it waits");
    return await either;
  }

  /** Timers in this world's time; `wake` says when somebody who is due may go on. */
  timersOf(wake: () => number): Timers {
    return {
      now: () => this.#now,
      sleep: (duration, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason);
          const stop = () => reject(signal?.reason);
          signal?.addEventListener("abort", stop, { once: true });
          const due = () => {
            const time = wake();
            // The dead do not wake up.
            if (time === Infinity) return;
            if (time > this.#now) return this.after(time - this.#now, due);
            signal?.removeEventListener("abort", stop);
            resolve();
          };
          this.after(duration, due);
        }),
    };
  }
}

/** Resolves when all that can be done without time passing is done. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A process: a network, and a life. */
export class Process {
  readonly backbone: MemoryBackbone;
  readonly timers: Timers;
  #alive = true;
  #frozenUntil = 0;

  constructor(readonly name: string, private readonly world: World) {
    this.timers = world.timersOf(() => this.#alive ? this.#frozenUntil : Infinity);
    this.backbone = world.memory.open({ interpose: this.#interpose });
    for (const name of ["jobs", "specs", "results"] as const) {
      const table = this.backbone.table(name);
      const get = table.get.bind(table);
      table.get = async (key) => world.lag(name, key, await get(key));
    }
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** As `kill -9`: not another step. */
  kill(): void {
    this.#alive = false;
  }

  /** As `SIGSTOP`, and `SIGCONT` after `duration` ms. */
  freeze(duration: number): void {
    this.#frozenUntil = this.world.now + duration;
  }

  /** A hook that kills this process when it comes to `point` for the `time`-th time. */
  dieAt(point: CrashPoint, time = 1): (reached: CrashPoint) => Promise<void> | void {
    let left = time;
    return (reached) => {
      if (reached !== point || --left > 0) return;
      this.kill();
      return new Promise(() => {});
    };
  }

  readonly #interpose: Interpose = async (operation, carryOut) => {
    const { world } = this;
    const { delay, lost, unanswered, late } = world.faults;
    await this.#way(delay);
    const fate = world.random.uniform();
    const fail = (what: string) => {
      throw new BackboneError("unavailable", `${this.name}: ${operation} ${what}`);
    };
    if (fate < lost) return fail("never arrived");
    if (fate < lost + late) {
      world.after(world.random.uniform(0, 4_000), () => {
        try {
          carryOut();
        } catch (error) {
          // Nobody is there to hear of it any more.
          if (!(error instanceof BackboneError)) world.errors.push(error);
        }
      });
      return fail("was given up");
    }
    const outcome = carryOut();
    await this.#way(delay);
    return fate < lost + late + unanswered ? fail("was not answered") : outcome;
  };

  /** The way of a message; of one who dies meanwhile, nothing more is heard. */
  #way(longest: number): Promise<void> {
    return this.timers.sleep(this.world.random.uniform(0, longest));
  }
}
