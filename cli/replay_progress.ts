/** The progress of a verification in the terminal; nothing where there is none. */
import process from "node:process";
import { SingleBar } from "cli-progress";

/** Shows how far jobs are that are done again, on standard error. */
export interface ReplayDisplay extends Disposable {
  /** @param share of the job that is done, 0 … 1 */
  update(job: string, share: number): void;
  end(job: string): void;
}

/** @param jobs how many there are in all */
export function replayDisplay(jobs: number): ReplayDisplay {
  if (!Deno.stderr.isTerminal()) return { update() {}, end() {}, [Symbol.dispose]() {} };
  const bar = new SingleBar({
    format: "doing it again {bar} {percentage} %",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
    stream: process.stderr,
  });
  const shares = new Map<string, number>();
  const show = (job: string, share: number) => {
    shares.set(job, share);
    bar.update(shares.values().reduce((sum, each) => sum + each, 0));
  };
  bar.start(jobs, 0);
  return {
    update: show,
    end: (job) => show(job, 1),
    [Symbol.dispose]: () => bar.stop(),
  };
}
