/**
 * Side-by-side measurements: contestants take turns, so that whatever else the machine does meets each of
 * them, and are compared round by round.
 */
import process from "node:process";

/** Something whose speed is measured. */
export interface Contestant {
  readonly name: string;
  /** Mean milliseconds of a run, of `repetitions` runs. */
  measure(repetitions: number): number | Promise<number>;
}

/** What can be repeated. */
export interface Work {
  /** Before the clock starts. */
  prepare?(): void | Promise<void>;
  run(): void | Promise<void>;
}

/** Milliseconds: of the day, or those that the process has computed for, on all its threads. */
export const clocks = {
  wall: () => performance.now(),
  processor: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
} as const;

export type Clock = keyof typeof clocks;

export const eachClock = Object.keys(clocks) as readonly Clock[];

export function isClock(name: string): name is Clock {
  return Object.hasOwn(clocks, name);
}

/** A contestant that does `work` in this process. */
export function contestant(name: string, work: Work, clock: Clock): Contestant {
  return {
    name,
    async measure(repetitions) {
      await work.prepare?.();
      const now = clocks[clock];
      const before = now();
      for (let i = 0; i < repetitions; i++) await work.run();
      return Math.max(smallest, now() - before) / repetitions;
    },
  };
}

/** Milliseconds below which the clocks tell nothing. */
const smallest = 1e-3;

/** How long measurements are. */
export interface Turns {
  readonly rounds: number;
  /** Milliseconds that one lasts at least, by repetition. */
  readonly shortest: number;
  /** Milliseconds above which a contestant is run once and no more. */
  readonly tooLong?: number;
}

/** A contestant's result. */
export interface Result {
  /** Median of the rounds. */
  readonly milliseconds: number;
  /** Of each round; of one only where it took too long. */
  readonly rounds: readonly number[];
}

/** Measure contestants in turn, each after it has been repeated until V8 has optimised it. */
export async function takeTurns(
  contestants: readonly Contestant[],
  { rounds, shortest, tooLong = Infinity }: Turns,
): Promise<Result[]> {
  const repetitions: number[] = [];
  const times: number[][] = [];
  for (const each of contestants) {
    const first = await each.measure(1); // with what is built at the first time
    if (first <= tooLong) await each.measure(Math.ceil(shortest / first));
    const again = first > tooLong ? first : await each.measure(1);
    repetitions.push(Math.max(1, Math.ceil(shortest / again)));
    times.push(first > tooLong ? [first] : []);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [i, each] of contestants.entries()) {
      if (times[i][0] > tooLong) continue;
      times[i].push(await each.measure(repetitions[i]));
    }
  }
  return times.map((rounds) => ({ milliseconds: median(rounds), rounds }));
}

/** Results by both clocks, measured one after the other. */
export type ByClock = Readonly<Record<Clock, readonly Result[]>>;

/** Measure the contestants that there are for each clock. */
export async function byEachClock(
  contestants: (clock: Clock) => readonly Contestant[] | Promise<readonly Contestant[]>,
  turns: Turns,
): Promise<ByClock> {
  const results: Partial<Record<Clock, readonly Result[]>> = {};
  for (const clock of eachClock) results[clock] = await takeTurns(await contestants(clock), turns);
  return results as ByClock;
}

/** Columns of a table, one for each clock. */
export function clockColumns(
  title: string,
  value: (clock: Clock) => number,
): Record<string, number> {
  return Object.fromEntries(
    eachClock.map((clock) => [`${title}, ${clock}`, readable(value(clock))]),
  );
}

/** How many times as long as `base` something takes: the median over the rounds where both have all. */
export function ratio(result: Result, base: Result): number {
  return result.rounds.length === base.rounds.length
    ? median(result.rounds.map((time, round) => time / base.rounds[round]))
    : result.milliseconds / base.milliseconds;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The number of rounds that a bench's first argument asks for; ends the program where it is none. */
export function roundsAsked(usual: number): number {
  const [asked = String(usual)] = Deno.args;
  const rounds = Number(asked);
  if (Number.isInteger(rounds) && rounds >= 1) return rounds;
  console.error(`rounds are a whole number of at least 1, not "${asked}"`);
  Deno.exit(2);
}

/** Three digits. */
export function readable(value: number): number {
  return +value.toPrecision(3);
}
