/// <reference lib="dom" />
/** The arm in 3-D: its model, its path and the markers of the trial, on the stage. */
import { Group } from "three";
import type { Description, TrialStarted } from "../../cluster/protocol.ts";
import { ArmModel, planeHeight } from "./arm_model.ts";
import { HandPath } from "./hand_path.ts";
import { handPoint, type Point, reach, reachableBorder } from "./kinematics.ts";
import { Markers } from "./markers.ts";
import { Stage, type ViewPoint } from "./stage.ts";
import type { Theme } from "./theme.ts";

type Arm = Description["arm"];

/** What the scene shows at one moment. */
export interface SceneInstant {
  /** rad */
  readonly angles: ArrayLike<number>;
  /** Muscles 0 … 1, motors −1 … 1. */
  readonly activations: ArrayLike<number>;
  /** N */
  readonly handForce: ArrayLike<number>;
  /** Whether the controller sees the goal. */
  readonly goalVisible: boolean;
  /** New points of the path with the hand's speed there, m/s. */
  readonly path: readonly { readonly place: Point; readonly speed: number }[];
}

/** The scene of one arm; another description replaces the arm. */
export class ArmScene {
  readonly #stage: Stage;
  readonly #plane = new Group();
  readonly #path = new HandPath();
  readonly #markers = new Markers();
  #model: ArmModel | undefined;
  #arm: Arm | undefined;
  #theme: Theme | undefined;
  #shown: SceneInstant | undefined;

  /** @throws {Error} when the browser has no WebGL 2 */
  constructor(canvas: HTMLCanvasElement) {
    this.#stage = new Stage(canvas);
    this.#plane.position.z = planeHeight;
    this.#plane.add(this.#path.mesh, this.#markers.group);
    this.#stage.workspace.add(this.#plane);
  }

  /** Show another arm, in its middle posture until a frame comes. */
  load(arm: Arm): void {
    this.#model?.dispose();
    this.#arm = arm;
    this.#model = new ArmModel(arm);
    this.#stage.workspace.add(this.#model.group);
    this.#markers.outline(reachableBorder(arm), planeHeight - 0.001);
    this.#path.clear();
    this.#stage.frame(reach(arm));
    if (this.#theme) this.#model.paint(this.#theme);
    this.#shown = undefined;
    this.#model.pose({
      angles: arm.joints.map(({ lower, upper }) => (lower + upper) / 2),
      activations: arm.actuators.map(() => 0),
    });
    this.#stage.redraw();
  }

  /** A new trial begins. */
  begin({ start, goal, goTime }: TrialStarted): void {
    this.#path.clear();
    this.#markers.place(start, goal);
    this.#markers.showGoal(goTime === 0);
    this.#stage.redraw();
  }

  /** Show a moment of the trial. */
  show(instant: SceneInstant): void {
    if (!this.#arm || !this.#model) return;
    this.#shown = { ...instant, path: [] };
    const hand = handPoint(this.#arm, instant.angles);
    this.#model.pose(instant);
    for (const { place, speed } of instant.path) this.#path.add(place, speed);
    this.#path.draw(hand);
    this.#markers.push(hand, instant.handForce);
    this.#markers.showGoal(instant.goalVisible);
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
    this.#path.paint(theme);
    this.#markers.paint(theme);
    this.#model?.paint(theme);
    if (this.#shown) this.show(this.#shown);
    else if (this.#arm) this.load(this.#arm);
  }
}
