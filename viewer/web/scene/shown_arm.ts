/** One arm of a scene: its model, the path of its hand and the markers of its trial. */
import { Group } from "three";
import type { Description, TrialStarted } from "../../../cluster/protocol.ts";
import { ArmModel, planeHeight } from "../arm_model.ts";
import { HandPath } from "../hand_path.ts";
import { handPoint, type Point, reachableBorder } from "../kinematics.ts";
import { Markers } from "../markers.ts";
import type { Theme } from "../theme.ts";

type Arm = Description["arm"];

/** What an arm shows at one moment. */
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

/** An arm in its middle posture until it is shown another one. */
export class ShownArm {
  readonly group = new Group();
  readonly #arm: Arm;
  readonly #model: ArmModel;
  readonly #path = new HandPath();
  readonly #markers = new Markers();
  #shown: SceneInstant;

  constructor(arm: Arm) {
    this.#arm = arm;
    this.#model = new ArmModel(arm);
    const plane = new Group();
    plane.position.z = planeHeight;
    plane.add(this.#path.mesh, this.#markers.group);
    this.group.add(plane, this.#model.group);
    this.#markers.outline(reachableBorder(arm), planeHeight - 0.001);
    this.#shown = {
      angles: arm.joints.map(({ lower, upper }) => (lower + upper) / 2),
      activations: arm.actuators.map(() => 0),
      handForce: [0, 0],
      goalVisible: true,
      path: [],
    };
    this.show(this.#shown);
  }

  /** A new trial begins. */
  begin({ start, goal, goTime }: TrialStarted): void {
    this.#path.clear();
    this.#markers.place(start, goal);
    this.#markers.showGoal(goTime === 0);
  }

  /** Show a moment of the trial. */
  show(instant: SceneInstant): void {
    this.#shown = { ...instant, path: [] };
    const hand = handPoint(this.#arm, instant.angles);
    this.#model.pose(instant);
    for (const { place, speed } of instant.path) this.#path.add(place, speed);
    this.#path.draw(hand);
    this.#markers.push(hand, instant.handForce);
    this.#markers.showGoal(instant.goalVisible);
  }

  /** Take on the colours of a theme. */
  paint(theme: Theme): void {
    this.#path.paint(theme);
    this.#markers.paint(theme);
    this.#model.paint(theme);
    this.show(this.#shown);
  }

  /** Free what the graphics card holds. */
  dispose(): void {
    this.group.removeFromParent();
    this.#model.dispose();
    this.#path.dispose();
    this.#markers.dispose();
  }
}
