/** The progress of jobs in the terminal: a bar for each, or lines where there is no terminal. */
import process from "node:process";
import { MultiBar, type SingleBar } from "cli-progress";
import { readable } from "../agents/library/readable.ts";
import type { JobOutcome, RunWatcher } from "../agents/library/run.ts";
import type { LibraryJob } from "../agents/library/run_config.ts";
import type { JobProgress } from "../learners/method.ts";

/** Shows jobs on standard error. */
export interface JobDisplay {
  /**
   * What shows the jobs of one run.
   * @param run its name, where there are several
   */
  watcher(run?: string): RunWatcher;
  /** Show a line of text. */
  note(line: string): void;
  /** Leave the display as it stands and let others print. */
  stop(): void;
}

/** What becomes of jobs by their names. */
interface Screen extends Pick<JobDisplay, "note" | "stop"> {
  began(name: string, step: number): void;
  progress(name: string, progress: JobProgress): void;
  ended(name: string, outcome: JobOutcome): void;
}

/**
 * The display that suits the terminal.
 * @param jobs how many there are in all
 */
export function jobDisplay(jobs: number): JobDisplay {
  return Deno.stderr.isTerminal() ? displayOn(bars(jobs)) : lineDisplay(jobs);
}

/** The display for where others write as well. */
export function lineDisplay(jobs: number): JobDisplay {
  return displayOn(lines(jobs));
}

function displayOn(screen: Screen): JobDisplay {
  return {
    watcher(run) {
      const named = ({ name }: LibraryJob) => run === undefined ? name : `${run}/${name}`;
      return {
        began: (job, step) => screen.began(named(job), step),
        progress: (job, progress) => screen.progress(named(job), progress),
        ended: (job, outcome) => screen.ended(named(job), outcome),
        warn: (line) => screen.note(`warning: ${line}`),
      };
    },
    note: (line) => screen.note(line),
    stop: () => screen.stop(),
  };
}

function metricsText(metrics: JobProgress["metrics"]): string {
  return Object.entries(metrics).map(([name, value]) => `${name} ${readable(value)}`).join(" · ");
}

/** Such as "failed: …" of a job that has ended so. */
function endText(outcome: JobOutcome): string {
  return outcome.state === "failed" ? `failed: ${outcome.error.message}` : outcome.state;
}

const nameSize = 24;

/** A name in its column: of a long one the end stays, which tells the seed. */
function nameColumn(name: string): string {
  if (name.length <= nameSize) return name.padEnd(nameSize);
  return `${name.slice(0, nameSize - 9)}…${name.slice(-8)}`;
}

/** Room for a job's name, its count of steps, and spaces. */
const besideBar = nameSize + 24;
const barSize = 20;

function bars(jobs: number): Screen {
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
  const all = multi.create(jobs, 0, { name: nameColumn("jobs"), text: "" });
  const running = new Map<string, SingleBar>();
  return {
    began(name, step) {
      running.set(name, multi.create(1, step, { name: nameColumn(name), text: "" }));
    },
    progress(name, { step, steps, metrics }) {
      const bar = running.get(name);
      bar?.setTotal(steps);
      bar?.update(step, { text: metricsText(metrics).slice(0, longest) });
    },
    ended(name, outcome) {
      const bar = running.get(name);
      if (bar) multi.remove(bar);
      running.delete(name);
      if (outcome.state !== "stopped") all.increment();
      if (outcome.state === "failed") multi.log(`${name}: ${endText(outcome)}\n`);
    },
    note: (line) => multi.log(`${line}\n`),
    stop: () => multi.stop(),
  };
}

/** Least time between two lines of one job, ms. */
const linePause = 5000;

/** A line when a job begins and ends, and now and then between. */
function lines(jobs: number): Screen {
  let done = 0;
  const shownAt = new Map<string, number>();
  return {
    began(name, step) {
      shownAt.set(name, performance.now());
      console.error(`${name} ${step === 0 ? "begins" : `goes on after ${step} steps`}`);
    },
    progress(name, { step, steps, metrics }) {
      const now = performance.now();
      if (now - (shownAt.get(name) ?? 0) < linePause) return;
      shownAt.set(name, now);
      console.error(`${name} ${step}/${steps} · ${metricsText(metrics)}`);
    },
    ended(name, outcome) {
      if (outcome.state !== "stopped") done++;
      console.error(`${name} ${endText(outcome)} (${done} of ${jobs} jobs done)`);
    },
    note: (line) => console.error(line),
    stop() {},
  };
}
