/// <reference lib="dom" />
/**
 * Robots at their task in 3-D, one or a thousand side by side: what a scene's description and frames show.
 */
import type { SceneDescription } from "../../../cluster/scene_protocol.ts";
import { Stage, type ViewPoint } from "../stage.ts";
import type { Theme } from "../theme.ts";
import { Crowd } from "./crowd.ts";
import { placesOf } from "./places.ts";

/** The scene of one task; another description replaces it. */
export class TaskScene {
  readonly #stage: Stage;
  #crowd: Crowd | undefined;
  #theme: Theme | undefined;

  /** @throws {Error} when the browser has no WebGL 2 */
  constructor(canvas: HTMLCanvasElement) {
    this.#stage = new Stage(canvas);
  }

  /** What is drawn: calls and triangles of the robots and objects, without their shadows. */
  get load(): { readonly calls: number; readonly triangles: number } {
    const { calls = 0, triangles = 0 } = this.#crowd ?? {};
    return { calls, triangles };
  }

  /** Show another task, in `copies` copies. */
  open(scene: SceneDescription, copies: number): void {
    this.#crowd?.dispose();
    const { offsets, extent } = placesOf(copies, scene.extent);
    this.#crowd = new Crowd(scene, offsets);
    if (this.#theme) this.#crowd.paint(this.#theme);
    this.#stage.workspace.add(this.#crowd.group);
    this.#stage.frame(extent);
  }

  /**
   * Show a moment.
   * @param coordinates [copy][coordinate], in the order of `coordinateUnits`
   */
  show(coordinates: ArrayLike<number>): void {
    this.#crowd?.pose(coordinates);
    this.#stage.redraw();
  }

  /** Draw if something has changed; to be called once a display frame. */
  render(): void {
    this.#stage.render();
  }

  /** Go to a view point. */
  look(from: ViewPoint): void {
    this.#stage.look(from);
  }

  /** Take on the colours of a theme. */
  paint(theme: Theme): void {
    this.#theme = theme;
    this.#stage.paint(theme);
    this.#crowd?.paint(theme);
  }

  /** Free what the graphics card holds. */
  dispose(): void {
    this.#crowd?.dispose();
    this.#stage.dispose();
  }
}
