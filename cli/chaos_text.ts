/** What `chaos` prints. */
import { countLost, type Lost } from "../agents/chaos/loss.ts";
import { quantile, type RecoveryTimes } from "../agents/chaos/recovery.ts";
import type { Verdict } from "../agents/chaos/verdict.ts";
import { plainTable } from "./plain_table.ts";

/** How a campaign stands. */
export interface ChaosProgress {
  /** Since the beginning, ms. */
  readonly time: number;
  readonly submitted: number;
  readonly done: number;
  readonly running: number;
  readonly struck: ReadonlyMap<string, number>;
}

/** One line. */
export function progressLine({ time, submitted, done, running, struck }: ChaosProgress): string {
  const minutes = Math.floor(time / 60_000);
  const seconds = Math.floor(time / 1000) % 60;
  const clock = [minutes, seconds].map((part) => `${part}`.padStart(2, "0")).join(":");
  const strikes = [...struck].map(([fault, count]) => `${fault} ${count}`).join(", ");
  const jobs = `${done} of ${submitted} jobs done, ${running} running`;
  return `${clock}  ${jobs}${strikes && `; ${strikes}`}`;
}

/** The verdict, with the names of all that is not as it should be. */
export function verdictText(verdict: Verdict): string {
  const { jobs, results, lost, committedTwice, different, alarms, events } = verdict;
  const rows: [string, string][] = [
    ["jobs acknowledged", `${jobs}`],
    ["results", `${results}`],
    ["lost", lostText(lost)],
    ["counted twice", listed(committedTwice)],
    ["different", listed([...different, ...alarms])],
    ["events lost", lostText(events.lost)],
    ["events counted twice", listed(events.countedTwice)],
    ["events different", listed(events.different)],
  ];
  return plainTable(["verdict", ""], rows);
}

/** How long it took until there was progress again. */
export function recoveryText(times: RecoveryTimes): string {
  const seconds = (time: number) => (time / 1000).toFixed(1);
  const rows = [...times].map(([cause, values]) => [
    cause,
    `${values.length}`,
    seconds(quantile(values, 0.5)),
    seconds(quantile(values, 0.95)),
    seconds(Math.max(...values)),
  ]);
  const numbers = ["times", "median, s", "95 %, s", "longest, s"];
  return plainTable(["until there was progress again", ...numbers], rows, numbers);
}

/** As many names as are worth reading. */
const longestList = 20;

function listed(names: readonly string[]): string {
  if (names.length === 0) return "0";
  const more = names.length > longestList ? ", …" : "";
  return `${names.length}: ${names.slice(0, longestList).join(", ")}${more}`;
}

function lostText(lost: Lost<string>): string {
  const classes = Object.entries(lost).filter(([, items]) => items.length > 0);
  if (classes.length === 0) return "0";
  const texts = classes.map(([name, items]) => `${name} ${listed(items)}`);
  return `${countLost(lost)} (${texts.join("; ")})`;
}
