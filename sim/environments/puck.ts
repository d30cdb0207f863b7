/**
 * A puck that slides and turns on a plane and is pushed by a round fingertip, stated over an `Algebra`.
 *
 * - Finger and puck: a compliant contact. A spring and a damper resist their overlap and never pull;
 *   friction across is Coulomb's, its direction regularised by a small speed ε:
 *   F_n = max(0, k δ − c v_n), F_t = −μ F_n v_t/√(v_t² + ε²).
 * - Puck and plane: Coulomb friction of a patch. Force and moment lie on an ellipsoid, the limit surface
 *   of Howe & Cutkosky 1996 (Int. J. Robotics Research 15(6), 549), opposite to the motion; taken
 *   implicitly, so that the puck comes to rest and stays there.
 *
 * Everything acts at the middle of the overlap, equal and opposite on finger and puck, so momentum and
 * angular momentum pass from one to the other without loss.
 */
import type { Algebra } from "../expression/algebra.ts";
import { difference, norm, sumOfSquares } from "./terms.ts";

/** x, y */
type Pair<Value> = readonly [Value, Value];

/** A cylinder, standing on the plane. */
export interface Puck {
  /** m */
  readonly radius: number;
  /** kg */
  readonly mass: number;
  /** Coefficient of friction on the plane. */
  readonly friction: number;
}

/** How a fingertip and a puck meet. */
export interface Contact {
  /** Radius of the fingertip, m. */
  readonly fingerRadius: number;
  /** k, N/m */
  readonly stiffness: number;
  /** c, N s/m */
  readonly damping: number;
  /** μ */
  readonly friction: number;
  /** ε: the sliding speed at which friction has come to 71 % of its bound, m/s. */
  readonly slipSpeed: number;
}

/** The motion of a round body in the plane. */
export interface DiscMotion<Value> {
  /** m */
  readonly position: Pair<Value>;
  /** m/s */
  readonly velocity: Pair<Value>;
  /** rad/s */
  readonly spin: Value;
}

/** What a body is acted on by: N at its centre, and N m about it. */
export interface Push<Value> {
  readonly force: Pair<Value>;
  readonly moment: Value;
}

/** Moment of inertia of a puck about its axis, kg m². */
export function puckInertia({ mass, radius }: Puck): number {
  return mass * radius ** 2 / 2;
}

/** Keeps the direction of the contact defined where the centres coincide, m. */
const smallestDistance = 1e-6;

/** What finger and puck do to each other; nothing where they do not overlap. */
export function contactPushes<Value>(
  algebra: Algebra<Value>,
  { radius }: Puck,
  { fingerRadius, stiffness, damping, friction, slipSpeed }: Contact,
  finger: DiscMotion<Value>,
  puck: DiscMotion<Value>,
): { readonly onFinger: Push<Value>; readonly onPuck: Push<Value> } {
  const { constant, add, subtract, multiply, divide, negate, sqrt, maximum, whereLess } = algebra;
  const times = (factor: number, value: Value) => multiply(constant(factor), value);
  const zero = constant(0);
  const offset = difference(algebra, puck.position, finger.position);
  const distance = maximum(norm(algebra, offset), constant(smallestDistance));
  const [nx, ny] = offset.map((component) => divide(component, distance));
  const overlap = subtract(constant(fingerRadius + radius), distance);
  // From either centre to the middle of the overlap.
  const lever = (own: number) => subtract(constant(own), times(0.5, overlap));
  const [ofFinger, ofPuck] = [lever(fingerRadius), lever(radius)];

  const [vx, vy] = difference(algebra, puck.velocity, finger.velocity);
  const parting = add(multiply(vx, nx), multiply(vy, ny));
  const turning = add(multiply(ofPuck, puck.spin), multiply(ofFinger, finger.spin));
  const sliding = subtract(subtract(multiply(vy, nx), multiply(vx, ny)), turning);

  const resisting = subtract(times(stiffness, overlap), times(damping, parting));
  const normal = whereLess(zero, overlap, maximum(resisting, zero), zero);
  const speed = sqrt(add(multiply(sliding, sliding), constant(slipSpeed ** 2)));
  const across = negate(divide(times(friction, multiply(normal, sliding)), speed));

  const x = subtract(multiply(normal, nx), multiply(across, ny));
  const y = add(multiply(normal, ny), multiply(across, nx));
  return {
    onFinger: { force: [negate(x), negate(y)], moment: negate(multiply(ofFinger, across)) },
    onPuck: { force: [x, y], moment: negate(multiply(ofPuck, across)) },
  };
}

/**
 * The puck's motion a time step later: velocities under the push, then friction, then the position.
 *
 * @param gravity m/s², what presses the puck to the plane
 * @param timeStep s
 */
export function puckStep<Value>(
  algebra: Algebra<Value>,
  puck: Puck,
  { position, velocity, spin }: DiscMotion<Value>,
  { force, moment }: Push<Value>,
  { gravity, timeStep }: { readonly gravity: number; readonly timeStep: number },
): DiscMotion<Value> {
  const { constant, add, subtract, multiply, divide, sqrt, whereLess } = algebra;
  const advanced = (value: Value, rate: Value, factor: number) =>
    add(value, multiply(constant(factor), rate));
  const pushed = velocity.map((v, i) => advanced(v, force[i], timeStep / puck.mass));
  const turned = advanced(spin, moment, timeStep / puckInertia(puck));

  // The ellipsoid's axes are μ m g and c μ m g, with c = ⅔ R for an even pressure. Friction removes the
  // same share of all velocities, save for what the disc's inertia, m R²/2, is more than m c².
  const arm = 2 / 3 * puck.radius;
  const generalised = sqrt(
    add(sumOfSquares(algebra, pushed), multiply(constant(arm ** 2), multiply(turned, turned))),
  );
  const most = puck.friction * gravity * timeStep;
  const share = whereLess(
    constant(most),
    generalised,
    divide(constant(most), generalised),
    constant(1),
  );
  const [vx, vy] = pushed.map((v) => subtract(v, multiply(share, v)));
  const ofSpin = puck.mass * arm ** 2 / puckInertia(puck);
  return {
    position: [advanced(position[0], vx, timeStep), advanced(position[1], vy, timeStep)],
    velocity: [vx, vy],
    spin: subtract(turned, multiply(constant(ofSpin), multiply(share, turned))),
  };
}
