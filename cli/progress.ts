/** A training's progress in the terminal: a bar, or a line now and then where there is no terminal. */
import process from "node:process";
import { SingleBar } from "cli-progress";
import type { Progress } from "../cluster/protocol.ts";

/** Shows a training's progress on standard error. */
export interface ProgressDisplay {
  update(progress: Progress): void;
  /** Show a line of text. */
  note(line: string): void;
  /** Leave the display as it stands and let others print. */
  stop(): void;
}

const centimetres = (metres: number) => (100 * metres).toFixed(1);

const duration = (seconds: number) => {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

const details = ({ losses, finalError, updatesPerSecond, secondsLeft }: Progress) => ({
  loss: losses.balanced.toFixed(3),
  error: centimetres(finalError),
  rate: updatesPerSecond.toFixed(0),
  left: duration(secondsLeft),
});

/** The display that suits the terminal. */
export function progressDisplay(updates: number): ProgressDisplay {
  return Deno.stderr.isTerminal() ? bar(updates) : lines();
}

/** The longest text beside the bar: it must not be wrapped, nor "left" be cut off. */
const longestText = 76;

function bar(updates: number): ProgressDisplay {
  const single = new SingleBar({
    format:
      "{bar} {value}/{total} batches · loss {loss} · error {error} cm · {rate}/s · {left} left",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: Math.max(0, Math.min(24, Deno.consoleSize().columns - longestText)),
    hideCursor: true,
    clearOnComplete: false,
    // Ctrl-C is the program's business: it saves first.
    gracefulExit: false,
    stream: process.stderr,
  });
  let started = false;
  return {
    update(progress) {
      const payload = details(progress);
      if (started) single.update(progress.update, payload);
      else single.start(updates, progress.update, payload);
      started = true;
    },
    note(line) {
      // A new bar begins below the line.
      single.stop();
      started = false;
      console.error(line);
    },
    stop: () => single.stop(),
  };
}

/** A line for every tenth of the training. */
function lines(): ProgressDisplay {
  let shownTenth = -1;
  return {
    update(progress) {
      const { update, updates } = progress;
      const tenth = Math.floor(10 * update / updates);
      if (tenth === shownTenth) return;
      shownTenth = tenth;
      const { loss, error, rate, left } = details(progress);
      console.error(
        `${update}/${updates} batches · loss ${loss} · error ${error} cm · ` +
          `${rate} batches/s · ${left} left`,
      );
    },
    note: (line) => console.error(line),
    stop() {},
  };
}
