/**
 * The hand's path of a trial as a ribbon on the arm's plane, coloured by speed.
 */
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  DoubleSide,
  DynamicDrawUsage,
  Mesh,
  MeshBasicMaterial,
} from "three";
import type { Point } from "./kinematics.ts";
import { type Scale, viridis } from "./palette.ts";
import type { Theme } from "./theme.ts";

/** Points of a ribbon; a longer path keeps its newest part. */
const pointLimit = 2048;
const width = 0.0042;
/** Speed at the upper end of the colour scale, m/s: fixed, so that trials can be compared. */
export const fastest = 4;
/** Steps shorter than this do not turn the ribbon, m. */
const shortest = 1e-5;

interface PathPoint {
  readonly place: Point;
  /** m/s */
  readonly speed: number;
}

/** The part of viridis that stands out on the theme's ground. */
export function speedScale(theme: Theme): Scale {
  return theme.dark ? viridis(0.22, 1) : viridis(0, 0.86);
}

/** The ribbon behind the hand. */
export class HandPath {
  readonly mesh: Mesh<BufferGeometry, MeshBasicMaterial>;
  readonly #positions = new Float32Array(pointLimit * 2 * 3);
  readonly #colours = new Float32Array(pointLimit * 2 * 3);
  readonly #geometry = new BufferGeometry();
  #points: PathPoint[] = [];
  #scale: Scale = () => [1, 1, 1];

  constructor() {
    for (
      const [name, values] of [["position", this.#positions], ["color", this.#colours]] as const
    ) {
      const attribute = new BufferAttribute(values, 3);
      attribute.setUsage(DynamicDrawUsage);
      this.#geometry.setAttribute(name, attribute);
    }
    const index: number[] = [];
    for (let i = 0; i + 1 < pointLimit; i++) {
      index.push(2 * i, 2 * i + 1, 2 * i + 2, 2 * i + 1, 2 * i + 3, 2 * i + 2);
    }
    this.#geometry.setIndex(index);
    this.mesh = new Mesh(
      this.#geometry,
      new MeshBasicMaterial({ vertexColors: true, side: DoubleSide, toneMapped: false }),
    );
    this.mesh.frustumCulled = false;
    this.clear();
  }

  /** A new trial. */
  clear(): void {
    this.#points = [];
    this.#geometry.setDrawRange(0, 0);
  }

  /** The hand has come to `place`. */
  add(place: Point, speed: number): void {
    this.#points.push({ place, speed });
    if (this.#points.length >= pointLimit) this.#points.shift();
  }

  /** Draw the path so far, up to where the hand is now. */
  draw(hand: Point): void {
    const last = this.#points.at(-1);
    if (!last) return;
    const points = [...this.#points, { place: hand, speed: last.speed }];
    const colour = new Color();
    let normal: Point = [0, 0];
    points.forEach(({ place: [x, y], speed }, i) => {
      const before = points[Math.max(i - 1, 0)].place;
      const after = points[Math.min(i + 1, points.length - 1)].place;
      const [dx, dy] = [after[0] - before[0], after[1] - before[1]];
      const length = Math.hypot(dx, dy);
      if (length > shortest) normal = [-dy / length * width / 2, dx / length * width / 2];
      this.#positions.set(
        [x + normal[0], y + normal[1], 0, x - normal[0], y - normal[1], 0],
        6 * i,
      );
      colour.setRGB(...this.#scale(speed / fastest), "srgb");
      colour.toArray(this.#colours, 6 * i);
      colour.toArray(this.#colours, 6 * i + 3);
    });
    this.#geometry.setDrawRange(0, 6 * (points.length - 1));
    for (const name of ["position", "color"]) this.#geometry.getAttribute(name).needsUpdate = true;
  }

  /** Take on the colours of a theme; they show with the next drawing. */
  paint(theme: Theme): void {
    this.#scale = speedScale(theme);
  }
  /** Free what the graphics card holds. */
  dispose(): void {
    this.#geometry.dispose();
    this.mesh.material.dispose();
  }
}
