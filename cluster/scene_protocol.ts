/**
 * The only definition of how a robot and the objects of its task are described to those who draw them:
 * links as a chain of joints, shapes, bodies that move. How they stand at one moment is a frame
 * (`scene_frame.ts`): the coordinates that this description lists, not meshes.
 *
 * SI units and radians; right-handed frames, z up; rotations are unit quaternions x, y, z, w.
 */
import { z } from "zod";

const number = z.number();
const length = z.number().positive();
const name = z.string().max(200);
const triple = z.tuple([number, number, number]).readonly();

const pose = z.object({
  position: triple,
  rotation: z.tuple([number, number, number, number]).readonly(),
});

/** What a part is, which decides its colour. */
const tone = z.enum(["link", "joint", "tool"]);

/** A shape in the frame of the link or the body that it belongs to. */
const shape = z.discriminatedUnion("kind", [
  /** A round bar with half balls at its ends, whose width may change along it. */
  z.object({
    kind: z.literal("capsule"),
    from: triple,
    to: triple,
    radius: length,
    endRadius: length.optional(),
    tone,
  }),
  z.object({ kind: z.literal("cylinder"), from: triple, to: triple, radius: length, tone }),
  z.object({ kind: z.literal("ball"), centre: triple, radius: length, tone }),
  z.object({
    kind: z.literal("box"),
    size: z.tuple([length, length, length]).readonly(),
    pose,
    tone,
  }),
]);

const shapes = z.array(shape).max(32).readonly();

/** The joint before the link with the same index. */
const joint = z.object({
  name,
  /** The link that it is joined to; −1 for the base. Always an earlier one. */
  parent: z.int().min(-1),
  /** "turns" about its axis (rad), or "slides" along it (m). */
  motion: z.enum(["turns", "slides"]),
  /** The link's frame in that of its parent, at coordinate 0. */
  origin: pose,
  /** Unit vector in the link's frame. */
  axis: triple,
});

const robot = z.object({
  name,
  summary: name,
  /** Where the base stands. */
  place: pose,
  base: shapes,
  joints: z.array(joint).min(1).max(32).readonly(),
  /** One a joint. */
  links: z.array(z.object({ name, shapes })).min(1).max(32).readonly(),
  /** What reaches for targets: the tool's frame in that of a link. */
  tool: z.object({ link: z.int().min(0), pose }),
}).refine(({ joints, links, tool }) => joints.length === links.length && tool.link < links.length, {
  error: "a robot has one link a joint, and its tool stands on one of them",
}).refine(({ joints }) => joints.every(({ parent }, i) => parent < i), {
  error: "a joint's parent is a link before its own",
});

/**
 * How a body moves, and by which coordinates: not at all; as a point x, y, z; on a plane by x, y and its
 * turn about z; in space by x, y, z and a quaternion.
 */
const bodyMotion = z.enum(["fixed", "point", "plane", "space"]);

const body = z.object({
  name,
  /** "object" is pushed about, "goal" is where something is to come, "fixture" stands still. */
  role: z.enum(["object", "goal", "fixture"]),
  motion: bodyMotion,
  /** Where it is; of one that moves, what its coordinates leave open (the height of a plane). */
  place: pose,
  shapes,
});

/** A box that holds all that is to be seen, in the scene's frame. */
const extent = z.object({ low: triple, high: triple });

/** What is shown of a task: one robot and what surrounds it; a scene may show many copies of it. */
export const sceneDescription = z.object({
  type: z.literal("scene"),
  version: z.literal(1),
  task: name,
  summary: name,
  /** Time between two steps, s. */
  timeStep: length,
  robot,
  bodies: z.array(body).max(16).readonly(),
  extent,
});

export type SceneDescription = z.infer<typeof sceneDescription>;
export type RobotDescription = SceneDescription["robot"];
export type BodyDescription = SceneDescription["bodies"][number];
export type ShapeDescription = z.infer<typeof shape>;
export type PoseDescription = z.infer<typeof pose>;
export type SceneExtent = z.infer<typeof extent>;

/** What a recorded episode says before its frames (`scene_recording.ts`). */
const recordingHeader = z.object({
  scene: sceneDescription,
  /** Under which the episodes were drawn. */
  seed: z.int().min(0),
  /** Who acted. */
  policy: name,
  copies: z.int().min(1).max(0xffff),
  frames: z.int().min(1).max(0x1_0000),
  /** [copy] */
  outcomes: z.array(z.object({
    /** Sum of the rewards, undiscounted. */
    return: number,
    /** Whether the success rule held at the end; absent where the task has none. */
    success: z.boolean().optional(),
  })).max(0xffff),
}).refine(({ copies, outcomes }) => outcomes.length === copies, {
  error: "a recording has one outcome a copy",
});

export type RecordingHeader = z.infer<typeof recordingHeader>;

/**
 * The header of a recording from a file or from elsewhere.
 * @throws {SyntaxError | z.ZodError} when it is not JSON of one
 */
export function checkedHeader(json: string): RecordingHeader {
  return recordingHeader.parse(JSON.parse(json));
}
