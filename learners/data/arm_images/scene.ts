/**
 * What an arm image shows, before any camera: shapes with materials in the plane of the arm, in metres,
 * made of the arm's kinematics, a two-fingered hand and one object.
 *
 * A scene is settled by its factors, which take a few values each and from which classes are made, and by
 * a random stream for all that is not a class: joint angles, place and turn of the object, brightness.
 */
import type { Arm } from "../../../sim/arms/arm.ts";
import { handPosition, jointPositions, reach } from "../../../sim/arms/kinematics.ts";
import type { RandomStream } from "../../../sim/random.ts";
import { disc, type Shape, type Vector } from "./shapes.ts";

/** What can be told apart in a scene, and the values that it takes. */
export const factorValues = {
  /** The object's outline. */
  object: ["disc", "square", "triangle", "bar", "cross"],
  /** Whether the fingers are spread or round the object. */
  handPose: ["open", "closed"],
  /** The object's surface. */
  texture: ["plain", "stripes", "checks", "dots"],
  /** The object's colour; in grey images, its brightness. */
  colour: ["red", "green", "blue", "yellow"],
  /** Eighth of the compass in which the object lies, seen from the hand. */
  octant: ["east", "northeast", "north", "northwest", "west", "southwest", "south", "southeast"],
  /** Quarter turn in which the first joint's angle lies, counter-clockwise from the x axis. */
  shoulder: ["first", "second", "third", "fourth"],
  /** Sign of the second joint's angle. */
  elbow: ["left", "right"],
} as const;

export type FactorName = keyof typeof factorValues;
export const factorNames = Object.keys(factorValues) as FactorName[];

/** One thing for each factor; `of` is called in the order of `factorValues`. */
export function forEveryFactor<Thing>(of: (name: FactorName) => Thing): Record<FactorName, Thing> {
  return {
    object: of("object"),
    handPose: of("handPose"),
    texture: of("texture"),
    colour: of("colour"),
    octant: of("octant"),
    shoulder: of("shoulder"),
    elbow: of("elbow"),
  };
}

/** A value of each factor, as an index into `factorValues`. */
export type Factors = Readonly<Record<FactorName, number>>;

/**
 * What is looked at:
 * - `grasp`: the hand with the object in it, by a camera at the wrist; the forearm comes in from below.
 *   Joint angles are uniform within the arm's limits; the object lies along the hand's axis, up to 0.4 rad.
 * - `reach`: the whole arm from above, its first joint in the middle, and the object away from the hand.
 * - `carry`: the same with the object in the hand.
 *
 * In the last two, the first joint takes any angle (the base may be mounted any way) and the second
 * 0.35 … 2.4 rad to either side; further joints are uniform within their limits. Hand and object, which
 * would be a pixel wide, are drawn 2.2 times as large there, and limbs 1.4 times as thick.
 */
export type SceneKind = "grasp" | "reach" | "carry";

/** The factors that show in each kind of scene; only of these can classes be made. */
export const shownFactors: Readonly<Record<SceneKind, readonly FactorName[]>> = {
  grasp: ["object", "handPose", "texture", "colour"],
  reach: factorNames,
  carry: factorNames.filter((name) => name !== "octant"),
};

/** The parts that a mask tells apart. */
export const partNames = ["background", "arm", "hand", "object", "occluder"] as const;
export type Part = typeof partNames[number];

/** Red, green, blue, 0 … 1. */
export type Colour = readonly [red: number, green: number, blue: number];

/** A pattern in a material, in a frame of its own. */
export interface Pattern {
  readonly kind: "stripes" | "checks" | "dots";
  readonly origin: Vector;
  /** Unit vector of the pattern's first axis. */
  readonly axis: Vector;
  /** Length after which the pattern repeats, m. */
  readonly period: number;
}

/** What a surface looks like. */
export interface Material {
  readonly colour: Colour;
  /** Width of the rounded edge, m: a surface is level where it is further than that from its edge. */
  readonly bevel: number;
  readonly pattern?: Pattern;
}

/** One thing in a scene. */
export interface Layer {
  readonly part: Part;
  readonly shape: Shape;
  readonly material: Material;
}

/**
 * The points that are marked in every scene, in this order, each with the parts that do not hide it when
 * they are seen there. `hand` is the point between the fingers, which is where the kinematics have it.
 */
export const landmarks: readonly { readonly name: string; readonly seenOn: readonly Part[] }[] = [
  { name: "shoulder", seenOn: ["arm"] },
  { name: "elbow", seenOn: ["arm"] },
  { name: "wrist", seenOn: ["arm", "hand"] },
  { name: "hand", seenOn: ["background", "arm", "hand", "object"] },
  { name: "left tip", seenOn: ["hand"] },
  { name: "right tip", seenOn: ["hand"] },
  { name: "object", seenOn: ["object"] },
];

/** A picture to be taken. */
export interface Scene {
  /** What covers what: the first layer lies on top. */
  readonly layers: readonly Layer[];
  /** Brightness of the background, 0 … 1. */
  readonly background: number;
  /** m, in the order of the table `landmarks`. */
  readonly landmarks: readonly Vector[];
  /** Where the camera points when nothing shifts it, m. */
  readonly centre: Vector;
  /** Direction that is upwards in the image when nothing rolls the camera, rad from the x axis. */
  readonly up: number;
  /** Width of the plane that the image shows, m. */
  readonly width: number;
}

// Sizes at life size, m. The hand's frame: origin between the fingers, x away from the wrist.
const limbRadius = { upper: 0.042, fore: 0.03 };
const wristBehindHand = 0.09;
const palm = { from: [-0.075, -0.02], to: [-0.075, 0.02], radius: 0.02 } as const;
const fingerRadius = 0.0095;
const fingers = {
  open: { base: [-0.066, 0.028], knuckle: [-0.015, 0.066], tip: [0.038, 0.07] },
  closed: { base: [-0.066, 0.028], knuckle: [-0.006, 0.058], tip: [0.05, 0.026] },
} as const;
const objectRadius = 0.042;
const patternPeriod = 0.026;

/** Enlargement of hand and object, and of the limbs' thickness, where the whole arm is seen. */
const wholeArm = { hand: 2.2, limb: 1.4 };
const graspWidth = 0.18;
/** How far a grasped object is turned from the hand's own axis, at most, rad. */
const graspTurn = 0.4;
/** Bend of the elbow where the whole arm is seen, rad. */
const elbowBend = { least: 0.35, most: 2.4 };
/** Distance of the object from the hand in `reach`, as a share of the image's width. */
const targetDistance = { least: 0.19, most: 0.6 };
/** How near to the image's border the object's centre may come in `reach`, as a share of its width. */
const targetMargin = 0.1;

const objectColours: readonly Colour[] = [
  [0.95, 0.4, 0.34],
  [0.42, 0.85, 0.38],
  [0.4, 0.58, 0.98],
  [0.98, 0.88, 0.35],
];
const limbColour: Colour = [0.62, 0.64, 0.68];
const jointColour: Colour = [0.86, 0.87, 0.9];
const handColour: Colour = [0.82, 0.68, 0.58];

/** A scene of the given kind and factors; everything else is drawn from `stream`. */
export function drawScene(
  kind: SceneKind,
  arm: Arm,
  factors: Factors,
  stream: RandomStream,
): Scene {
  const grasp = kind === "grasp";
  const width = grasp ? graspWidth : wholeArmWidth(arm);
  const background = stream.uniform(0.05, 0.22);
  const aperture = stream.uniform(0.92, 1.08);
  const turn = stream.uniform(-1, 1);
  const scale = grasp ? 1 : wholeArm.hand;
  const size = scale * stream.uniform(0.88, 1.12);

  const { angles, target } = kind === "reach"
    ? poseWithTarget(arm, factors, width, stream)
    : { angles: (grasp ? uniformAngles : posedAngles)(arm, factors, stream), target: undefined };
  const joints = jointPositions(arm, angles);
  const hand = joints[joints.length - 1];
  const heading = angles.reduce((sum, angle) => sum + angle, 0);
  const place = placer(hand, heading, scale);
  const wrist = place([-wristBehindHand, 0]);
  const held = place([stream.uniform(-0.006, 0.006), stream.uniform(-0.006, 0.006)]);
  const object = target ?? held;

  const gripper = handLayers(factors, place, scale, aperture);
  return {
    layers: [
      ...gripper.fingers,
      objectLayer(factors, object, grasp ? heading + graspTurn * turn : Math.PI * turn, size),
      gripper.palm,
      ...armLayers([...joints.slice(0, -1), wrist], grasp ? 1 : wholeArm.limb),
    ],
    background,
    landmarks: [joints[0], joints[1], wrist, hand, ...gripper.tips, object],
    centre: grasp ? hand : joints[0],
    up: grasp ? heading : Math.PI / 2,
    width,
  };
}

function uniformAngles(arm: Arm, _: Factors, stream: RandomStream): number[] {
  return arm.joints.map(({ lower, upper }) => stream.uniform(lower, upper));
}

function posedAngles(arm: Arm, factors: Factors, stream: RandomStream): number[] {
  const [, , ...further] = uniformAngles(arm, factors, stream);
  const shoulder = (factors.shoulder + stream.uniform()) * Math.PI / 2;
  const bend = stream.uniform(elbowBend.least, elbowBend.most);
  return [shoulder, factorValues.elbow[factors.elbow] === "left" ? bend : -bend, ...further];
}

/**
 * Joint angles and a place for the object in its octant, drawn together until the place is within the
 * image: a hand near the border leaves no room beyond it.
 */
function poseWithTarget(arm: Arm, factors: Factors, width: number, stream: RandomStream) {
  const limit = (0.5 - targetMargin) * width;
  for (;;) {
    const angles = posedAngles(arm, factors, stream);
    const [handX, handY] = handPosition(arm, angles);
    const direction = (factors.octant + stream.uniform(-0.5, 0.5)) * Math.PI / 4;
    const distance = width * stream.uniform(targetDistance.least, targetDistance.most);
    const target: Vector = [
      handX + distance * Math.cos(direction),
      handY + distance * Math.sin(direction),
    ];
    if (Math.max(Math.abs(target[0]), Math.abs(target[1])) <= limit) return { angles, target };
  }
}

/** The arm outstretched to either side, and room for the hand. */
function wholeArmWidth(arm: Arm): number {
  return 2 * (reach(arm).outer + wholeArm.hand * fingers.open.tip[0]);
}

/** From the hand's frame to the plane, enlarging by `scale`. */
function placer([handX, handY]: Vector, heading: number, scale: number) {
  const [cosine, sine] = [Math.cos(heading), Math.sin(heading)];
  return ([x, y]: Vector): Vector => [
    handX + scale * (x * cosine - y * sine),
    handY + scale * (x * sine + y * cosine),
  ];
}

function armLayers(points: readonly Vector[], thickness: number): Layer[] {
  const limbs = points.slice(1).map((to, i): Layer => {
    const radius = thickness * (i === 0 ? limbRadius.upper : limbRadius.fore);
    const shape: Shape = { kind: "capsule", from: points[i], to, radius };
    return { part: "arm", shape, material: { colour: limbColour, bevel: radius } };
  });
  const hinges = points.slice(0, -1).map((centre): Layer => {
    const radius = 0.6 * thickness * limbRadius.upper;
    const material = { colour: jointColour, bevel: radius / 3 };
    return { part: "arm", shape: disc(centre, radius), material };
  });
  return [...hinges, ...limbs.reverse()];
}

function handLayers(
  { handPose }: Factors,
  place: (point: Vector) => Vector,
  scale: number,
  aperture: number,
) {
  const material = (radius: number): Material => ({ colour: handColour, bevel: scale * radius });
  const capsule = (from: Vector, to: Vector, radius: number): Layer => ({
    part: "hand",
    shape: { kind: "capsule", from: place(from), to: place(to), radius: scale * radius },
    material: material(radius),
  });
  const { base, knuckle, tip } = fingers[factorValues.handPose[handPose]];
  const sides = ([1, -1] as const).map((side) => {
    const mirror = ([x, y]: Vector): Vector => [x, side * aperture * y];
    return {
      tip: place(mirror(tip)),
      layers: [
        capsule(mirror(knuckle), mirror(tip), fingerRadius),
        capsule(mirror(base), mirror(knuckle), fingerRadius),
      ],
    };
  });
  return {
    fingers: sides.flatMap(({ layers }) => layers),
    palm: capsule(palm.from, palm.to, palm.radius),
    tips: sides.map((side) => side.tip),
  };
}

function objectLayer(
  { object, texture, colour }: Factors,
  centre: Vector,
  turn: number,
  size: number,
): Layer {
  const radius = size * objectRadius;
  const kind = factorValues.texture[texture];
  return {
    part: "object",
    shape: outline(factorValues.object[object], centre, turn, radius),
    material: {
      colour: objectColours[colour],
      bevel: 0.25 * radius,
      ...(kind !== "plain" && {
        pattern: {
          kind,
          origin: centre,
          axis: [Math.cos(turn), Math.sin(turn)],
          period: size * patternPeriod,
        },
      }),
    },
  };
}

/** The outlines have nearly the same area, so that brightness does not give the object away. */
function outline(
  object: typeof factorValues.object[number],
  centre: Vector,
  turn: number,
  radius: number,
): Shape {
  if (object === "disc") return disc(centre, 0.92 * radius);
  const place = placer(centre, turn, radius);
  return { kind: "polygon", corners: polygons[object].map(place) };
}

/** Corners at a radius of 1, all of an area of about 2.65. */
const polygons = {
  square: rectangle(0.815, 0.815),
  triangle: [0, 1, 2].map((i): Vector => [
    1.43 * Math.cos(i * 2 * Math.PI / 3),
    1.43 * Math.sin(i * 2 * Math.PI / 3),
  ]),
  bar: rectangle(1.3, 0.51),
  cross: plus(1.06, 0.38),
} satisfies Record<string, Vector[]>;

function rectangle(halfLength: number, halfWidth: number): Vector[] {
  return [
    [halfLength, halfWidth],
    [-halfLength, halfWidth],
    [-halfLength, -halfWidth],
    [halfLength, -halfWidth],
  ];
}

/** A cross whose arms reach `long` from its centre and are 2 `short` wide. */
function plus(long: number, short: number): Vector[] {
  const arm: Vector[] = [[long, -short], [long, short], [short, short]];
  const turns: ((point: Vector) => Vector)[] = [
    ([x, y]) => [x, y],
    ([x, y]) => [-y, x],
    ([x, y]) => [-x, -y],
    ([x, y]) => [y, -x],
  ];
  return turns.flatMap((turn) => arm.map(turn));
}
