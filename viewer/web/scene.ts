/// <reference lib="dom" />
/**
 * Arms in 3-D with their muscles, one or a few side by side, each with its path and the markers of its
 * trial. (Robots by the thousand are shown by `scene/task_scene.ts`.)
 */
import type { Description, TrialStarted } from "../../cluster/protocol.ts";
import type { SceneExtent } from "../../cluster/scene_protocol.ts";
import { planeHeight } from "./arm_model.ts";
import { reach } from "./kinematics.ts";
import { placesOf } from "./scene/places.ts";
import { type SceneInstant, ShownArm } from "./scene/shown_arm.ts";
import { Stage, type ViewPoint } from "./stage.ts";
import type { Theme } from "./theme.ts";

export type { SceneInstant } from "./scene/shown_arm.ts";

type Arm = Description["arm"];

/** The scene of an arm; another description replaces it. */
export class ArmScene {
  readonly #stage: Stage;
  #arms: readonly ShownArm[] = [];
  #theme: Theme | undefined;

  /** @throws {Error} when the browser has no WebGL 2 */
  constructor(canvas: HTMLCanvasElement) {
    this.#stage = new Stage(canvas);
  }

  /** Show another arm, `count` times side by side, in its middle posture until a frame comes. */
  load(arm: Arm, count = 1): void {
    for (const shown of this.#arms) shown.dispose();
    const { offsets, extent } = placesOf(count, extentOf(arm));
    this.#arms = Array.from({ length: count }, (_, i) => {
      const shown = new ShownArm(arm);
      shown.group.position.fromArray(offsets, 3 * i);
      if (this.#theme) shown.paint(this.#theme);
      this.#stage.workspace.add(shown.group);
      return shown;
    });
    this.#stage.frame(extent);
  }

  /**
   * A new trial begins.
   * @param which of the arms
   */
  begin(trial: TrialStarted, which = 0): void {
    this.#arms[which]?.begin(trial);
    this.#stage.redraw();
  }

  /**
   * Show a moment of a trial.
   * @param which of the arms
   */
  show(instant: SceneInstant, which = 0): void {
    this.#arms[which]?.show(instant);
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
    for (const shown of this.#arms) shown.paint(theme);
  }
}

/** What holds all that is seen of an arm: most of what is before the shoulder, and a little behind it. */
function extentOf(arm: Arm): SceneExtent {
  const length = reach(arm);
  return {
    low: [-1.04 * length, -0.22 * length, 0],
    high: [length, 0.98 * length, 2 * planeHeight],
  };
}
