/**
 * Many copies of a task's robot and objects, each kind of part drawn by one call (and one for its shadow):
 * a thousand robots take no more calls than one. Their matrices come from the frame's coordinates.
 */
import {
  DynamicDrawUsage,
  Group,
  InstancedBufferAttribute,
  InstancedMesh,
  MeshStandardMaterial,
} from "three";
import { coordinatesOfBody } from "../../../cluster/scene_frame.ts";
import type {
  BodyDescription,
  PoseDescription,
  SceneDescription,
  ShapeDescription,
} from "../../../cluster/scene_protocol.ts";
import type { Theme } from "../theme.ts";
import { Chain, writePose } from "./chain.ts";
import { ShapeGeometry, type Sides, sidesFor, type ToneColours } from "./shape_geometry.ts";

/** One kind of part in all its copies. */
interface Part {
  readonly mesh: InstancedMesh;
  readonly shape: ShapeGeometry;
  readonly role: "robot" | BodyDescription["role"];
  /** Whether its matrices stay as they are. */
  readonly isStill: boolean;
}

/** What a part is made of: its shapes, and [copy][16] where they are. */
interface PartKind extends Pick<Part, "role" | "isStill"> {
  readonly shapes: readonly ShapeDescription[];
  readonly matrices: Float32Array;
}

/** A body, its matrices, and where its coordinates begin. */
interface Body {
  readonly description: BodyDescription;
  /** [copy][16] */
  readonly matrices: Float32Array;
  readonly first: number;
}

/** Copies of a scene, without ground or light. */
export class Crowd {
  readonly group = new Group();
  /** Draw calls without shadows. */
  readonly calls: number;
  /** Triangles of all copies. */
  readonly triangles: number;
  readonly #chain: Chain;
  readonly #bodies: readonly Body[];
  readonly #parts: readonly Part[];
  readonly #offsets: Float32Array;
  readonly #stride: number;
  readonly #solid = new MeshStandardMaterial({ roughness: 0.5, vertexColors: true });
  readonly #glass = new MeshStandardMaterial({
    roughness: 0.9,
    vertexColors: true,
    transparent: true,
    opacity: 0.42,
    depthWrite: false,
  });

  /** @param offsets [copy][x, y, z] of the copies' places, m */
  constructor({ robot, bodies }: SceneDescription, offsets: Float32Array) {
    const copies = offsets.length / 3;
    const sides = sidesFor(copies);
    this.#offsets = offsets;
    this.#chain = new Chain(robot, offsets);
    let first = robot.joints.length;
    this.#bodies = bodies.map((description) => {
      const matrices = new Float32Array(16 * copies);
      for (let copy = 0; copy < copies; copy++) {
        writePose(description.place, matrices, copy, offsets);
      }
      const body = { description, matrices, first };
      first += coordinatesOfBody(description);
      return body;
    });
    this.#stride = first;
    this.#parts = [
      { role: "robot", shapes: robot.base, matrices: this.#chain.base, isStill: true } as const,
      ...robot.links.map(({ shapes }, i) =>
        ({ role: "robot", shapes, matrices: this.#chain.links[i], isStill: false }) as const
      ),
      ...this.#bodies.map(({ description: { role, shapes, motion }, matrices }) => ({
        role,
        shapes,
        matrices,
        isStill: motion === "fixed",
      })),
    ].filter(({ shapes }) => shapes.length > 0).map((kind) => this.#part(kind, sides));
    this.group.add(...this.#parts.map(({ mesh }) => mesh));
    this.calls = this.#parts.length;
    this.triangles = copies * this.#parts.reduce(
      (sum, { shape: { geometry } }) => sum + (geometry.index?.count ?? 0) / 3,
      0,
    );
  }

  #part({ role, shapes, matrices, isStill }: PartKind, sides: Sides): Part {
    const shape = new ShapeGeometry(shapes, sides);
    const isGoal = role === "goal";
    const mesh = new InstancedMesh(
      shape.geometry,
      isGoal ? this.#glass : this.#solid,
      matrices.length / 16,
    );
    mesh.instanceMatrix = new InstancedBufferAttribute(matrices, 16).setUsage(DynamicDrawUsage);
    // The copies are all over the floor: nothing is gained by looking where they are.
    mesh.frustumCulled = false;
    mesh.castShadow = !isGoal;
    mesh.receiveShadow = !isGoal;
    return { mesh, shape, role, isStill };
  }

  /**
   * Take on what a frame says.
   * @param coordinates [copy][coordinate], in the order of `coordinateUnits`
   * @throws {RangeError} when they are not of as many copies
   */
  pose(coordinates: ArrayLike<number>): void {
    const copies = this.#offsets.length / 3;
    if (coordinates.length !== copies * this.#stride) {
      throw new RangeError(
        `${coordinates.length} coordinates; expected ${this.#stride} of each of ${copies} copies`,
      );
    }
    this.#chain.pose(coordinates, this.#stride);
    for (const { description, matrices, first } of this.#bodies) {
      if (description.motion === "fixed") continue;
      for (let copy = 0; copy < copies; copy++) {
        const pose = poseOf(description, coordinates, copy * this.#stride + first);
        writePose(pose, matrices, copy, this.#offsets);
      }
    }
    for (const { mesh, isStill } of this.#parts) {
      if (!isStill) mesh.instanceMatrix.needsUpdate = true;
    }
  }

  /** Where the tool of a copy is, x, y, z, m. */
  tool(copy: number): [x: number, y: number, z: number] {
    return this.#chain.tool(copy);
  }

  /** Take on the colours of a theme. */
  paint(theme: Theme): void {
    for (const { shape, role } of this.#parts) shape.paint(colours[role](theme));
  }

  /** Free what the graphics card holds. */
  dispose(): void {
    this.group.removeFromParent();
    for (const { mesh, shape } of this.#parts) {
      mesh.dispose();
      shape.geometry.dispose();
    }
    this.#solid.dispose();
    this.#glass.dispose();
  }
}

/** The colours of a part by what it is. */
const colours: Readonly<Record<Part["role"], (theme: Theme) => ToneColours>> = {
  robot: ({ bone, joint, accent }) => ({ link: bone, joint, tool: accent }),
  object: ({ plus, joint, ink }) => ({ link: plus, joint, tool: ink }),
  goal: ({ accent }) => ({ link: accent, joint: accent, tool: accent }),
  fixture: ({ joint, muted }) => ({ link: joint, joint: muted, tool: muted }),
};

/** Where a body is, by its coordinates from `at` on. */
function poseOf(
  { motion, place }: BodyDescription,
  coordinates: ArrayLike<number>,
  at: number,
): PoseDescription {
  const [x, y] = [coordinates[at], coordinates[at + 1]];
  switch (motion) {
    case "fixed":
      return place;
    case "point":
      return { position: [x, y, coordinates[at + 2]], rotation: place.rotation };
    case "plane": {
      const half = coordinates[at + 2] / 2;
      return {
        position: [x, y, place.position[2]],
        rotation: [0, 0, Math.sin(half), Math.cos(half)],
      };
    }
    case "space":
      return {
        position: [x, y, coordinates[at + 2]],
        rotation: [
          coordinates[at + 3],
          coordinates[at + 4],
          coordinates[at + 5],
          coordinates[at + 6],
        ],
      };
  }
}
