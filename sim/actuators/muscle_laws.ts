/**
 * Force laws of rigid-tendon muscles: force as a share of F_max from activation a, normalised fibre
 * length n = l/l0 and normalised velocity v = V/(10 l0) (negative when shortening).
 */
import type { Algebra } from "../expression/algebra.ts";

/** One force law with its activation constants. */
export interface MuscleLaw {
  /** Smallest activation and excitation. */
  readonly minimalActivation: number;
  /** Time constants of activation and deactivation, s. */
  readonly activationTime: number;
  readonly deactivationTime: number;
  /** Force / F_max. */
  force<Value>(algebra: Algebra<Value>, activation: Value, length: Value, velocity: Value): Value;
}

/** Time constants of all MotorNet muscles (Thelen 2003), s. */
const thelenTimes = { activationTime: 0.015, deactivationTime: 0.05 };

/** Force is activation: the simplest muscle that still only pulls. */
export const reluLaw: MuscleLaw = {
  ...thelenTimes,
  minimalActivation: 0,
  force: (_algebra, activation) => activation,
};

/** Width of the Hill muscle's force-length parabola, in normalised lengths. */
const hillWidth = 0.66;

/**
 * What a Hill muscle's force depends on its length by, as shares of F_max: the passive parabola
 * k_pe max(n − slack, 0)² with k_pe = 1/(1.66 − slack)², and the factor of the active force,
 * max(1 − (n − 1)²/0.66², 0.01).
 */
export function hillLengthCurves<Value>(
  { constant, subtract, multiply, maximum }: Algebra<Value>,
  n: Value,
  slack = 1,
): { readonly passive: Value; readonly forceLength: Value } {
  const square = (value: Value) => multiply(value, value);
  const one = constant(1);
  return {
    passive: multiply(
      constant(1 / (1.66 - slack) ** 2),
      square(maximum(subtract(n, constant(slack)), constant(0))),
    ),
    forceLength: maximum(
      subtract(one, multiply(constant(1 / hillWidth ** 2), square(subtract(n, one)))),
      constant(0.01),
    ),
  };
}

/**
 * Hill muscle of Kistemaker, Wong & Gribble 2010 (MotorNet's RigidTendonHillMuscle) with hyperbolic
 * shortening and a lengthening branch that continues it with twice the slope.
 *
 * @param slack normalised length beyond which the passive parabola sets in: 1.0 in MotorNet's
 * TensorFlow version (the default), 1.4 in PyTorch 0.2.0
 */
export function hillLaw(slack = 1): MuscleLaw {
  const sigma = 0.001;
  return {
    ...thelenTimes,
    minimalActivation: 0.001,
    force(algebra, a, n, v) {
      const { constant, add, subtract, multiply, divide, minimum, maximum, whereLess } = algebra;
      const square = (value: typeof a) => multiply(value, value);
      const zero = constant(0);
      const one = constant(1);

      const { passive, forceLength } = hillLengthCurves(algebra, n, slack);
      // Hill's constants A and B; B is reduced at activations below 0.3.
      const hillA = multiply(constant(0.41), whereLess(one, n, forceLength, one));
      const slope = 0.9 / (0.005 - 0.3);
      const reduction = subtract(constant(1 + 0.3 * slope), multiply(constant(slope), a));
      const hillB = multiply(constant(5.2), square(minimum(reduction, one)));

      // With f = a f_l, D = a (f_l + A)/B, p1 = −f/2/(σ − 2D), p2 = f²/4/(σ − 2D), p3 = −3f/2 the
      // lengthening branch is (−p1 p3 + p1 σ v + p2 − p3 v + σ v²)/(p1 + v). Numerator and
      // denominator are multiplied by E = B (σ − 2D), which leaves one division for both branches.
      // The published formula has a narrow pole at n > 1.655 and a < 0.0015; Arm26 stays below 1.36.
      const f = multiply(a, forceLength);
      const aA = multiply(a, hillA);
      const e = subtract(
        multiply(constant(sigma), hillB),
        multiply(constant(2), add(f, aA)),
      );
      const halfFB = multiply(constant(0.5), multiply(f, hillB));
      const ve = multiply(v, e);
      const lengthening = subtract(
        multiply(ve, add(multiply(constant(1.5), f), multiply(constant(sigma), v))),
        multiply(halfFB, add(f, multiply(constant(sigma), v))),
      );
      const shortening = add(multiply(v, aA), multiply(f, hillB));
      const active = divide(
        whereLess(v, zero, shortening, lengthening),
        whereLess(v, zero, subtract(hillB, v), subtract(ve, halfFB)),
      );
      return add(maximum(active, zero), passive);
    },
  };
}

/** The muscle of Thelen 2003 with a rigid tendon (MotorNet's RigidTendonHillMuscleThelen). */
export const thelenLaw: MuscleLaw = {
  ...thelenTimes,
  minimalActivation: 0.001,
  force(algebra, a, n, v) {
    const { constant, add, subtract, multiply, divide, maximum, whereLess, exp } = algebra;
    const zero = constant(0);
    const one = constant(1);
    const strain = subtract(n, one);
    const passive = maximum(
      multiply(
        constant(1 / (Math.exp(5) - 1)),
        subtract(exp(multiply(constant(5 / 0.6), strain)), one),
      ),
      zero,
    );
    const forceLength = exp(multiply(constant(-1 / 0.45), multiply(strain, strain)));
    const threeA = multiply(constant(3), a);
    const fourV = multiply(constant(4), v);
    const shortening = multiply(constant(0.25), add(add(threeA, fourV), one));
    const shorteningBelow = subtract(
      multiply(constant(0.25), add(threeA, one)),
      fourV,
    );
    const base = add(multiply(constant(0.3), a), constant(0.1));
    const lengthening = add(base, multiply(constant(14), v));
    const lengtheningBelow = add(base, multiply(constant(10), v));
    const forceVelocity = divide(
      whereLess(zero, v, lengthening, shortening),
      whereLess(zero, v, lengtheningBelow, shorteningBelow),
    );
    return add(multiply(multiply(a, forceLength), maximum(forceVelocity, zero)), passive);
  },
};

/**
 * MuJoCo's muscle curves (its documentation, "muscle actuators"): l_min 0.5, l_max 1.6, v_max 1.5,
 * f_vmax 1.2, passive parameter 1.3. Velocities count in units of l0 v_max as MuJoCo documents, not of
 * v_max alone as MotorNet 0.2.0 has it.
 */
export const mujocoLaw: MuscleLaw = {
  minimalActivation: 0,
  activationTime: 0.010,
  deactivationTime: 0.040,
  force(algebra, a, n, v) {
    const { constant, add, subtract, multiply, maximum, minimum, whereLess } = algebra;
    type Value = typeof a;
    const square = (value: Value) => multiply(value, value);
    const zero = constant(0);
    const one = constant(1);

    /** Quadratic spline: 0 outside (low, high), 1 at `middle`. */
    const bump = (low: number, middle: number, high: number): Value => {
      const side = (outer: number) => {
        const knot = (outer + middle) / 2;
        const spacing = Math.abs(middle - outer) / 2;
        const direction = Math.sign(middle - outer) / spacing;
        const fromOuter = maximum(
          multiply(constant(direction), subtract(n, constant(outer))),
          zero,
        );
        const fromMiddle = multiply(constant(1 / spacing), subtract(n, constant(middle)));
        const near = subtract(one, multiply(constant(0.5), square(fromMiddle)));
        const far = multiply(constant(0.5), square(fromOuter));
        return outer < middle
          ? whereLess(n, constant(knot), far, near)
          : whereLess(constant(knot), n, far, near);
      };
      return whereLess(n, constant(middle), side(low), side(high));
    };

    const forceLength = add(
      bump(0.5, 1, 1.6),
      multiply(constant(0.15), bump(0.5, 0.725, 0.95)),
    );

    const maximalVelocity = 1.5;
    const excess = 0.2;
    const relative = multiply(constant(10 / maximalVelocity), v);
    const shortening = square(maximum(add(relative, one), zero));
    const room = subtract(constant(excess), minimum(relative, constant(excess)));
    const lengthening = subtract(
      constant(1 + excess),
      multiply(constant(1 / excess), square(room)),
    );
    const forceVelocity = whereLess(zero, relative, lengthening, shortening);

    const passiveForce = 1.3;
    const knee = 0.5 * (1 + 1.6);
    const x = multiply(constant(1 / (knee - 1)), maximum(subtract(n, one), zero));
    const cubic = multiply(constant(0.25 * passiveForce), multiply(x, square(x)));
    const linear = multiply(
      constant(0.25 * passiveForce),
      add(one, multiply(constant(3), subtract(x, one))),
    );
    const passive = whereLess(one, x, linear, cubic);

    return add(multiply(a, multiply(forceLength, forceVelocity)), passive);
  },
};
