/** How a laboratory's states, times and numbers are written. */
import type { JobCounts, RunSummary, ShownWorker } from "../../../cluster/protocol.ts";
import { writeDuration } from "../measures.ts";

type JobStateName = keyof JobCounts;

/** The states in the order of a bar, from what is done to what is not begun. */
export const barStates: readonly JobStateName[] = [
  "done",
  "running",
  "paused",
  "failed",
  "cancelled",
  "queued",
];

/** "12 done · 2 running · 1 failed": the states that there are. */
export function writeCounts(jobs: JobCounts): string {
  return barStates.filter((state) => jobs[state] > 0)
    .map((state) => `${jobs[state]} ${state}`).join(" · ");
}

/** A share as "62 %"; 100 % is said of what is complete only. */
export function writeShare(share: number): string {
  return `${share < 1 ? Math.min(99, Math.floor(100 * share)) : 100} %`;
}

/** How long a run still takes, or how long ago it was submitted. */
export function writeTime({ submitted, secondsLeft, total, jobs }: RunSummary, now: Date): string {
  if (secondsLeft !== undefined) return `${writeDuration(secondsLeft)} left`;
  const when = writeMoment(submitted, now);
  if (!when) return "";
  return jobs.done === total ? `finished · submitted ${when}` : `submitted ${when}`;
}

/** A moment of today as "14:05", another one as "Nov 24"; nothing of what is none. */
export function writeMoment(time: string, now: Date): string {
  const moment = new Date(time);
  if (Number.isNaN(moment.getTime())) return "";
  return moment.toDateString() === now.toDateString()
    ? moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false })
    : moment.toLocaleDateString([], { month: "short", day: "numeric" });
}

/** "nats-server away since 12 s; workers keep training", or that all is well. */
export function writeLink(
  { state, seconds }: { readonly state: "connected" | "away"; readonly seconds: number },
  workers: { readonly total: number; readonly list: readonly ShownWorker[] },
): string {
  if (state === "away") {
    return `nats-server away since ${writeDuration(seconds)}; workers keep training`;
  }
  const working = workers.list.filter(({ state }) => state === "working").length;
  const count = `${workers.total} ${workers.total === 1 ? "worker" : "workers"}`;
  return `${count}, ${workers.total > workers.list.length ? "at least " : ""}${working} at work`;
}

/** "… and 12 more", when a list is cut. */
export function writeMore(total: number, shown: number, what: string): string {
  return total > shown ? `… and ${total - shown} more ${what}` : "";
}

/** "a, b and 3 more": the first few names. */
export function writeNames(names: readonly string[], most: number): string {
  const rest = names.length - most;
  // To name one more takes no more room than to say that there is one.
  return rest > 1 ? `${names.slice(0, most).join(", ")} and ${rest} more` : names.join(", ");
}

/** Steps of a job. */
export function writeSteps(step: number, steps: number): string {
  return steps > 0 ? `${step} of ${steps}` : step > 0 ? `${step}` : "";
}

/** What a worker is doing, in a word or two. */
export function writeWorkerState({ state, silence, job }: ShownWorker): string {
  if (state === "silent") return `silent for ${writeDuration(silence)}`;
  if (state === "helping") return "helps others with evaluations";
  return state === "draining" && job ? "last job, then leaves" : state;
}

/** A memory size. */
export function writeBytes(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return gibibytes < 10 ? `${gibibytes.toFixed(1)} GiB` : `${gibibytes.toFixed(0)} GiB`;
}

/** A step or a value on an axis, as short as it goes without being another one: neighbours must differ. */
export function writeTick(value: number): string {
  const magnitude = Math.abs(value);
  const [unit, letter] = magnitude >= 1e6 ? [1e6, "M"] : magnitude >= 1e4 ? [1e3, "k"] : [1, ""];
  const rounded = Number((value / unit).toPrecision(3));
  const isFar = magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e9);
  return (isFar ? (rounded * unit).toExponential() : `${rounded}${letter}`).replace(/^-/, "−");
}
