/**
 * The only definition of the messages that a run's parts and the page exchange, and of those by which a
 * page watches a laboratory and gives it orders. JSON for events and commands; frames are binary, see
 * `frame.ts`. SI units and radians throughout.
 */
import { z } from "zod";
import { jobStateNames } from "./jobs/records.ts";

/** Raised whenever a message changes in a way that an older page would misread. */
export const protocolVersion = 1;

const point = z.tuple([z.number(), z.number()]);
const perJoint = z.array(z.number());

/** What the page must know of the arm: enough for forward kinematics and muscle paths. */
const armDescription = z.object({
  name: z.string(),
  summary: z.string(),
  links: z.array(z.object({ name: z.string(), length: z.number().positive() })).min(1),
  joints: z.array(z.object({ name: z.string(), lower: z.number(), upper: z.number() })).min(1),
  /** One a muscle, or one a motor where the arm has no muscles; the order of a frame's activations. */
  actuators: z.array(z.object({
    name: z.string(),
    kind: z.enum(["muscle", "motor"]),
    /** Moment arm of each joint at the reference posture, m (motors: 1 at their own joint). */
    momentArms: perJoint,
  })),
});

/** The layout of the hidden activities in a frame: streams of equally wide layers. */
const networkDescription = z.object({
  /** "left" and "right" for a bilateral controller, "whole" for a unilateral one. */
  streams: z.array(z.string()),
  layers: z.int().min(0),
  /** Units of one layer of one stream. */
  units: z.int().min(0),
  callosum: z.string(),
});

/** Sent first, and to every page that connects later. */
export const description = z.object({
  type: z.literal("description"),
  protocol: z.literal(protocolVersion),
  run: z.string(),
  seed: z.int().min(0),
  /** The engine that the shown trials run in. */
  engine: z.string(),
  /** The task that is trained. */
  task: z.string(),
  /** The controller that is trained, or the scripted one that is shown. */
  controller: z.string(),
  /** How many updates the training takes in all; 0 for a scripted controller. */
  updates: z.int().min(0),
  arm: armDescription,
  network: networkDescription,
  /** What can be chosen in the page. */
  tasks: z.array(z.string()),
  controllers: z.array(z.string()),
  lesions: z.array(z.string()),
});

/** A shown trial begins. */
export const trialStarted = z.object({
  type: z.literal("trial"),
  /** Counts up; the frames of the trial carry it. */
  trial: z.int().min(0),
  task: z.string(),
  controller: z.string(),
  lesion: z.string(),
  /** How many updates the shown weights have had. */
  update: z.int().min(0),
  start: point,
  goal: point,
  /** When the goal becomes visible to the controller, s. */
  goTime: z.number().min(0),
  /** s */
  duration: z.number().positive(),
  /** Time between frames of the simulation, s. */
  timeStep: z.number().positive(),
  /** The two non-negative merge weights; empty for a unilateral controller. */
  mergeWeights: z.array(z.number()),
});

/** A shown trial has ended; its measures and speed profile. */
export const trialEnded = z.object({
  type: z.literal("trial-ended"),
  trial: z.int().min(0),
  measures: z.record(z.string(), z.number()),
  /** Hand speed at every step, m/s. */
  speed: z.array(z.number()),
});

/** How the training goes, over the updates since the last such event. */
export const progress = z.object({
  type: z.literal("progress"),
  update: z.int().min(0),
  updates: z.int().min(0),
  /** Losses of the last batch by name, dimensionless. */
  losses: z.record(z.string(), z.number()),
  /** Mean distance of hand and goal over the last 0.1 s of the batches' trials, m. */
  finalError: z.number(),
  /** Elements of the gradients that were not finite and were replaced by 0; a sound training has 0. */
  nonFinite: z.int().min(0),
  mergeWeights: z.array(z.number()),
  updatesPerSecond: z.number().min(0),
  secondsLeft: z.number().min(0),
});

/** Held-out trials were measured. */
export const evaluation = z.object({
  type: z.literal("evaluation"),
  /** Before the first update, on the way, or after the last one. */
  stage: z.enum(["before", "during", "after"]),
  update: z.int().min(0),
  engine: z.string(),
  trials: z.int().min(1),
  measures: z.record(z.string(), z.number()),
});

/** What the run is doing now; sent whenever it changes. */
export const status = z.object({
  type: z.literal("status"),
  training: z.enum(["starting", "training", "evaluating", "finished", "stopped", "none"]),
  paused: z.boolean(),
  /** Shown seconds per real second. */
  speed: z.number().positive(),
  task: z.string(),
  controller: z.string(),
  lesion: z.string(),
});

/** What the reader of the page should know beside all that, until the next one; nothing when empty. */
export const notice = z.object({
  type: z.literal("notice"),
  level: z.enum(["quiet", "warning"]),
  text: z.string().max(400),
});

export const event = z.discriminatedUnion("type", [
  description,
  trialStarted,
  trialEnded,
  progress,
  evaluation,
  status,
  notice,
]);

/** What the page may ask for. It concerns the shown trials only, never the training. */
export const command = z.discriminatedUnion("type", [
  z.object({ type: z.literal("pause") }),
  z.object({ type: z.literal("continue") }),
  z.object({ type: z.literal("next-trial") }),
  z.object({ type: z.literal("speed"), factor: z.number().min(0.05).max(8) }),
  z.object({ type: z.literal("task"), task: z.string().max(40) }),
  z.object({ type: z.literal("controller"), controller: z.string().max(40) }),
  z.object({ type: z.literal("lesion"), lesion: z.string().max(40) }),
]);

/** What the owner of a run may ask of its training. */
export const control = z.discriminatedUnion("type", [
  /** End after one of the next updates, when a checkpoint and all events up to it have been sent. */
  z.object({ type: z.literal("stop") }),
]);

/**
 * What pages are told of a laboratory at the most: whatever it grows to, a message stays small. Lists are
 * cut, and say how many there are.
 */
export const laboratoryLimits = {
  workers: 48,
  runs: 48,
  alarms: 20,
  /** Variants of a run. */
  groups: 24,
  /** Jobs of a run that are listed, and those whose curves are drawn. */
  jobs: 120,
  curves: 48,
  /** Points of a curve. */
  points: 240,
  metrics: 32,
  /** Runs, and arms, that may be watched closely at once by all pages together. */
  watchedRuns: 16,
  /** Runs that one page may watch closely at once. */
  watchedRunsOfPage: 8,
  shownArms: 4,
  /** Seeds, and variants, of a run that a page queues. */
  queuedSeeds: 100,
  queuedVariants: 64,
} as const;

const count = z.int().min(0);
/** A share of what there is to do, 0 … 1. */
const share = z.number().min(0).max(1);
/** The longest name that pages are told, characters. */
export const longestName = 200;
const name = z.string().max(longestName);
/** 40 hexadecimal digits. */
export const jobIdentifier = z.string().regex(/^[0-9a-f]{40}$/);
export const runIdentifier = z.string().regex(/^[A-Za-z0-9_-]{1,120}$/);
/** As workers' names in the ledger. */
export const workerIdentifier = z.string().regex(/^[A-Za-z0-9_-]{1,120}$/);
/** As methods are called in the library. */
const methodIdentifier = z.string().regex(/^[a-z0-9-]{1,60}$/);

/** How many jobs stand how. */
export const jobCounts = z.record(z.enum(jobStateNames), count);

const shownJob = z.object({
  id: jobIdentifier,
  /** Its name within the run, and the run's title; both empty where the run is not known. */
  name,
  run: name,
  kind: name,
  step: count,
  /** 0 before it has said how many there are. */
  steps: count,
});

const shownWorker = z.object({
  id: name,
  name,
  host: name,
  /** "helping": it acts for trainers; "silent": it has not been heard of for a while. */
  state: z.enum(["idle", "helping", "working", "draining", "silent"]),
  /** Since it was heard of last, s. */
  silence: z.number().min(0),
  backends: z.array(z.object({ name, device: name })).max(8),
  cores: z.int().min(1),
  load: z.number().min(0),
  /** bytes */
  memory: z.object({ total: z.number().min(0), free: z.number().min(0) }),
  finished: count,
  job: shownJob.optional(),
});

/** What of a run is worth a line. */
const runSummary = {
  run: runIdentifier,
  title: name,
  kind: name,
  /** When it was submitted, as its submitter's clock said, ISO 8601. */
  submitted: name,
  /** Jobs in all, those among them that the ledger does not know yet, too. */
  total: count,
  jobs: jobCounts,
  progress: share,
  /** As the last minutes went; absent when that says nothing. */
  secondsLeft: z.number().min(0).optional(),
  /** The job whose arm can be watched. */
  arm: jobIdentifier.optional(),
};

const shownAlarm = z.object({
  job: name,
  /** Whose results differ, the one that stands first. */
  workers: z.tuple([name, name]),
  backends: z.tuple([name, name]),
});

/** How a laboratory stands. Each replaces the one before, so a page that is slow may miss some. */
export const laboratory = z.object({
  type: z.literal("laboratory"),
  protocol: z.literal(protocolVersion),
  /** Where it is: the server's address. */
  name,
  link: z.object({
    state: z.enum(["connected", "away"]),
    /** For how long, s. */
    seconds: z.number().min(0),
  }),
  jobs: jobCounts,
  workers: z.object({ total: count, list: z.array(shownWorker).max(laboratoryLimits.workers) }),
  runs: z.object({ total: count, list: z.array(z.object(runSummary)).max(laboratoryLimits.runs) }),
  alarms: z.object({ total: count, list: z.array(shownAlarm).max(laboratoryLimits.alarms) }),
  /** What went wrong and was mended, by name. */
  counters: z.record(name, count),
});

/** One run in detail, for the pages that watch it. Each replaces the one before. */
export const laboratoryRun = z.object({
  type: z.literal("laboratory-run"),
  ...runSummary,
  /** Its variants; one without a name when it has none. */
  groups: z.array(z.object({ name, total: count, jobs: jobCounts, progress: share }))
    .max(laboratoryLimits.groups),
  /** Those with the most to say about first. */
  list: z.array(z.object({
    id: jobIdentifier,
    name,
    /** Undefined of one that the ledger does not know yet. */
    state: z.enum(jobStateNames).optional(),
    step: count,
    steps: count,
    /** Who works on it. */
    worker: name.optional(),
    attempts: count,
    /** How its latest attempt ended, if without a result, and why. */
    end: name.optional(),
    message: z.string().max(300).optional(),
  })).max(laboratoryLimits.jobs),
  /** What its jobs measure while they run. */
  metrics: z.array(name).max(laboratoryLimits.metrics),
});

/** How one metric of one job went, for the pages that watch its run. Each replaces the one before. */
export const curve = z.object({
  type: z.literal("curve"),
  run: runIdentifier,
  job: jobIdentifier,
  /** The job's variant, as in the run's groups. */
  group: name,
  metric: name,
  /** Steps, growing. */
  x: z.array(z.number()).max(laboratoryLimits.points),
  y: z.array(z.number()).max(laboratoryLimits.points),
});

export const laboratoryEvent = z.discriminatedUnion("type", [laboratory, laboratoryRun, curve]);

/** A run that is watched closely, with one of its metrics. */
export const chosenRun = z.object({
  run: runIdentifier,
  /** The run's first one when null. */
  metric: name.nullable(),
});

/** What a page of a laboratory asks for: to watch these runs closely, and no others any more. */
export const watch = z.object({
  type: z.literal("watch"),
  runs: z.array(chosenRun).max(laboratoryLimits.watchedRunsOfPage),
});

/** A number by which a page knows the answer to a request again; it counts them. */
const request = z.int().min(0);
/** What concerns a run's jobs: all of them, or the one that is named. */
const ofRun = { request, run: runIdentifier, job: jobIdentifier.optional() };

/**
 * What a page of a laboratory may order, if it has the right to. Each is answered, to that page only.
 * Jobs of a run that an order means nothing to stay as they are: one that is done is not cancelled.
 */
export const laboratoryCommand = z.discriminatedUnion("type", [
  /** Jobs that are not at their end come to it, without a result; a worker lets go at its next beat. */
  z.strictObject({ type: z.literal("cancel"), ...ofRun }),
  /** They wait from their next checkpoint on. */
  z.strictObject({ type: z.literal("pause"), ...ofRun }),
  /** Jobs that are paused, or are to pause, go on. */
  z.strictObject({ type: z.literal("continue"), ...ofRun }),
  /** Jobs that have failed or were cancelled are queued again. */
  z.strictObject({ type: z.literal("retry"), ...ofRun }),
  /** A worker finishes the job in hand, takes no other, and leaves. */
  z.strictObject({ type: z.literal("drain"), request, worker: workerIdentifier }),
  /** A method of the library is trained; what is left out is as its profile says. */
  z.strictObject({
    type: z.literal("queue"),
    request,
    method: methodIdentifier,
    /** Default "desk". */
    profile: z.string().max(20).optional(),
    /** Seeds 1 to this number. */
    seeds: z.int().min(1).max(laboratoryLimits.queuedSeeds).optional(),
    variants: z.array(name).min(1).max(laboratoryLimits.queuedVariants).optional(),
    /** What differs from the profile, by the names of the method's configuration. */
    config: z.record(z.string().max(60), z.unknown()).optional(),
  }),
]);

/** All that a page of a laboratory may send. */
export const laboratoryRequest = z.discriminatedUnion("type", [watch, laboratoryCommand]);

/** What has come of a command. */
export const answer = z.strictObject({
  type: z.literal("answer"),
  /** The command's. */
  request,
  ok: z.boolean(),
  /** What was done, or why it was not and what helps; one sentence for the reader of the page. */
  message: z.string().max(400),
  /** The run that was queued, where one was. */
  run: runIdentifier.optional(),
});

/** What a page may do; the first that it is told. */
export const rights = z.strictObject({
  type: z.literal("rights"),
  /** Whether its commands are carried out. Without it a page may look at everything. */
  control: z.boolean(),
});

/** All that a page of a laboratory is told. */
export const laboratoryMessage = z.discriminatedUnion("type", [
  rights,
  answer,
  laboratory,
  laboratoryRun,
  curve,
]);

/**
 * What all pages of a server watch now. It is said again every few seconds: what nobody asks for any more
 * is forgotten.
 */
export const interest = z.object({
  type: z.literal("interest"),
  runs: z.array(chosenRun).max(laboratoryLimits.watchedRuns),
  /** Jobs whose arm is watched. */
  arms: z.array(jobIdentifier).max(laboratoryLimits.shownArms),
});

/** What a laboratory and the server of its pages say to one another, and under which subject. */
export const laboratorySubjects = {
  /** `LaboratoryEvent` messages, JSON. */
  events: "laboratory.events",
  /** `Interest` messages, JSON. */
  interest: "laboratory.interest",
  /** `LaboratoryCommand` messages of pages that may give them, JSON; `request` is the server's own. */
  commands: "laboratory.commands",
  /** `Answer` messages to those, JSON. */
  answers: "laboratory.answers",
} as const;

export type Description = z.infer<typeof description>;
export type TrialStarted = z.infer<typeof trialStarted>;
export type TrialEnded = z.infer<typeof trialEnded>;
export type Progress = z.infer<typeof progress>;
export type Evaluation = z.infer<typeof evaluation>;
export type Status = z.infer<typeof status>;
export type Notice = z.infer<typeof notice>;
export type Event = z.infer<typeof event>;
export type Command = z.infer<typeof command>;
export type Control = z.infer<typeof control>;
export type JobCounts = z.infer<typeof jobCounts>;
export type Laboratory = z.infer<typeof laboratory>;
export type ShownWorker = z.infer<typeof shownWorker>;
export type ShownAlarm = z.infer<typeof shownAlarm>;
export type RunSummary = Laboratory["runs"]["list"][number];
export type LaboratoryRun = z.infer<typeof laboratoryRun>;
export type Curve = z.infer<typeof curve>;
export type LaboratoryEvent = z.infer<typeof laboratoryEvent>;
export type ChosenRun = z.infer<typeof chosenRun>;
export type Watch = z.infer<typeof watch>;
export type LaboratoryCommand = z.infer<typeof laboratoryCommand>;
export type LaboratoryRequest = z.infer<typeof laboratoryRequest>;
export type Answer = z.infer<typeof answer>;
export type Rights = z.infer<typeof rights>;
export type LaboratoryMessage = z.infer<typeof laboratoryMessage>;
export type Interest = z.infer<typeof interest>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A message as bytes for the bus. */
export function encodeMessage(
  message: Event | Command | Control | LaboratoryMessage | LaboratoryCommand | Interest,
): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/** The message of that schema in `payload`. */
function decode<Message>(schema: z.ZodType<Message>, payload: Uint8Array): Message {
  return schema.parse(JSON.parse(decoder.decode(payload)));
}

/**
 * The event in `payload`.
 * @throws {SyntaxError | TypeError | z.ZodError} when it is not JSON of a known event
 */
export function decodeEvent(payload: Uint8Array): Event {
  return decode(event, payload);
}

/**
 * The command in `payload`.
 * @throws {SyntaxError | TypeError | z.ZodError} when it is not JSON of a known command
 */
export function decodeCommand(payload: Uint8Array): Command {
  return decode(command, payload);
}

/**
 * The control message in `payload`.
 * @throws {SyntaxError | TypeError | z.ZodError} when it is not JSON of a known control message
 */
export function decodeControl(payload: Uint8Array): Control {
  return decode(control, payload);
}

/**
 * The laboratory's event in `payload`.
 * @throws {SyntaxError | TypeError | z.ZodError} when it is not JSON of a known event
 */
export function decodeLaboratoryEvent(payload: Uint8Array): LaboratoryEvent {
  return decode(laboratoryEvent, payload);
}

/**
 * What the page of a laboratory asks for in `payload`.
 * @throws {SyntaxError | TypeError | z.ZodError} when it is not JSON of that
 */
export function decodeLaboratoryRequest(payload: Uint8Array): LaboratoryRequest {
  return decode(laboratoryRequest, payload);
}

/**
 * The command of a page in `payload`.
 * @throws {SyntaxError | TypeError | z.ZodError} when it is not JSON of that
 */
export function decodeLaboratoryCommand(payload: Uint8Array): LaboratoryCommand {
  return decode(laboratoryCommand, payload);
}

/**
 * The answer to a command in `payload`.
 * @throws {SyntaxError | TypeError | z.ZodError} when it is not JSON of that
 */
export function decodeAnswer(payload: Uint8Array): Answer {
  return decode(answer, payload);
}

/**
 * What is watched, as `payload` says.
 * @throws {SyntaxError | TypeError | z.ZodError} when it is not JSON of that
 */
export function decodeInterest(payload: Uint8Array): Interest {
  return decode(interest, payload);
}
