/** Rigid bodies fixed to one another: frames within frames, masses together. */
import {
  type Matrix,
  type Pose,
  type RobotLink,
  times,
  transposed,
  type Triple,
  turned,
} from "./robot.ts";

/** A pose given in `outer`, in the frame in which `outer` stands. */
export function placedIn(outer: Pose, inner: Pose): Pose {
  return {
    position: sum(outer.position, turned(outer.rotation, inner.position)),
    rotation: times(outer.rotation, inner.rotation),
  };
}

/** `link` and what is fixed to it at `pose`, as one link with the frame and the name of `link`. */
export function withFixed(link: RobotLink, fixed: RobotLink, pose: Pose): RobotLink {
  const mass = link.mass + fixed.mass;
  if (mass === 0) return link;
  const ofFixed =
    placedIn(pose, { position: fixed.centreOfMass, rotation: pose.rotation }).position;
  const share = fixed.mass / mass;
  const centreOfMass = sum(scaled(1 - share, link.centreOfMass), scaled(share, ofFixed));
  const turnedInertia = times(pose.rotation, times(fixed.inertia, transposed(pose.rotation)));
  return {
    ...link,
    mass,
    centreOfMass,
    inertia: matrixSum(
      aboutPoint(link.inertia, link.mass, sum(link.centreOfMass, scaled(-1, centreOfMass))),
      aboutPoint(turnedInertia, fixed.mass, sum(ofFixed, scaled(-1, centreOfMass))),
    ),
  };
}

/** The inertia about a point at distance `r` from the centre of mass (Steiner's theorem). */
function aboutPoint(inertia: Matrix, mass: number, r: Triple): Matrix {
  const square = r[0] ** 2 + r[1] ** 2 + r[2] ** 2;
  const entry = (i: number, j: number) =>
    inertia[i][j] + mass * ((i === j ? square : 0) - r[i] * r[j]);
  const row = (i: number): Triple => [entry(i, 0), entry(i, 1), entry(i, 2)];
  return [row(0), row(1), row(2)];
}

function sum(a: Triple, b: Triple): Triple {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

function scaled(factor: number, [x, y, z]: Triple): Triple {
  return [factor * x, factor * y, factor * z];
}

function matrixSum(a: Matrix, b: Matrix): Matrix {
  return [sum(a[0], b[0]), sum(a[1], b[1]), sum(a[2], b[2])];
}
