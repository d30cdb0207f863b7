/**
 * What trainers and actors say to one another, beside pieces (`piece.ts`) and weights
 * (`weights_parts.ts`). JSON; every message may be lost, repeated, delayed or overtaken by others.
 *
 * | subject | from | what |
 * | --- | --- | --- |
 * | `rollouts.announcements` | every trainer, twice a second | that it is there, and how many more actors it wants |
 * | `rollouts.<id>.actors` | actors | offers, signs of life, what they lack, what has failed |
 * | `rollouts.<id>.actor.<name>` | the trainer | whether that actor is accepted, and what it is to do |
 * | `rollouts.<id>.weights` | the trainer | weights, in parts |
 * | `rollouts.<id>.pieces` | actors | what they have rolled out |
 *
 * An actor that belongs to nobody answers an announcement by an offer, the trainer accepts or releases
 * it. It sends a piece only when it has been asked for it: that is its credit.
 */
import { z } from "zod";
import { jsonOf } from "../../cluster/dead_letters.ts";
import { numericsVersion } from "../sim/run_config.ts";
import { rolloutWork } from "./work.ts";

/** Names of trainers and actors: they stand in subjects. */
const identifier = z.string().regex(/^[A-Za-z0-9._-]{1,160}$/);

const count = z.int().min(0);

/** A trainer is there. */
const announcement = z.strictObject({
  type: z.literal("announcement"),
  /** Of the trainer's exchange; another one after a restart. */
  id: identifier,
  /** How many more actors it wants. */
  wanted: count,
  /** What it computes with: an actor with anything else may come to other last bits, and stays away. */
  build: z.string().max(200),
});

/** Which weights a piece is to be done with. */
const weightsWanted = z.strictObject({
  /** The oldest version that will do. */
  least: count,
  /** The newest one that there was. */
  newest: count,
  /** Whether only `newest` will do, or anything that is not older than `least`. */
  exactly: z.boolean(),
});

const fromActor = z.discriminatedUnion("type", [
  /** It is free and would like to work. */
  z.strictObject({ type: z.literal("offer"), actor: identifier }),
  /** It is still there. */
  z.strictObject({ type: z.literal("present"), actor: identifier }),
  /** It has no weights that will do, or only older ones than there are. */
  z.strictObject({ type: z.literal("lacking"), actor: identifier, version: count }),
  /** A piece cannot be done: not a matter of trying again. */
  z.strictObject({
    type: z.literal("failed"),
    actor: identifier,
    order: count,
    piece: count,
    message: z.string().max(4000),
  }),
  /** It goes, and does not finish what it was asked for. */
  z.strictObject({ type: z.literal("leaving"), actor: identifier }),
]);

const toActor = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("accepted") }),
  /** It belongs to nobody any more. */
  z.strictObject({ type: z.literal("released") }),
  /** Do these pieces, in this order. */
  z.strictObject({
    type: z.literal("assignment"),
    /** Counts up; pieces of an earlier order are no longer wanted. */
    order: count,
    work: rolloutWork,
    pieces: z.array(count).min(1).max(1000),
    /** Absent for a controller without weights. */
    weights: weightsWanted.optional(),
  }),
]);

export type Announcement = z.infer<typeof announcement>;
export type FromActor = z.infer<typeof fromActor>;
export type ToActor = z.infer<typeof toActor>;
export type Assignment = Extract<ToActor, { type: "assignment" }>;
export type WeightsWanted = z.infer<typeof weightsWanted>;

const prefix = "rollouts.";

/** The subjects of the table above. */
export const rolloutSubjects = {
  announcements: `${prefix}announcements`,
  actors: (id: string) => `${prefix}${id}.actors`,
  actor: (id: string, name: string) => `${prefix}${id}.actor.${name}`,
  weights: (id: string) => `${prefix}${id}.weights`,
  pieces: (id: string) => `${prefix}${id}.pieces`,
} as const;

/** Whether a subject is one of them. */
export const isForRollouts = (subject: string): boolean => subject.startsWith(prefix);

/** What this process computes with: its numbers are bit for bit those of another one with the same. */
export const ownBuild = (): string =>
  `numerics ${numericsVersion}, Deno ${Deno.version.deno}, ${Deno.build.arch}`;

/**
 * `name`, if it can stand in a subject.
 * @throws {RangeError} when it cannot
 */
export function requireIdentifier(what: string, name: string): string {
  if (identifier.safeParse(name).success) return name;
  throw new RangeError(
    `${what} ${JSON.stringify(name)} should have 1 to 160 letters, digits, ".", "_" and "-"`,
  );
}

const encoder = new TextEncoder();

/** A message as bytes for the bus. */
export function encodeRolloutMessage(message: Announcement | FromActor | ToActor): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/** Reads an announcement; throws when it is none. */
export const decodeAnnouncement = jsonOf(announcement);
/** Reads a message of an actor; throws when it is none. */
export const decodeFromActor = jsonOf(fromActor);
/** Reads a message to an actor; throws when it is none. */
export const decodeToActor = jsonOf(toActor);
