/**
 * What a campaign has come to: every acknowledged job has one result, which is that of an undisturbed run,
 * and every event is there once.
 */
import type { Backbone, LogEntry } from "../../cluster/backbone.ts";
import { digestOf } from "../../cluster/digest.ts";
import { foldJobLog } from "../../cluster/jobs/fold.ts";
import { canonicalJson, jobLog } from "../../cluster/jobs/identity.ts";
import type { Ledger } from "../../cluster/jobs/ledger.ts";
import { decodeRecord } from "../../cluster/jobs/record_table.ts";
import { jobLogEntry, type JobSpec, type ResultRecord } from "../../cluster/jobs/records.ts";
import { retrying } from "../../cluster/retry.ts";
import { resultsAgree } from "../worker/agreement.ts";
import { type JobEventLine, jobEvents, jobLine } from "../worker/job_lines.ts";
import type { History } from "./history.ts";
import { classifyLost, countLost, type Lost } from "./loss.ts";
import type { JobOutcome } from "./undisturbed.ts";

/** A verdict. */
export interface Verdict {
  /** Acknowledged jobs. */
  readonly jobs: number;
  /** Those of them that have a result. */
  readonly results: number;
  /** Those that have none, in the order in which they were acknowledged. */
  readonly lost: Lost<string>;
  /** Jobs of which more than one result was seen to be committed. */
  readonly committedTwice: readonly string[];
  /**
   * Jobs whose result is another one than that of an undisturbed run: in any bit where the same device has
   * computed both, beyond tolerance otherwise.
   */
  readonly different: readonly string[];
  /** Second results that differ from the first, as the cluster itself has noticed. */
  readonly alarms: readonly string[];
  readonly events: EventsVerdict;
}

/** What has become of events, by `<job> <step>/<number>`. */
export interface EventsVerdict {
  readonly lost: Lost<string>;
  readonly countedTwice: readonly string[];
  /** Those that an undisturbed run does not have or, computed on the same device, has otherwise. */
  readonly different: readonly string[];
  /** Dropped on purpose by workers that had no more room for them, while the server was away. */
  readonly thinned: number;
}

/** What is needed to judge. */
export interface Evidence {
  readonly backbone: Backbone;
  readonly ledger: Ledger;
  readonly history: History;
  /** What a job comes to when nothing disturbs it. */
  readonly undisturbed: (spec: JobSpec) => Promise<JobOutcome>;
}

/** Judge what there is now. */
export async function judge(evidence: Evidence): Promise<Verdict> {
  const { ledger, history: { acknowledged, results: seen } } = evidence;
  const results = await ledger.results(acknowledged.keys());
  const different: string[] = [];
  const events: EventsVerdict[] = [];
  for (const [job, spec] of acknowledged) {
    const expected = await evidence.undisturbed(spec);
    const record = results.get(job);
    if (!record) continue;
    if (await isDifferent(job, record, expected, evidence)) different.push(job);
    events.push(await judgeEvents(job, record, expected, evidence));
  }
  const alarms = await ledger.alarms();
  return {
    jobs: acknowledged.size,
    results: results.size,
    lost: classifyLost([...acknowledged.keys()], (job) => results.has(job)),
    committedTwice: [...acknowledged.keys()].filter((job) => (seen.get(job)?.length ?? 0) > 1),
    different,
    alarms: [...alarms].filter(([, { job }]) => acknowledged.has(job)).map(([key]) => key),
    events: together(events),
  };
}

/** Whether nothing was lost, doubled, or changed. */
export function isSound({ lost, committedTwice, different, alarms, events }: Verdict): boolean {
  return countLost(lost) + countLost(events.lost) === 0 &&
    [committedTwice, different, alarms, events.countedTwice, events.different]
      .every(({ length }) => length === 0);
}

async function isDifferent(
  job: string,
  { digest, device }: ResultRecord,
  expected: JobOutcome,
  { ledger, history }: Evidence,
): Promise<boolean> {
  if (digest === digestOf(expected.result)) return false;
  if (device === expected.device) return true;
  const found = await ledger.resultBytes(job);
  return !found || !resultsAgree(history.acknowledged.get(job)!, found, expected.result);
}

async function judgeEvents(
  job: string,
  { epoch, device }: ResultRecord,
  expected: JobOutcome,
  { backbone }: Evidence,
): Promise<EventsVerdict> {
  const entries = await retrying(() => backbone.logs.read(jobLog(job)));
  const { events, thinned } = foldJobLog(entries, epoch);
  const told = events.map((event) => jobLine.parse(event)).filter((line) => "event" in line);
  const names = jobEvents(events).map((line) => nameOf(job, line));
  const found = new Set(names);
  const texts = new Map(
    expected.events.map((line) => [nameOf(job, line), canonicalJson(line.event)]),
  );
  return {
    lost: classifyLost([...texts.keys()], (name) => found.has(name)),
    countedTwice: [...repeated(names), ...saidTwice(job, entries)],
    different: told.filter((line) => {
      const text = texts.get(nameOf(job, line));
      return device === expected.device ? text !== canonicalJson(line.event) : text === undefined;
    }).map((line) => nameOf(job, line)),
    thinned,
  };
}

/**
 * Events that one attempt has told twice. What a later attempt tells again of a step that was told before
 * is the same event, and readers count it once (job_lines.ts). A server that has lost part of its store
 * may give two attempts one epoch, but each says that it begins.
 */
function saidTwice(job: string, entries: readonly LogEntry[]): string[] {
  const attempts = new Map<number, string[]>();
  const ended: string[][] = [];
  for (const { payload } of entries) {
    const entry = decodeRecord("an entry of a job's log", jobLogEntry, payload);
    const told = attempts.get(entry.epoch) ?? [];
    if ("began" in entry) {
      ended.push(told);
      attempts.set(entry.epoch, []);
      continue;
    }
    const lines = entry.events.map((event) => jobLine.parse(event));
    told.push(...lines.flatMap((line) => "event" in line ? [nameOf(job, line)] : []));
    attempts.set(entry.epoch, told);
  }
  return [...ended, ...attempts.values()].flatMap(repeated);
}

/** Those that have been there before. */
function repeated(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.size === seen.add(name).size);
}

const nameOf = (job: string, { step, number }: JobEventLine) => `${job} ${step}/${number}`;

function together(all: readonly EventsVerdict[]): EventsVerdict {
  const lost = all.map((verdict) => verdict.lost);
  return {
    lost: {
      prefix: lost.flatMap(({ prefix }) => prefix),
      middle: lost.flatMap(({ middle }) => middle),
      postfix: lost.flatMap(({ postfix }) => postfix),
    },
    countedTwice: all.flatMap(({ countedTwice }) => countedTwice),
    different: all.flatMap(({ different }) => different),
    thinned: all.reduce((sum, { thinned }) => sum + thinned, 0),
  };
}
