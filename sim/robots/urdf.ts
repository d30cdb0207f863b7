/**
 * Robot arms from URDF (ROS's Unified Robot Description Format, http://wiki.ros.org/urdf/XML).
 *
 * Read are links with their inertials and collision primitives (box, cylinder, sphere), revolute,
 * continuous and fixed joints, their limits and damping. A link that is fixed to another one becomes a part
 * of it. An arm is the chain of joints from the root to its tip; what branches off must be fixed.
 *
 * What says something about mechanics and cannot be followed is told in `leftOut` (meshes, friction in
 * joints); what would make another robot of it is refused (other kinds of joints, mimic joints, trees).
 * Visuals, transmissions and simulators' own elements are passed over.
 */
import { DOMParser, type Element } from "@xmldom/xmldom";
import type { CollisionShape, Primitive } from "./collision.ts";
import { placedIn, withFixed } from "./composite.ts";
import {
  type Pose,
  poseAt,
  type Robot,
  type RobotJoint,
  type RobotLink,
  symmetric,
  times,
  transposed,
  type Triple,
} from "./robot.ts";

/** What a URDF text describes. */
export interface UrdfArm {
  readonly robot: Robot;
  /** The collision shapes of each of the robot's links, in its frame. */
  readonly shapes: readonly (readonly CollisionShape[])[];
  /** Those of the base, in its frame. */
  readonly baseShapes: readonly CollisionShape[];
  /** What was left out, by name. */
  readonly leftOut: readonly string[];
}

/** Which part of a URDF is the arm. */
export interface UrdfOptions {
  /** The link whose frame is the tool; may be left out where only one link has no other after it. */
  readonly tip?: string;
  /** Where the file is from, for the robot's `source`. */
  readonly source?: string;
}

/** A link as it is written. */
interface UrdfLink {
  readonly name: string;
  readonly body: RobotLink;
  readonly shapes: readonly CollisionShape[];
}

/** A joint as it is written; no motion where it is fixed. */
interface UrdfJoint {
  readonly name: string;
  readonly parent: string;
  readonly child: string;
  readonly origin: Pose;
  readonly motion?: Omit<RobotJoint, "name" | "origin">;
}

/** What has been read of a robot. */
interface UrdfTree {
  readonly name: string;
  readonly links: ReadonlyMap<string, UrdfLink>;
  readonly joints: readonly UrdfJoint[];
}

/**
 * The arm that a URDF text describes.
 *
 * @throws {RangeError} naming the element, its value and what was expected
 */
export function readUrdf(text: string, options: UrdfOptions = {}): UrdfArm {
  const leftOut: string[] = [];
  const tree = readTree(parse(text), leftOut);
  const root = rootOf(tree);
  const tip = tipOf(tree, options.tip);
  const path = pathTo(tree, tip);
  const moving = path.filter(({ motion }) => motion);
  if (moving.length === 0) fail(`<robot name="${tree.name}">`, `no joint moves link "${tip}"`);
  const stray = tree.joints.find((joint) => joint.motion && !path.includes(joint));
  if (stray) {
    fail(
      `joint "${stray.name}"`,
      `moves link "${stray.child}", which is not on the way to the tip "${tip}"; expected a chain: ` +
        "name another tip, or take the branch out of the file",
    );
  }
  const base = rigidPart(tree, root);
  const parts = moving.map(({ child }) => rigidPart(tree, child));
  const origins = moving.map(({ parent, origin }, i) =>
    placedIn(frameIn(tree, i === 0 ? root : moving[i - 1].child, parent), origin)
  );
  return {
    robot: {
      name: tree.name,
      summary: `${tree.name}, ${moving.length} joints, from URDF`,
      source: options.source ?? "URDF",
      joints: moving.map(({ name, motion }, i) => ({ name, origin: origins[i], ...motion! })),
      links: parts.map(({ body }) => {
        if (body.mass > 0) return body;
        return fail(`link "${body.name}"`, "moves and has no mass; expected an <inertial>");
      }),
      tool: frameIn(tree, moving[moving.length - 1].child, tip),
    },
    shapes: parts.map(({ shapes }) => shapes),
    baseShapes: base.shapes,
    leftOut,
  };
}

function fail(where: string, what: string): never {
  throw new RangeError(`URDF: ${where}: ${what}`);
}

function parse(text: string): Element {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) {
    fail("the text", "declares a document type; entities are not read, take the declaration out");
  }
  let found = "";
  const parser = new DOMParser({
    onError(_level, message) {
      found ||= message;
      throw new RangeError(message); // the parser would go on after errors that are not fatal
    },
  });
  try {
    const root = parser.parseFromString(text, "text/xml").documentElement;
    if (root?.tagName === "robot") return root;
    return fail(`<${root?.tagName}>`, "is the root; expected <robot>");
  } catch (cause) {
    if (!found) throw cause;
    throw new RangeError(`URDF: the text: is not well-formed XML: ${found}`, { cause });
  }
}

// Elements and attributes.

function describe(element: Element): string {
  const name = element.getAttribute("name");
  const own = name === null ? `<${element.tagName}>` : `<${element.tagName} name="${name}">`;
  const parent = element.parentNode as Element | null;
  return name === null && parent?.tagName ? `${own} of ${describe(parent)}` : own;
}

function children(element: Element, tag: string): Element[] {
  return Array.from(element.childNodes).filter((node): node is Element =>
    node.nodeType === node.ELEMENT_NODE && node.nodeName === tag
  );
}

/** The only child with this tag, if there is one. */
function child(element: Element, tag: string): Element | undefined {
  const [first, second] = children(element, tag);
  if (second) fail(describe(element), `has more than one <${tag}>; expected one`);
  return first;
}

function required(element: Element, tag: string): Element {
  return child(element, tag) ?? fail(describe(element), `has no <${tag}>`);
}

function attribute(element: Element, name: string): string {
  return element.getAttribute(name) ?? fail(describe(element), `has no attribute "${name}"`);
}

function numbersOf(element: Element, name: string, count: number, fallback?: string): number[] {
  const text = element.getAttribute(name) ?? fallback ?? attribute(element, name);
  const values = text.trim().split(/\s+/).map((word) => word === "" ? NaN : Number(word));
  if (values.length !== count || !values.every(Number.isFinite)) {
    const expected = count === 1 ? "a number" : `${count} numbers`;
    fail(describe(element), `${name} is "${text}"; expected ${expected}`);
  }
  return values;
}

function numberOf(element: Element, name: string, fallback?: string): number {
  return numbersOf(element, name, 1, fallback)[0];
}

function positive(element: Element, name: string): number {
  const value = numberOf(element, name);
  return value > 0 ? value : fail(describe(element), `${name} is ${value}; expected more than 0`);
}

function nonNegative(element: Element, name: string, fallback?: string): number {
  const value = numberOf(element, name, fallback);
  return value >= 0 ? value : fail(describe(element), `${name} is ${value}; expected at least 0`);
}

function tripleOf(element: Element, name: string, fallback?: string): Triple {
  const [x, y, z] = numbersOf(element, name, 3, fallback);
  return [x, y, z];
}

function originOf(element: Element): Pose {
  const origin = child(element, "origin");
  if (!origin) return poseAt([0, 0, 0]);
  return poseAt(tripleOf(origin, "xyz", "0 0 0"), tripleOf(origin, "rpy", "0 0 0"));
}

// Links and joints.

function readTree(root: Element, leftOut: string[]): UrdfTree {
  const name = attribute(root, "name");
  const macro = Array.from(root.childNodes).find(({ nodeName }) => nodeName.startsWith("xacro:"));
  if (macro) fail(`<${macro.nodeName}>`, "is a macro; expected plain URDF: expand it with xacro");
  const links = new Map<string, UrdfLink>();
  for (const element of children(root, "link")) {
    const link = readLink(element, leftOut);
    if (links.has(link.name)) {
      fail(describe(element), "is there twice; expected names of their own");
    }
    links.set(link.name, link);
  }
  const joints = children(root, "joint").map((element) => readJoint(element, links, leftOut));
  const repeated = (names: readonly string[]) => names.find((name, i) => names.indexOf(name) < i);
  const twice = repeated(joints.map(({ name }) => name));
  if (twice !== undefined) fail(`joint "${twice}"`, "is there twice; expected names of their own");
  const shared = repeated(joints.map(({ child }) => child));
  if (shared !== undefined) fail(`link "${shared}"`, "is the child of two joints; expected one");
  return { name, links, joints };
}

function readLink(element: Element, leftOut: string[]): UrdfLink {
  const name = attribute(element, "name");
  const shapes = children(element, "collision").flatMap((collision) => {
    const geometry = required(collision, "geometry");
    if (child(geometry, "mesh")) {
      leftOut.push(`the mesh of a collision of link "${name}": only primitives are read`);
      return [];
    }
    return [{ primitive: readPrimitive(geometry), pose: originOf(collision) }];
  });
  return { name, body: readInertial(name, child(element, "inertial")), shapes };
}

function readInertial(name: string, inertial: Element | undefined): RobotLink {
  if (!inertial) return { name, mass: 0, centreOfMass: [0, 0, 0], inertia: symmetric([0, 0, 0]) };
  const { position, rotation } = originOf(inertial);
  const inertia = required(inertial, "inertia");
  const own = symmetric(
    [nonNegative(inertia, "ixx"), nonNegative(inertia, "iyy"), nonNegative(inertia, "izz")],
    [numberOf(inertia, "ixy", "0"), numberOf(inertia, "ixz", "0"), numberOf(inertia, "iyz", "0")],
  );
  return {
    name,
    mass: nonNegative(required(inertial, "mass"), "value"),
    centreOfMass: position,
    inertia: times(rotation, times(own, transposed(rotation))),
  };
}

function readPrimitive(geometry: Element): Primitive {
  const box = child(geometry, "box");
  if (box) {
    const size = tripleOf(box, "size");
    if (size.every((side) => side > 0)) return { kind: "box", size };
    return fail(describe(box), `size is "${size.join(" ")}"; expected lengths above 0`);
  }
  const sphere = child(geometry, "sphere");
  if (sphere) return { kind: "sphere", radius: positive(sphere, "radius") };
  const cylinder = child(geometry, "cylinder");
  if (cylinder) {
    const [radius, length] = [positive(cylinder, "radius"), positive(cylinder, "length")];
    return { kind: "cylinder", radius, length };
  }
  return fail(describe(geometry), "has no shape; expected <box>, <cylinder>, <sphere> or <mesh>");
}

function readJoint(
  element: Element,
  links: ReadonlyMap<string, UrdfLink>,
  leftOut: string[],
): UrdfJoint {
  const end = (tag: string) => {
    const part = required(element, tag);
    const name = attribute(part, "link");
    return links.has(name) ? name : fail(describe(part), `there is no link "${name}"`);
  };
  const name = attribute(element, "name");
  const type = attribute(element, "type");
  const joint = { name, parent: end("parent"), child: end("child"), origin: originOf(element) };
  if (type === "fixed") return joint;
  if (type !== "revolute" && type !== "continuous") {
    fail(describe(element), `type is "${type}"; expected revolute, continuous or fixed`);
  }
  if (child(element, "mimic")) {
    fail(describe(element), "mimics another joint; expected joints that move on their own");
  }
  const dynamics = child(element, "dynamics");
  if (dynamics && nonNegative(dynamics, "friction", "0") > 0) {
    leftOut.push(`the friction of joint "${name}": joints have viscous damping only`);
  }
  return {
    ...joint,
    motion: {
      axis: readAxis(element),
      ...readLimits(element, type),
      armature: 0,
      damping: dynamics ? nonNegative(dynamics, "damping", "0") : 0,
    },
  };
}

function readAxis(joint: Element): Triple {
  const element = child(joint, "axis");
  if (!element) return [1, 0, 0];
  const [x, y, z] = tripleOf(element, "xyz", "1 0 0");
  const length = Math.hypot(x, y, z);
  if (length === 0) fail(describe(element), `xyz is "${x} ${y} ${z}"; expected a direction`);
  return [x / length, y / length, z / length];
}

function readLimits(
  joint: Element,
  type: "revolute" | "continuous",
): Pick<RobotJoint, "lower" | "upper" | "maximalTorque" | "maximalSpeed"> {
  const limit = type === "revolute" ? required(joint, "limit") : child(joint, "limit");
  const motor = {
    maximalTorque: limit ? nonNegative(limit, "effort") : Infinity,
    maximalSpeed: limit ? nonNegative(limit, "velocity") : Infinity,
  };
  if (!limit || type === "continuous") return { lower: -Infinity, upper: Infinity, ...motor };
  const [lower, upper] = [numberOf(limit, "lower", "0"), numberOf(limit, "upper", "0")];
  if (lower < upper) return { lower, upper, ...motor };
  return fail(describe(limit), `lower is ${lower} and upper ${upper}; expected lower below upper`);
}

// The chain.

function rootOf({ name, links, joints }: UrdfTree): string {
  const children = new Set(joints.map(({ child }) => child));
  const roots = [...links.keys()].filter((link) => !children.has(link));
  if (roots.length === 1) return roots[0];
  const found = roots.length === 0 ? "none: its joints go round" : roots.join(", ");
  return fail(`<robot name="${name}">`, `expected one link that no joint moves; there is ${found}`);
}

function tipOf({ name, links, joints }: UrdfTree, wanted: string | undefined): string {
  if (wanted !== undefined) {
    if (links.has(wanted)) return wanted;
    return fail(
      "the tip",
      `there is no link "${wanted}"; there are ${[...links.keys()].join(", ")}`,
    );
  }
  const parents = new Set(joints.map(({ parent }) => parent));
  const ends = [...links.keys()].filter((link) => !parents.has(link));
  if (ends.length === 1) return ends[0];
  return fail(`<robot name="${name}">`, `ends in ${ends.join(", ")}; name the tip`);
}

/** The joints from the root to a link, the first one first. */
function pathTo(tree: UrdfTree, link: string): UrdfJoint[] {
  const root = rootOf(tree);
  const path: UrdfJoint[] = [];
  let at = link;
  while (at !== root) {
    const joint = tree.joints.find(({ child }) => child === at);
    if (!joint || path.includes(joint)) {
      return fail(`link "${link}"`, `is not joined to the root "${root}"`);
    }
    path.unshift(joint);
    at = joint.parent;
  }
  return path;
}

/** The frame of a link in that of another one, to which it is fixed. */
function frameIn(tree: UrdfTree, outer: string, link: string): Pose {
  const path = pathTo(tree, link);
  const start = path.findLastIndex(({ child }) => child === outer) + 1;
  return path.slice(start).reduce((pose, { origin }) => placedIn(pose, origin), poseAt([0, 0, 0]));
}

/** A link with all that is fixed to it, as one body. */
function rigidPart(tree: UrdfTree, link: string): UrdfLink {
  const own = tree.links.get(link)!;
  return tree.joints
    .filter(({ parent, motion }) => parent === link && !motion)
    .reduce((whole, { child, origin }) => {
      const part = rigidPart(tree, child);
      const shapes = part.shapes.map((shape) => ({ ...shape, pose: placedIn(origin, shape.pose) }));
      return {
        name: whole.name,
        body: withFixed(whole.body, part.body, origin),
        shapes: [...whole.shapes, ...shapes],
      };
    }, own);
}
