/**
 * The shapes of one link or body as one geometry, so that all copies of it are drawn by one call; what
 * its parts are decides their colours, vertex by vertex.
 */
import {
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  Color,
  CylinderGeometry,
  LatheGeometry,
  Quaternion,
  SphereGeometry,
  Vector2,
  Vector3,
} from "three";
import { mergeGeometries } from "three/addons/utils/BufferGeometryUtils.js";
import type { ShapeDescription } from "../../../cluster/scene_protocol.ts";
import type { Colour } from "../palette.ts";

/** The colour of each tone. */
export type ToneColours = Readonly<Record<ShapeDescription["tone"], Colour>>;

/** How finely round shapes are drawn: sides of a bar. */
export type Sides = number;

/** Sides that so many copies can afford: some 1500 triangles a robot in a crowd. */
export function sidesFor(copies: number): Sides {
  if (copies <= 4) return 32;
  return copies <= 64 ? 16 : 8;
}

/** The smallest length that has a direction, m. */
const shortest = 1e-9;
const upright = new Vector3(0, 1, 0);

/** Shapes that are drawn together. */
export class ShapeGeometry {
  readonly geometry: BufferGeometry;
  readonly #tones: readonly {
    readonly tone: ShapeDescription["tone"];
    readonly vertices: number;
  }[];

  /** @param shapes at least one */
  constructor(shapes: readonly ShapeDescription[], sides: Sides) {
    const parts = shapes.map((shape) => geometryOf(shape, sides));
    this.#tones = shapes.map(({ tone }, i) => ({
      tone,
      vertices: parts[i].getAttribute("position").count,
    }));
    // Nothing has a texture.
    for (const part of parts) part.deleteAttribute("uv");
    this.geometry = mergeGeometries(parts);
    for (const part of parts) part.dispose();
    const { count } = this.geometry.getAttribute("position");
    this.geometry.setAttribute("color", new BufferAttribute(new Float32Array(3 * count), 3));
  }

  /** Take on colours. */
  paint(colours: ToneColours): void {
    const attribute = this.geometry.getAttribute("color");
    const colour = new Color();
    let vertex = 0;
    for (const { tone, vertices } of this.#tones) {
      colour.setRGB(...colours[tone], "srgb");
      for (const end = vertex + vertices; vertex < end; vertex++) {
        attribute.setXYZ(vertex, colour.r, colour.g, colour.b);
      }
    }
    attribute.needsUpdate = true;
  }
}

function geometryOf(shape: ShapeDescription, sides: Sides): BufferGeometry {
  switch (shape.kind) {
    case "capsule": {
      const { from, to, radius, endRadius = radius } = shape;
      return between(from, to, (length) => barGeometry(length, radius, endRadius, sides));
    }
    case "cylinder": {
      const { from, to, radius } = shape;
      return between(from, to, (length) => new CylinderGeometry(radius, radius, length, sides));
    }
    case "ball":
      return new SphereGeometry(shape.radius, sides, Math.max(4, sides / 2))
        .translate(...shape.centre);
    case "box":
      return new BoxGeometry(...shape.size)
        .applyQuaternion(new Quaternion(...shape.pose.rotation))
        .translate(...shape.pose.position);
  }
}

type Triple = readonly [number, number, number];

/** A geometry that stands along y about its middle, brought between two points. */
function between(
  from: Triple,
  to: Triple,
  make: (length: number) => BufferGeometry,
): BufferGeometry {
  const [start, end] = [new Vector3(...from), new Vector3(...to)];
  const way = end.clone().sub(start);
  const length = Math.max(way.length(), shortest);
  const middle = start.add(end).multiplyScalar(0.5);
  return make(length)
    .applyQuaternion(new Quaternion().setFromUnitVectors(upright, way.divideScalar(length)))
    .translate(middle.x, middle.y, middle.z);
}

/** A bar with half balls at its ends. */
function barGeometry(
  length: number,
  radius: number,
  endRadius: number,
  sides: Sides,
): BufferGeometry {
  const steps = Math.max(2, Math.round(sides / 5));
  const arc = (centre: number, size: number, from: number) =>
    Array.from({ length: steps + 1 }, (_, i) => {
      const angle = from + Math.PI / 2 * i / steps;
      return new Vector2(Math.max(0, size * Math.cos(angle)), centre + size * Math.sin(angle));
    });
  return new LatheGeometry([
    ...arc(-length / 2, radius, -Math.PI / 2),
    ...arc(length / 2, endRadius, 0),
  ], sides);
}
