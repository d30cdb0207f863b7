/** The progress of a run's jobs in the terminal: a bar for each, or lines where there is no terminal. */
import process from "node:process";
import { MultiBar, type SingleBar } from "cli-progress";
import { readable } from "../agents/library_report_text.ts";
import type { RunWatcher } from "../agents/library_run.ts";
import type { JobProgress } from "../learners/method.ts";

/** Shows jobs on standard error. */
export interface JobDisplay extends RunWatcher {
  /** Leave the display as it stands and let others print. */
  stop(): void;
}

/**
 * The display that suits the terminal.
 * @param jobs how many there are in all
 */
export function jobDisplay(jobs: number): JobDisplay {
  return Deno.stderr.isTerminal() ? bars(jobs) : lines(jobs);
}

function metricsText(metrics: JobProgress["metrics"]): string {
  return Object.entries(metrics).map(([name, value]) => `${name} ${readable(value)}`).join(" · ");
}

/** Such as "failed: …" of a job that has ended so. */
function endText(outcome: Parameters<RunWatcher["ended"]>[1]): string {
  return outcome.state === "failed" ? `failed: ${outcome.error.message}` : outcome.state;
}

/** Room for a job's name, its count of steps, and spaces. */
const besideBar = 48;
const barSize = 20;

function bars(jobs: number): JobDisplay {
  const { columns } = Deno.consoleSize();
  const longest = Math.max(0, columns - besideBar - barSize);
  const multi = new MultiBar({
    format: "{name} {bar} {value}/{total} {text}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: Math.max(0, Math.min(barSize, columns - besideBar)),
    hideCursor: true,
    clearOnComplete: false,
    // Ctrl-C is the program's business: it saves first.
    gracefulExit: false,
    stream: process.stderr,
  });
  const padded = (name: string) => name.slice(0, 24).padEnd(24);
  const all = multi.create(jobs, 0, { name: padded("jobs"), text: "" });
  const running = new Map<string, SingleBar>();
  return {
    began({ name }, step) {
      running.set(name, multi.create(1, step, { name: padded(name), text: "" }));
    },
    progress({ name }, { step, steps, metrics }) {
      const bar = running.get(name);
      bar?.setTotal(steps);
      bar?.update(step, { text: metricsText(metrics).slice(0, longest) });
    },
    ended({ name }, outcome) {
      const bar = running.get(name);
      if (bar) multi.remove(bar);
      running.delete(name);
      if (outcome.state !== "stopped") all.increment();
      if (outcome.state === "failed") multi.log(`${name}: ${endText(outcome)}\n`);
    },
    warn: (line) => multi.log(`warning: ${line}\n`),
    stop: () => multi.stop(),
  };
}

/** Least time between two lines of one job, ms. */
const linePause = 5000;

/** A line when a job begins and ends, and now and then between. */
function lines(jobs: number): JobDisplay {
  let done = 0;
  const shownAt = new Map<string, number>();
  return {
    began({ name }, step) {
      shownAt.set(name, performance.now());
      console.error(`${name} ${step === 0 ? "begins" : `goes on after ${step} steps`}`);
    },
    progress({ name }, { step, steps, metrics }) {
      const now = performance.now();
      if (now - (shownAt.get(name) ?? 0) < linePause) return;
      shownAt.set(name, now);
      console.error(`${name} ${step}/${steps} · ${metricsText(metrics)}`);
    },
    ended({ name }, outcome) {
      if (outcome.state !== "stopped") done++;
      console.error(`${name} ${endText(outcome)} (${done} of ${jobs} jobs done)`);
    },
    warn: (line) => console.error(`warning: ${line}`),
    stop() {},
  };
}
