/** What lies on the table besides the arm: start, goal, the load on the hand, the reachable area. */
import {
  BufferGeometry,
  CircleGeometry,
  Color,
  ConeGeometry,
  CylinderGeometry,
  Group,
  LineBasicMaterial,
  LineLoop,
  Mesh,
  MeshBasicMaterial,
  TorusGeometry,
  Vector3,
} from "three";
import type { Point } from "./kinematics.ts";
import type { Theme } from "./theme.ts";

/** Radius of the goal's ring, m: the distance at which a reach counts as settled. */
const goalRadius = 0.02;
const startRadius = 0.009;
/** Drawn length of the load, m/N: 10 N are 12 cm. */
const metresPerNewton = 0.012;
/** Loads below this are not drawn, N. */
const smallestLoad = 0.05;

/** A ring with a faint disc and a dot in its middle. */
class Ring {
  readonly group = new Group();
  readonly #line = new MeshBasicMaterial({ toneMapped: false, transparent: true });
  readonly #disc = new MeshBasicMaterial({
    toneMapped: false,
    transparent: true,
    opacity: 0.16,
    depthWrite: false,
  });

  constructor(radius: number, thickness: number, withDot: boolean) {
    this.group.add(
      new Mesh(new TorusGeometry(radius, thickness, 10, 64), this.#line),
      new Mesh(new CircleGeometry(radius, 48), this.#disc),
    );
    if (withDot) this.group.add(new Mesh(new CircleGeometry(0.0035, 24), this.#line));
    this.group.visible = false;
  }

  place([x, y]: Point): void {
    this.group.position.set(x, y, 0);
    this.group.visible = true;
  }

  paint(colour: readonly [number, number, number]): void {
    this.#line.color.setRGB(...colour, "srgb");
    this.#disc.color.setRGB(...colour, "srgb");
  }

  fade(opacity: number): void {
    this.#line.opacity = opacity;
    this.#disc.opacity = 0.16 * opacity;
  }
}

/** All markers, in the arm's plane. */
export class Markers {
  readonly group = new Group();
  readonly #goal = new Ring(goalRadius, 0.0017, true);
  readonly #start = new Ring(startRadius, 0.0012, false);
  readonly #load = new Group();
  readonly #shaft: Mesh;
  readonly #tip: Mesh;
  readonly #loadMaterial = new MeshBasicMaterial({ toneMapped: false });
  readonly #border = new LineLoop(
    new BufferGeometry(),
    new LineBasicMaterial({ transparent: true, toneMapped: false }),
  );

  constructor() {
    this.#shaft = new Mesh(new CylinderGeometry(0.0028, 0.0028, 1, 16), this.#loadMaterial);
    this.#tip = new Mesh(new ConeGeometry(0.009, 0.024, 24), this.#loadMaterial);
    this.#load.add(this.#shaft, this.#tip);
    this.#load.visible = false;
    this.group.add(this.#goal.group, this.#start.group, this.#load, this.#border);
  }

  /** The border of what the hand can reach, `depth` m below the arm's plane. */
  outline(border: readonly Point[], depth: number): void {
    this.#border.geometry.dispose();
    this.#border.geometry = new BufferGeometry()
      .setFromPoints(border.map(([x, y]) => new Vector3(x, y, -depth)));
  }

  /** A new trial. */
  place(start: Point, goal: Point): void {
    this.#start.place(start);
    this.#goal.place(goal);
  }

  /** Whether the controller can see the goal yet. */
  showGoal(visible: boolean): void {
    this.#goal.fade(visible ? 1 : 0.3);
  }

  /** The external force on the hand, N. */
  push([x, y]: Point, force: ArrayLike<number>): void {
    const size = Math.hypot(force[0], force[1]);
    this.#load.visible = size > smallestLoad;
    if (!this.#load.visible) return;
    const length = size * metresPerNewton;
    this.#load.position.set(x, y, 0.02);
    this.#load.rotation.z = Math.atan2(force[1], force[0]) - Math.PI / 2;
    this.#shaft.scale.y = length;
    this.#shaft.position.y = length / 2;
    this.#tip.position.y = length;
  }

  /** Take on the colours of a theme. */
  paint(theme: Theme): void {
    this.#goal.paint(theme.accent);
    this.#start.paint(theme.muted);
    this.#loadMaterial.color.setRGB(...theme.load, "srgb");
    const border = this.#border.material;
    border.color = new Color().setRGB(...theme.muted, "srgb");
    border.opacity = 0.35;
  }
  /** Free what the graphics card holds. */
  dispose(): void {
    this.group.traverse((object) => {
      if (!(object instanceof Mesh || object instanceof LineLoop)) return;
      object.geometry.dispose();
      object.material.dispose();
    });
  }
}
