/**
 * What surrounds a robot: objects with one shape each, and the friction between materials. As JSON:
 *
 * ```json
 * {
 *   "gravity": [0, 0, -9.81],
 *   "objects": [
 *     { "name": "table", "primitive": { "kind": "plane" }, "material": "wood" },
 *     { "name": "cube", "primitive": { "kind": "box", "size": [0.04, 0.04, 0.04] }, "mass": 0.064,
 *       "material": "plastic", "position": [0.5, 0, 0.02], "rollPitchYaw": [0, 0, 0.3] }
 *   ],
 *   "frictions": [{ "materials": ["wood", "plastic"], "coefficient": 0.3 }]
 * }
 * ```
 */
import { z } from "zod";
import type { Primitive } from "./collision.ts";
import { type Pose, poseAt, type Triple } from "./robot.ts";

/** One object of a scene, homogeneous. */
export interface SceneObject {
  readonly name: string;
  readonly primitive: Primitive;
  readonly material: string;
  /** kg; 0 for what stands still. */
  readonly mass: number;
  /** Where its middle is at first. */
  readonly pose: Pose;
}

/** The coefficient of Coulomb friction between two materials, which may be one and the same. */
export interface Friction {
  readonly materials: readonly [string, string];
  readonly coefficient: number;
}

/** A scene. Materials that no `frictions` names together do not rub. */
export interface RobotScene {
  /** The acceleration of free fall, m/s². */
  readonly gravity: Triple;
  readonly objects: readonly SceneObject[];
  readonly frictions: readonly Friction[];
}

const triple = z.tuple([z.number(), z.number(), z.number()]).readonly();
const length = z.number().positive();

const primitive = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("box"),
    size: z.tuple([length, length, length]).readonly(),
  }),
  z.strictObject({ kind: z.literal("sphere"), radius: length }),
  z.strictObject({ kind: z.literal("cylinder"), radius: length, length }),
  z.strictObject({ kind: z.literal("plane") }),
]);

const sceneFile = z.strictObject({
  gravity: triple.default([0, 0, -9.81]),
  objects: z.array(
    z.strictObject({
      name: z.string().min(1),
      primitive,
      material: z.string().min(1),
      mass: z.number().nonnegative().default(0),
      position: triple.default([0, 0, 0]),
      rollPitchYaw: triple.default([0, 0, 0]),
    }).refine(({ primitive, mass }) => primitive.kind !== "plane" || mass === 0, {
      error: "a plane stands still: its mass is to be 0",
      path: ["mass"],
    }),
  ).refine((objects) => new Set(objects.map(({ name }) => name)).size === objects.length, {
    error: "each object needs a name of its own",
  }),
  frictions: z.array(
    z.strictObject({
      materials: z.tuple([z.string(), z.string()]).readonly(),
      coefficient: z.number().nonnegative(),
    }),
  ).default([]),
});

/**
 * The scene that a JSON text describes.
 * @throws {SyntaxError} when it is no JSON
 * @throws {RangeError} naming each element that is not as expected
 */
export function readScene(json: string): RobotScene {
  const { data, error } = sceneFile.safeParse(JSON.parse(json));
  if (!data) throw new RangeError(`the scene is not as expected:\n${z.prettifyError(error)}`);
  return {
    gravity: data.gravity,
    frictions: data.frictions,
    objects: data.objects.map(({ position, rollPitchYaw, ...object }) => ({
      ...object,
      pose: poseAt(position, rollPitchYaw),
    })),
  };
}
