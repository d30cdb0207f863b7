/**
 * The arm as one sees it: bones, joints, muscles whose width and colour are their activation, or, where
 * the arm has motors, arcs round the joints whose length is the torque.
 */
import {
  Color,
  CylinderGeometry,
  Group,
  LatheGeometry,
  Mesh,
  MeshStandardMaterial,
  SphereGeometry,
  Vector2,
} from "three";
import type { Description } from "../../cluster/protocol.ts";
import { chainPoints, crossedJoints, musclePath, type Point, trunkLength } from "./kinematics.ts";
import { type Scale, sequential } from "./palette.ts";
import type { Theme } from "./theme.ts";
import { TubeGeometry } from "./tube.ts";

type Arm = Description["arm"];
type Actuator = Arm["actuators"][number];

/** Height of the arm's plane above the table, m. */
export const planeHeight = 0.035;
/** Muscles over two joints lie above those over one, m. */
const biarticularLift = 0.014;
const boneRadius = 0.0105;
const jointRadius = 0.0165;
/** A tendon's radius, and what the belly adds at rest and at full activation, m. */
const tendonRadius = 0.0028;
const bellyRadius = { rest: 0.0042, active: 0.0125 } as const;
/** The arc that shows a motor's torque: its radius, m, its thickness, m, its largest length, rad. */
const motorArc = { radius: 0.034, thickness: 0.0042, length: 0.9 * Math.PI } as const;

/** What the model shows at one moment. */
export interface ArmPosture {
  /** rad */
  readonly angles: ArrayLike<number>;
  /** Muscles 0 … 1, motors −1 … 1. */
  readonly activations: ArrayLike<number>;
}

/** The arm that a description describes. */
export class ArmModel {
  readonly group = new Group();
  readonly #arm: Arm;
  readonly #bones: Group[];
  /** One an actuator, in their order. */
  readonly #tubes: Mesh<TubeGeometry>[];
  readonly #boneMaterial = new MeshStandardMaterial({ roughness: 0.55 });
  readonly #jointMaterial = new MeshStandardMaterial({ roughness: 0.4 });
  readonly #tubeMaterial = new MeshStandardMaterial({ roughness: 0.5, vertexColors: true });
  readonly #tendon = new Color();
  readonly #plus = new Color();
  readonly #minus = new Color();
  #scale: Scale = () => [1, 1, 1];

  constructor(arm: Arm) {
    this.#arm = arm;
    this.group.position.z = planeHeight;
    this.#bones = arm.links.map(({ length }, i) => this.#bone(length, i === arm.links.length - 1));
    this.#tubes = arm.actuators.map(() => new Mesh(new TubeGeometry(), this.#tubeMaterial));
    this.group.add(this.#trunk(), ...this.#bones, ...this.#tubes);
    this.group.traverse((object) => {
      object.castShadow = true;
      object.receiveShadow = true;
    });
  }

  /** Take on the colours of a theme; they show with the next posture. */
  paint(theme: Theme): void {
    this.#boneMaterial.color.setRGB(...theme.bone, "srgb");
    this.#jointMaterial.color.setRGB(...theme.joint, "srgb");
    this.#tendon.setRGB(...theme.tendon, "srgb");
    this.#plus.setRGB(...theme.plus, "srgb");
    this.#minus.setRGB(...theme.minus, "srgb");
    this.#scale = muscleScale(theme);
  }

  /** Take on a posture. */
  pose({ angles, activations }: ArmPosture): void {
    const points = chainPoints(this.#arm, angles);
    let direction = 0;
    this.#bones.forEach((bone, i) => {
      direction += angles[i];
      bone.position.set(points[i][0], points[i][1], 0);
      bone.rotation.z = direction;
    });
    this.#arm.actuators.forEach((actuator, i) => {
      const activation = activations[i] ?? 0;
      const joints = crossedJoints(actuator);
      const tube = this.#tubes[i];
      tube.visible = joints.length > 0;
      if (!tube.visible) return;
      if (actuator.kind === "muscle") this.#pull(tube, actuator, angles, activation, joints.length);
      else this.#turn(tube, points[joints[0]], angles, joints[0], activation);
    });
  }

  /** Free what the graphics card holds. */
  dispose(): void {
    this.group.removeFromParent();
    this.group.traverse((object) => {
      if (object instanceof Mesh) object.geometry.dispose();
    });
    this.#boneMaterial.dispose();
    this.#jointMaterial.dispose();
    this.#tubeMaterial.dispose();
  }

  #pull(
    { geometry }: Mesh<TubeGeometry>,
    muscle: Actuator,
    angles: ArrayLike<number>,
    activation: number,
    joints: number,
  ): void {
    const amount = Math.min(Math.max(activation, 0), 1);
    const belly = bellyRadius.rest + (bellyRadius.active - bellyRadius.rest) * Math.sqrt(amount);
    const flesh = new Color().setRGB(...this.#scale(amount), "srgb");
    geometry.follow(musclePath(this.#arm, muscle, angles), joints > 1 ? biarticularLift : 0, {
      radius: (share) => tendonRadius + belly * fleshiness(share),
      colour: (share, into) =>
        into.lerpColors(this.#tendon, flesh, Math.min(1, 1.6 * fleshiness(share))),
    });
  }

  #turn(
    tube: Mesh<TubeGeometry>,
    centre: Point,
    angles: ArrayLike<number>,
    joint: number,
    torque: number,
  ): void {
    tube.visible = Math.abs(torque) > 0.01;
    if (!tube.visible) return;
    let direction = 0;
    for (let i = 0; i <= joint; i++) direction += angles[i];
    const colour = torque > 0 ? this.#plus : this.#minus;
    tube.geometry.follow(arc(centre, direction, torque * motorArc.length), 0, {
      radius: (share) => motorArc.thickness * (0.35 + 0.65 * share),
      colour: (_, into) => into.copy(colour),
    });
  }

  #bone(length: number, isLast: boolean): Group {
    const bone = new Group();
    bone.add(new Mesh(boneGeometry(length), this.#boneMaterial), this.#ball(jointRadius));
    if (isLast) {
      const hand = this.#ball(0.0135);
      hand.position.x = length;
      bone.add(hand);
    }
    return bone;
  }

  #ball(radius: number): Mesh {
    return new Mesh(new SphereGeometry(radius, 32, 20), this.#jointMaterial);
  }

  /** Where the first joint's muscles attach: a girdle on a small column. */
  #trunk(): Group {
    const trunk = new Group();
    const girdle = new Mesh(boneGeometry(trunkLength), this.#boneMaterial);
    const column = new Mesh(
      new CylinderGeometry(0.013, 0.018, planeHeight, 32),
      this.#boneMaterial,
    );
    const head = this.#ball(0.8 * jointRadius);
    girdle.position.x = head.position.x = column.position.x = -trunkLength;
    column.rotation.x = Math.PI / 2;
    column.position.z = -planeHeight / 2;
    trunk.add(girdle, column, head);
    return trunk;
  }
}

/** The colour of a muscle, from rest to full activation. */
export function muscleScale(theme: Theme): Scale {
  return sequential(theme["muscle-rest"], theme["muscle-active"]);
}

/** 0 where a muscle is tendon, 1 in the middle of its belly. */
const fleshiness = (share: number) => Math.sin(Math.PI * share ** 0.9) ** 2.2;

function arc([x, y]: Point, from: number, angle: number): Point[] {
  return Array.from({ length: 13 }, (_, i) => {
    const direction = from + angle * i / 12;
    return [
      x + motorArc.radius * Math.cos(direction),
      y + motorArc.radius * Math.sin(direction),
    ];
  });
}

/** A long bone along the x axis: slender in the middle, a little wider at its proximal end. */
function boneGeometry(length: number): LatheGeometry {
  const steps = 24;
  const profile = Array.from({ length: steps + 1 }, (_, i) => {
    const share = i / steps;
    const waist = 1 - 0.38 * Math.sin(Math.PI * share) ** 0.8;
    return new Vector2(boneRadius * waist * (1.12 - 0.24 * share), share * length);
  });
  const geometry = new LatheGeometry(profile, 24);
  geometry.rotateZ(-Math.PI / 2);
  return geometry;
}
