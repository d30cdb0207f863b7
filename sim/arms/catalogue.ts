/** The arms that the laboratory offers, by name. A new arm is one more entry here. */
import type { Arm, Joint, Link, Muscle } from "./arm.ts";

const degrees = (value: number) => value * Math.PI / 180;

const joint = (name: string, lower: number, upper: number): Joint => ({
  name,
  lower: degrees(lower),
  upper: degrees(upper),
});

const noViscosity = (joints: number) => Array.from({ length: joints }, () => Array(joints).fill(0));

const link = (
  name: string,
  mass: number,
  centreOfMass: number,
  inertia: number,
  length: number,
): Link => ({ name, mass, centreOfMass, inertia, length });

const muscle = (
  name: string,
  maximalForce: number,
  tendonLength: number,
  optimalLength: number,
  pathLength: number,
  momentArms: readonly [number, number],
  momentArmSlopes: readonly [number, number],
): Muscle => ({
  name,
  maximalForce,
  tendonLength,
  optimalLength,
  pathLength,
  momentArms,
  momentArmSlopes,
});

/** Human shoulder and elbow with six lumped muscles: Nijhof & Kouwenhoven 2000, as in MotorNet. */
const arm26: Arm = {
  name: "arm26",
  summary: "human shoulder and elbow, six muscles",
  source: "Nijhof & Kouwenhoven 2000, via MotorNet (Codol et al., eLife 88591)",
  links: [
    link("upper arm", 1.82, 0.135, 0.051, 0.309),
    link("forearm", 1.43, 0.165, 0.057, 0.333),
  ],
  joints: [joint("shoulder", 0, 135), joint("elbow", 0, 155)],
  viscosity: noViscosity(2),
  torqueLimits: [10, 10],
  muscles: [
    muscle("pectoralis", 838, 0.039, 0.134, 0.151, [-0.03, 0], [0, 0]),
    muscle("deltoid", 1207, 0.066, 0.140, 0.2322, [0.03, 0], [0, 0]),
    muscle("brachioradialis", 1422, 0.172, 0.092, 0.2859, [0, -0.014], [0, -0.004]),
    muscle("triceps lateral", 1549, 0.187, 0.093, 0.2355, [0, 0.025], [0, -0.0022]),
    muscle("biceps", 414, 0.204, 0.137, 0.3329, [-0.03, -0.016], [0, -0.0057]),
    muscle("triceps long", 603, 0.217, 0.127, 0.2989, [0.03, 0.03], [0, -0.0032]),
  ],
  muscleReference: [Math.PI / 2, 0],
};

/** MotorNet's default two-joint arm, which has no muscles of its own. */
const twoDof: Arm = {
  name: "two-dof",
  summary: "MotorNet's TwoDofArm, torque motors",
  source: "MotorNet 0.1.x, TwoDofArm",
  links: [
    link("upper arm", 1.864572, 0.180496, 0.013193, 0.309),
    link("forearm", 1.534315, 0.181479, 0.020062, 0.26),
  ],
  joints: [joint("shoulder", 0, 140), joint("elbow", 0, 160)],
  viscosity: noViscosity(2),
  torqueLimits: [10, 10],
  muscles: [],
  muscleReference: [],
};

/** The heavier parameter set that MotorNet's source mentions in a comment. */
const twoDofHeavy: Arm = {
  ...twoDof,
  name: "two-dof-heavy",
  summary: "the heavier variant of MotorNet's two-joint arm, torque motors",
  source: "MotorNet 0.1.x, comment in TwoDofArm",
  links: [
    link("upper arm", 2.10, 0.146, 0.024, 0.335),
    link("forearm", 1.65, 0.179, 0.025, 0.263),
  ],
};

const bodyMass = 70;
const bodyHeight = 1.75;
const segment = (
  name: string,
  massFraction: number,
  centreFraction: number,
  gyrationFraction: number,
  lengthFraction: number,
): Link => {
  const mass = massFraction * bodyMass;
  const length = lengthFraction * bodyHeight;
  return link(name, mass, centreFraction * length, mass * (gyrationFraction * length) ** 2, length);
};

/** Shoulder, elbow and wrist of a person of 1.75 m and 70 kg (Dempster/Winter segment table). */
const human3: Arm = {
  name: "human3",
  summary: "human shoulder, elbow and wrist (1.75 m, 70 kg), torque motors",
  source: "Dempster/Winter segment table; lengths as fractions of height",
  links: [
    segment("upper arm", 0.028, 0.436, 0.322, 0.186),
    segment("forearm", 0.016, 0.430, 0.303, 0.146),
    segment("hand", 0.006, 0.506, 0.297, 0.108),
  ],
  joints: [joint("shoulder", 0, 135), joint("elbow", 0, 155), joint("wrist", -60, 60)],
  viscosity: noViscosity(3),
  torqueLimits: [10, 10, 3],
  muscles: [],
  muscleReference: [],
};

/** Every arm by its name. */
export const arms: Readonly<Record<string, Arm>> = Object.fromEntries(
  [arm26, twoDof, twoDofHeavy, human3].map((arm) => [arm.name, arm]),
);

/**
 * The arm called `name`.
 * @throws {RangeError} when there is none, naming those that there are
 */
export function findArm(name: string): Arm {
  const arm = Object.hasOwn(arms, name) ? arms[name] : undefined;
  if (!arm) {
    throw new RangeError(`no arm "${name}"; there are ${Object.keys(arms).join(", ")}`);
  }
  return arm;
}
