/**
 * Two cores over one: threads do the same work at the same time, each with copies of its own. What is
 * measured is from telling them until the last one is done.
 */
import type { ScalingMessage } from "./scaling_worker.ts";
import { type ScalingSubject, scalingWorks } from "./scaling_works.ts";
import { clocks, type Contestant, ratio, readable, takeTurns } from "./timing.ts";

/** How many threads are compared with one. */
const threads = 2;

/** Milliseconds of a measurement, beside which telling the threads counts for nothing. */
const shortest = 500;

/** A thread that knows its subject; leaving its scope ends it. */
class BenchThread implements Disposable {
  readonly #worker = new Worker(new URL("./scaling_worker.ts", import.meta.url), {
    type: "module",
  });

  /** One that has made what it works on. */
  static async start(subject: ScalingSubject): Promise<BenchThread> {
    const thread = new BenchThread();
    await thread.#tell({ subject });
    return thread;
  }

  /** Do the work so many times. */
  run(repetitions: number): Promise<void> {
    return this.#tell({ repetitions });
  }

  #tell(message: ScalingMessage): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#worker.onmessage = () => resolve();
    this.#worker.onerror = (event) => {
      event.preventDefault(); // it is told to whoever waits
      reject(new Error(event.message));
    };
    this.#worker.postMessage(message);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

/** So many threads, each of which does the work as often as asked. */
function threadsContestant(name: string, crew: readonly BenchThread[]): Contestant {
  return {
    name,
    async measure(repetitions) {
      const before = clocks.wall();
      await Promise.all(crew.map((thread) => thread.run(repetitions)));
      return (clocks.wall() - before) / repetitions;
    },
  };
}

/** Measure the subjects on one thread and on two, in turn, and print a table. */
export async function measureScaling(
  subjects: readonly ScalingSubject[],
  rounds: number,
): Promise<void> {
  const cores = navigator.hardwareConcurrency;
  console.log(
    `\nTwo threads over one, on ${cores} core${
      cores > 1 ? "s" : ""
    }: medians of ${rounds} rounds, ` +
      "by the clock:\n",
  );
  const table: Record<string, Record<string, number>> = {};
  for (const subject of subjects) {
    using crew = new DisposableStack();
    const all: BenchThread[] = [];
    for (let i = 0; i < threads; i++) all.push(crew.use(await BenchThread.start(subject)));
    const { title, work } = scalingWorks[subject];
    const { steps } = work();
    const results = await takeTurns(
      [all.slice(0, 1), all].map((some) => threadsContestant(`${some.length}`, some)),
      { rounds, shortest },
    );
    const [one, two] = results;
    table[title] = {
      "10³/s on one": readable(steps / one.milliseconds),
      [`10³/s on ${threads}`]: readable(threads * steps / two.milliseconds),
      "times as fast": readable(threads / ratio(two, one)),
    };
  }
  console.table(table);
}
