/** Shapes that touch: primitives, and how cannon-es is told of them. */
import { type Body, Box, Cylinder, Material, Plane, type Shape, Sphere, Vec3 } from "cannon-es";
import { rollPitchYaw, times } from "../robot.ts";
import type { CollisionShape, Primitive } from "../collision.ts";
import { quaternionOf, vectorOf } from "./frames.ts";

/** Sides of the prism that stands for a cylinder. */
const cylinderSides = 16;

/** cannon-es's cylinders stand along y, ours along z. */
const upright = rollPitchYaw([Math.PI / 2, 0, 0]);

/** Adds a shape to a body, in the body's frame. */
export function addShape(
  body: Body,
  { primitive, pose }: CollisionShape,
  material: Material | null,
): void {
  const shape = shapeOf(primitive);
  shape.material = material;
  const rotation = primitive.kind === "cylinder" ? times(pose.rotation, upright) : pose.rotation;
  body.addShape(shape, vectorOf(pose.position), quaternionOf(rotation));
}

function shapeOf(primitive: Primitive): Shape {
  switch (primitive.kind) {
    case "box": {
      const [x, y, z] = primitive.size;
      return new Box(new Vec3(x / 2, y / 2, z / 2));
    }
    case "sphere":
      return new Sphere(primitive.radius);
    case "cylinder":
      return new Cylinder(primitive.radius, primitive.radius, primitive.length, cylinderSides);
    case "plane":
      return new Plane();
  }
}
