/**
 * What goes wrong in a chaos campaign, and when: a pure function of its seed. After Jepsen's form: the time
 * is cut into periods; each draws which kinds of faults it has, and a quarter of them has none.
 */
import { type RandomStream, randomStream } from "../../sim/random.ts";

/** All kinds of faults, and how long it takes on average until the next one in a period that has it, ms. */
const pauses = {
  /** SIGKILL; whoever keeps the workers running sees it, tells the ledger, and starts another. */
  "worker killed": 2_000,
  /** SIGKILL, and nobody tells anybody: the lease must run out. */
  "machine lost": 8_000,
  /** SIGSTOP until long after its lease, then SIGCONT: it does not know that it has lost its job. */
  "worker frozen": 10_000,
  /** Whoever watches over the jobs is gone without a word; another one must notice. */
  "watcher lost": 12_000,
  /** SIGKILL of the nats-server, which is started again. */
  "server killed": 12_000,
} as const;

export type Fault = keyof typeof pauses;

/** All of them. */
export const faults = Object.keys(pauses) as Fault[];

/** One that goes wrong at a time. */
export interface PlannedFault {
  readonly fault: Fault;
  /** Since the campaign's beginning, ms. */
  readonly at: number;
}

/** Length of a period, ms. */
const shortestPeriod = 8_000;
const longestPeriod = 20_000;

const quietShare = 0.25;

/**
 * What goes wrong within `duration` ms, in order.
 * @param kinds those that may happen
 */
export function drawFaults(
  seed: number,
  duration: number,
  kinds: readonly Fault[] = faults,
): PlannedFault[] {
  const random = randomStream(seed, "chaos/faults");
  const planned: PlannedFault[] = [];
  for (let start = 0; start < duration;) {
    const end = Math.min(duration, start + random.uniform(shortestPeriod, longestPeriod));
    for (const fault of drawKinds(random, kinds)) {
      for (let at = start + pause(random, fault); at < end; at += pause(random, fault)) {
        planned.push({ fault, at });
      }
    }
    start = end;
  }
  return planned.toSorted((a, b) => a.at - b.at);
}

/** A random subset, empty in a quarter of the cases. */
function drawKinds(random: RandomStream, kinds: readonly Fault[]): Fault[] {
  if (kinds.length === 0 || random.uniform() < quietShare) return [];
  for (;;) {
    const drawn = kinds.filter(() => random.uniform() < 0.5);
    if (drawn.length > 0) return drawn;
  }
}

/** Exponential waits: a fault says nothing about when the next one comes. */
function pause(random: RandomStream, fault: Fault): number {
  return -Math.log(1 - random.uniform()) * pauses[fault];
}
