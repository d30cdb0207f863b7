/**
 * The minimum-jerk trajectory of Flash & Hogan 1985 (J. Neurosci. 5): the motion of given duration that
 * minimises ∫ ‖p⃛‖² dt, a polynomial of fifth degree in each coordinate. From rest to rest it is
 * p = p0 + (goal − p0)(10x³ − 15x⁴ + 6x⁵), x = t/T; from a moving start it continues position, velocity
 * and acceleration without a jump.
 */

/** Position, velocity and acceleration at one time; one number a coordinate, in any unit u, u/s, u/s². */
export interface Motion {
  readonly position: readonly number[];
  readonly velocity: readonly number[];
  readonly acceleration: readonly number[];
}

/** Rest at `position`. */
export function restAt(position: readonly number[]): Motion {
  const still = position.map(() => 0);
  return { position, velocity: still, acceleration: still };
}

/**
 * The minimum-jerk trajectory from the motion `start` to rest at `goal`.
 *
 * @param duration s, greater than 0
 * @returns the motion at a time in s; before 0 that at 0, after `duration` rest at the goal
 * @throws {RangeError} when the duration is not positive and finite, or start and goal differ in size
 */
export function minimumJerkTrajectory(
  start: Motion,
  goal: readonly number[],
  duration: number,
): (time: number) => Motion {
  if (!(duration > 0 && Number.isFinite(duration))) {
    throw new RangeError(`duration ${duration} s should be positive and finite`);
  }
  if (goal.length !== start.position.length) {
    throw new RangeError(
      `goal has ${goal.length} coordinates, the start ${start.position.length}; they should agree`,
    );
  }
  const polynomials = goal.map((end, i) => {
    const position = start.position[i];
    const velocity = start.velocity[i] * duration;
    const acceleration = start.acceleration[i] * duration ** 2;
    const distance = end - position;
    return [
      position,
      velocity,
      acceleration / 2,
      10 * distance - 6 * velocity - 1.5 * acceleration,
      -15 * distance + 8 * velocity + 1.5 * acceleration,
      6 * distance - 3 * velocity - 0.5 * acceleration,
    ] as const;
  });
  return (time) => {
    if (time >= duration) return restAt(goal);
    const x = Math.max(0, time / duration);
    return {
      position: polynomials.map(([c0, c1, c2, c3, c4, c5]) =>
        c0 + x * (c1 + x * (c2 + x * (c3 + x * (c4 + x * c5))))
      ),
      velocity: polynomials.map(([, c1, c2, c3, c4, c5]) =>
        (c1 + x * (2 * c2 + x * (3 * c3 + x * (4 * c4 + x * 5 * c5)))) / duration
      ),
      acceleration: polynomials.map(([, , c2, c3, c4, c5]) =>
        (2 * c2 + x * (6 * c3 + x * (12 * c4 + x * 20 * c5))) / duration ** 2
      ),
    };
  };
}

/** Positions one time step before, at, and one time step after a time. */
export type SuccessivePositions = readonly [
  readonly number[],
  readonly number[],
  readonly number[],
];

/** The motion in the middle of three positions, `timeStep` s apart, by central differences. */
export function motionOf([before, now, after]: SuccessivePositions, timeStep: number): Motion {
  return {
    position: now,
    velocity: now.map((_, i) => (after[i] - before[i]) / (2 * timeStep)),
    acceleration: now.map((value, i) => (after[i] - 2 * value + before[i]) / timeStep ** 2),
  };
}
