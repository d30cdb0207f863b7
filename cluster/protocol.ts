/**
 * The only definition of the messages that a run's parts and the page exchange. JSON for events and
 * commands; frames are binary, see `frame.ts`. SI units and radians throughout.
 */
import { z } from "zod";

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

export const event = z.discriminatedUnion("type", [
  description,
  trialStarted,
  trialEnded,
  progress,
  evaluation,
  status,
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

export type Description = z.infer<typeof description>;
export type TrialStarted = z.infer<typeof trialStarted>;
export type TrialEnded = z.infer<typeof trialEnded>;
export type Progress = z.infer<typeof progress>;
export type Evaluation = z.infer<typeof evaluation>;
export type Status = z.infer<typeof status>;
export type Event = z.infer<typeof event>;
export type Command = z.infer<typeof command>;
export type Control = z.infer<typeof control>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A message as bytes for the bus. */
export function encodeMessage(message: Event | Command | Control): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/**
 * The event in `payload`.
 * @throws {SyntaxError | TypeError | z.ZodError} when it is not JSON of a known event
 */
export function decodeEvent(payload: Uint8Array): Event {
  return event.parse(JSON.parse(decoder.decode(payload)));
}

/**
 * The command in `payload`.
 * @throws {SyntaxError | TypeError | z.ZodError} when it is not JSON of a known command
 */
export function decodeCommand(payload: Uint8Array): Command {
  return command.parse(JSON.parse(decoder.decode(payload)));
}

/**
 * The control message in `payload`.
 * @throws {SyntaxError | TypeError | z.ZodError} when it is not JSON of a known control message
 */
export function decodeControl(payload: Uint8Array): Control {
  return control.parse(JSON.parse(decoder.decode(payload)));
}
