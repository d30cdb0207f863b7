/** Shapes by which links and objects touch, and what they weigh when they are solid. */
import { type Matrix, type Pose, symmetric, type Triple } from "./robot.ts";

/** A shape about its middle; lengths in m. */
export type Primitive =
  | { readonly kind: "box"; readonly size: Triple }
  | { readonly kind: "sphere"; readonly radius: number }
  /** Along z. */
  | { readonly kind: "cylinder"; readonly radius: number; readonly length: number }
  /** All that is below z = 0; only for what does not move. */
  | { readonly kind: "plane" };

/** A shape of a link or an object, in its frame. */
export interface CollisionShape {
  readonly primitive: Primitive;
  readonly pose: Pose;
  /** What it is made of: friction goes by pairs of materials. */
  readonly material?: string;
}

/**
 * The moments of inertia of a homogeneous solid about its middle, kg m².
 * @throws {RangeError} for a plane, which has no end
 */
export function solidInertia(primitive: Primitive, mass: number): Matrix {
  switch (primitive.kind) {
    case "box": {
      const [x, y, z] = primitive.size.map((side) => mass * side ** 2 / 12);
      return symmetric([y + z, x + z, x + y]);
    }
    case "sphere": {
      const moment = 2 * mass * primitive.radius ** 2 / 5;
      return symmetric([moment, moment, moment]);
    }
    case "cylinder": {
      const { radius, length } = primitive;
      const across = mass * (radius ** 2 / 4 + length ** 2 / 12);
      return symmetric([across, across, mass * radius ** 2 / 2]);
    }
    case "plane":
      throw new RangeError("a plane has no inertia: it stands still and has no mass");
  }
}
