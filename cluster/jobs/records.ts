/**
 * What the ledger holds: jobs, their results, runs, workers. The only definition of these records; all
 * are JSON in the backbone's tables.
 *
 * | table | key | value | written by |
 * | --- | --- | --- | --- |
 * | specs | job id | `JobSpec`, never changed | the submitter, create only |
 * | jobs | job id | `JobState` | submitter, holder, reconciler, a person; compare-and-set |
 * | results | job id | `ResultRecord`, never changed | whoever finishes first, create only |
 * | runs | run id | `RunRecord` | the submitter; compare-and-set |
 * | alarms | job id.epoch | `AlarmRecord`: a second result that differs from the first | whoever was second |
 * | lanes | lane | `LaneRecord` | submitters, create only |
 * | workers | worker id | `WorkerRecord` | the worker |
 * | leases | role | `LeaseRecord`: who has a role that only one may have | candidates; compare-and-set |
 *
 * A job's events are in the log `job.<id>`, see `jobLogEntry`.
 */
import { z } from "zod";

/** A SHA-256 digest in hexadecimal. */
export const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** Names of jobs, runs and workers: they stand in subjects and table keys. */
const identifier = z.string().regex(/^[A-Za-z0-9_-]{1,120}$/);

/** What a job needs of a machine. */
export const needs = z.strictObject({
  /** The tensor backend that computes it, e.g. "wasm". */
  backend: z.string().regex(/^[a-z0-9-]{1,40}$/),
  /** Free memory, bytes; 0 when unknown. */
  memory: z.int().min(0),
  /** Files of the data folder with their digests. */
  data: z.array(z.strictObject({ name: z.string().min(1).max(300), digest })),
});

/**
 * All that decides a job's result. The job's id is the digest of it: submitting the same job twice
 * makes one job.
 */
export const jobSpec = z.strictObject({
  /** Which executor does it: "library" or "sim". */
  kind: z.string().regex(/^[a-z-]{1,40}$/),
  /** What the executor is to do; it has its own schema. */
  work: z.record(z.string(), z.unknown()),
  needs,
  /** The version of the program's numbers. */
  code: z.string().min(1).max(100),
});

/** Why an attempt ended without a result. */
export const attemptEnds = [
  /** The worker has not been heard of any more. */
  "lost",
  /** The job threw. */
  "exception",
  /** The job's process was killed by the system for its memory. */
  "out-of-memory",
  /** The job's step counter stood still for too long. */
  "stalled",
  /** The worker had to leave, and has handed it over. */
  "handed-over",
] as const;

export const attempt = z.strictObject({
  epoch: z.int().min(1),
  worker: identifier,
  end: z.enum(attemptEnds),
  /** Steps that the newest checkpoint had then. */
  step: z.int().min(0),
  message: z.string().max(4000),
});

/** A checkpoint in the blobs. */
export const checkpointPointer = z.strictObject({
  digest,
  step: z.int().min(0),
  /** The epoch that has written it. */
  epoch: z.int().min(1),
  /** The last entry of that epoch in the job's log whose events belong to it. */
  seq: z.int().min(0),
});

/** Whoever works on a job now. */
export const holder = z.strictObject({
  worker: identifier,
  /** Counts up while the job's own step counter moves. */
  beat: z.int().min(0),
  step: z.int().min(0),
  steps: z.int().min(0),
});

export const jobStateNames = [
  "queued",
  "running",
  "paused",
  "done",
  "failed",
  "cancelled",
] as const;

/** How a job stands. A job without a `done` state that has a result is done: the result decides. */
export const jobState = z.strictObject({
  state: z.enum(jobStateNames),
  lane: z.string(),
  /** The run with which it was submitted first; for people, a job may belong to several. */
  run: z.string().max(200).optional(),
  /** Claims so far. A holder whose epoch is not this one has lost the job. */
  epoch: z.int().min(0),
  /** What a person wants of a running job; its holder obeys at the next beat. */
  wanted: z.enum(["run", "pause", "cancel"]),
  holder: holder.optional(),
  /** The newest checkpoint, and the one before, to fall back on. */
  checkpoints: z.array(checkpointPointer).max(2),
  /** Attempts that have ended without a result, the latest last; only the latest are kept. */
  attempts: z.array(attempt).max(10),
  /** Failures since the job last got further; too many and it has failed. */
  failures: z.int().min(0),
});

/** What a job has come to. */
export const resultRecord = z.strictObject({
  /** Of the blob with the result, which depends on nothing but the spec. */
  digest,
  worker: identifier,
  epoch: z.int().min(1),
  backend: z.string(),
  /** What the backend ran on. */
  device: z.string(),
  /** What it cost: a statement about this machine, no part of the digest. */
  cost: z.strictObject({ seconds: z.number().min(0), tensorBytes: z.number().min(0) }),
});

/** Two results of one job that differ although they must not. */
export const alarmRecord = z.strictObject({
  job: z.string(),
  /** The first result, which stands, and the one that differs. */
  results: z.tuple([resultRecord, resultRecord]),
});

/** Where hints of jobs with the same needs and the same priority wait. */
export const laneRecord = z.strictObject({
  /** 0 is taken first. */
  priority: z.int().min(0).max(9),
  /** Whether its jobs have been begun already; among lanes of one priority these are taken first. */
  resumed: z.boolean(),
  needs,
});

/** Whose a role is that only one may have. It is theirs as long as the record keeps changing. */
export const leaseRecord = z.strictObject({
  holder: identifier,
  beat: z.int().min(0),
});

/**
 * An entry of the log `job.<id>`. An attempt's first entry says where it went on from: what earlier
 * attempts have written beyond that happens again. Entries are named by (epoch, seq) and not by their
 * positions, which a server gives out anew when it has lost the end of a log.
 */
export const jobLogEntry = z.union([
  z.strictObject({
    epoch: z.int().min(1),
    seq: z.literal(0),
    began: z.strictObject({
      worker: identifier,
      /** Of the checkpoint; 0 without one. */
      step: z.int().min(0),
      /** The entry up to which events belong to the checkpoint; epoch 0 without one. */
      after: z.strictObject({ epoch: z.int().min(0), seq: z.int().min(0) }),
    }),
  }),
  z.strictObject({
    epoch: z.int().min(1),
    seq: z.int().min(1),
    events: z.array(z.unknown()),
    /** Events between the entry before and this one that were dropped for want of room. */
    thinned: z.int().min(0),
  }),
]);

/** Jobs that were submitted together and are reported together. */
export const runRecord = z.strictObject({
  title: z.string().min(1).max(200),
  kind: z.string(),
  /** What the reporter needs: for a library run its whole configuration. */
  config: z.record(z.string(), z.unknown()),
  /** The jobs' ids by their names within the run. */
  jobs: z.record(z.string(), z.string()),
  /** When it was submitted, as the submitter's clock said; for people, never compared. */
  submitted: z.string(),
});

/** A worker, as it says itself. It is there as long as its record keeps changing. */
export const workerRecord = z.strictObject({
  name: z.string().min(1).max(100),
  host: z.string().max(255),
  pid: z.int(),
  version: z.string(),
  backends: z.array(z.strictObject({ name: z.string(), device: z.string() })),
  /** bytes */
  memory: z.strictObject({ total: z.number(), free: z.number() }),
  cores: z.int().min(1),
  /** Load of the machine over the last minute; 0 where the system does not say. */
  load: z.number().min(0),
  /** "helping": without a job, it acts for trainers. */
  state: z.enum(["idle", "helping", "working", "draining"]),
  /** The jobs that it holds. */
  jobs: z.array(z.string()),
  finished: z.int().min(0),
  /** Its counters (cluster/counters.ts) by name; those that are absent are 0. */
  counters: z.record(z.string().max(60), z.int().min(0)),
  beat: z.int().min(0),
});

export type Needs = z.infer<typeof needs>;
export type JobSpec = z.infer<typeof jobSpec>;
export type Attempt = z.infer<typeof attempt>;
export type AttemptEnd = (typeof attemptEnds)[number];
export type CheckpointPointer = z.infer<typeof checkpointPointer>;
export type JobState = z.infer<typeof jobState>;
export type JobStateName = (typeof jobStateNames)[number];
export type ResultRecord = z.infer<typeof resultRecord>;
export type AlarmRecord = z.infer<typeof alarmRecord>;
export type LaneRecord = z.infer<typeof laneRecord>;
export type LeaseRecord = z.infer<typeof leaseRecord>;
export type JobLogEntry = z.infer<typeof jobLogEntry>;
export type RunRecord = z.infer<typeof runRecord>;
export type WorkerRecord = z.infer<typeof workerRecord>;
