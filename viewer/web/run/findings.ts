/**
 * What a stranger asks of a run first: is it learning, how good is it, does the claim hold. Answered in a few
 * words each, from what is known so far.
 */
import { told } from "../documents.ts";
import type { Points } from "../laboratory/mean_curve.ts";
import { writeMeasure } from "../measures.ts";
import { writeBriefly } from "./numbers.ts";
import {
  isSettled,
  ownVariant,
  type SentLibraryRun,
  type SentMetric,
  type SentRun,
  type SentSimRun,
} from "./run_document.ts";
import { type Trend, trendOf } from "./trend.ts";
import { isJudged, writeVerdict } from "./verdict.ts";

/** A question and its answer. */
export interface Finding {
  readonly question: string;
  readonly answer: string;
  /** What the answer rests on. */
  readonly reason: string;
  /** "good" and "bad" where there is something to be glad about or not. */
  readonly level: "good" | "bad" | "quiet";
}

/** The curve that is looked at. */
export interface HeadCurve {
  readonly metric: string;
  readonly variant: string;
  readonly points: Points;
}

const quiet = (question: string, answer: string, reason: string): Finding => ({
  question,
  answer,
  reason,
  level: "quiet",
});

/** All there is to say of a run; of its curve alone before its document is there. */
export function findingsOf(run: SentRun | undefined, curve: HeadCurve | undefined): Finding[] {
  const learning = learningFinding(curve, run !== undefined && isSettled(run));
  if (!run) return [learning];
  if (run.kind === "sim") return [learning, accuracyFinding(run)];
  return [learning, scoreFinding(run), claimFinding(run)];
}

const movement: Readonly<Record<Trend["direction"], { now: string; over: string }>> = {
  falls: { now: "is falling", over: "has fallen" },
  rises: { now: "is rising", over: "has risen" },
  level: { now: "stays level", over: "stayed level" },
};

function learningFinding(curve: HeadCurve | undefined, isOver: boolean): Finding {
  const question = "Is it learning?";
  const trend = curve && trendOf(curve.points);
  if (!curve || !trend) {
    return isOver
      ? quiet(question, "Not recorded", "its jobs have said nothing on the way")
      : quiet(question, "Too early to say", "nothing has been measured yet");
  }
  const { first, last, direction, isSettled } = trend;
  const words = movement[direction];
  const change = `${writeBriefly(first.value)} → ${writeBriefly(last.value)}`;
  const steps = Math.round(last.place - first.place);
  const end = direction !== "level" && isSettled ? ", level in the last fifth" : "";
  return quiet(
    question,
    `${curve.metric} ${isOver || isSettled ? words.over : words.now}`,
    [curve.variant, `${change} in ${steps} steps${end}`].filter(Boolean).join(": "),
  );
}

/** A metric with its interval, such as "0.912, 95 % interval 0.90 to 0.93". */
const writeInterval = ({ interval }: SentMetric) =>
  interval
    ? `95 % interval ${writeBriefly(told(interval[0]))} to ${writeBriefly(told(interval[1]))}`
    : "";

function scoreFinding({ results, problem, method }: SentLibraryRun): Finding {
  const question = "How good is it?";
  const variants = results?.variants ?? {};
  const own = ownVariant(Object.keys(variants), method);
  const [metric, summary] = Object.entries(variants[own]?.metrics ?? {})[0] ?? [];
  if (metric === undefined || !summary) {
    return quiet(question, "No results yet", problem ?? "no job of it has come to its end");
  }
  const seeds = `${summary.values.length} ${summary.values.length === 1 ? "seed" : "seeds"}`;
  const beside = Object.entries(variants).flatMap(([variant, { metrics }]) =>
    variant !== own && metrics[metric]
      ? [`${variant} ${writeBriefly(told(metrics[metric].mean))}`]
      : []
  ).slice(0, 2);
  return quiet(
    question,
    writeBriefly(told(summary.mean)),
    [
      `${metric} of ${own}`,
      [writeInterval(summary), seeds].filter(Boolean).join(", "),
      ...beside.length > 0 ? [`beside ${beside.join(", ")}`] : [],
    ].join("; "),
  );
}

function accuracyFinding({ evaluations, engine, results }: SentSimRun): Finding {
  const question = "How good is it?";
  const own = evaluations.filter((evaluation) => evaluation.engine === engine);
  const name = ["finalError", "endpointError"]
    .find((name) => own.some(({ measures }) => measures[name] !== undefined));
  const [first, last] = [own[0], own.at(-1)];
  if (!first || !last || name === undefined) {
    return quiet(question, "No results yet", "no held-out trials have been measured");
  }
  const write = (measures: typeof last.measures) => {
    const { value, unit } = writeMeasure(name, measures[name] ?? NaN);
    return `${value} ${unit}`.trim();
  };
  const { label } = writeMeasure(name, NaN);
  const before = first.stage === "before" ? `; ${write(first.measures)} before the training` : "";
  return quiet(
    question,
    write(last.measures),
    `${label.toLowerCase()} over ${last.trials} held-out trials in ${engine}${before}` +
      `${results ? "" : ", so far"}`,
  );
}

function claimFinding(run: SentLibraryRun): Finding {
  const question = "Does the claim hold?";
  const { results } = run;
  if (!results) return quiet(question, "Not judged yet", "there are no results to judge it by");
  const { claim, missing } = results;
  const verdict = writeVerdict(claim);
  const judged = claim.parts.filter(isJudged);
  const holding = judged.filter(({ holds }) => holds).length;
  const reason = [
    claim.parts.length > 1 ? `${holding} of ${claim.parts.length} parts shown` : "",
    judged.length < claim.parts.length ? `${claim.parts.length - judged.length} not judged` : "",
    missing.length > 0 ? `without ${missing.join(", ")}` : "",
    isSettled(run) ? "" : "as far as results are there",
  ].filter(Boolean).join(", ");
  if (!isJudged(claim)) return quiet(question, "Not judged", reason || "at this profile");
  return { question, answer: verdict, reason, level: claim.holds ? "good" : "bad" };
}
