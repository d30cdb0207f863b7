/**
 * The contract of a plant: N copies of an arm with its actuators, stepped by actuator commands. There
 * are two: `equations_plant.ts` (compiled, differentiable) and `engine_plant.ts` (the same actuators
 * on a rigid-body engine such as cannon-es).
 */
import type { Arm } from "../arms/arm.ts";
import type { Actuator } from "../actuators/actuator.ts";

/**
 * The force field at the hands, each part [row][arm] and optional:
 * F = load + viscosity ṗ + quadraticViscosity ‖ṗ‖ ṗ + stiffness (p − anchor).
 */
export interface HandFieldArrays {
  /** [x, y][arm], N */
  readonly load?: Float64Array;
  /** [xx, xy, yx, yy][arm], N s/m */
  readonly viscosity?: Float64Array;
  /** [xx, xy, yx, yy][arm], N s²/m²; its force grows up to `saturationSpeed` (`hand_field.ts`). */
  readonly quadraticViscosity?: Float64Array;
  /** [xx, xy, yx, yy][arm], N/m; needs `anchor` */
  readonly stiffness?: Float64Array;
  /** [x, y][arm], m */
  readonly anchor?: Float64Array;
}

/** What can be read of a plant; views that change with every step. Layout [row][arm]. */
export interface PlantReadings {
  /** [joint][arm], rad */
  readonly angles: Float64Array;
  /** [joint][arm], rad/s */
  readonly velocities: Float64Array;
  /** [actuator][arm] */
  readonly activation: Float64Array;
  /** [actuator][arm], N (muscles) or N m (motors) */
  readonly force: Float64Array;
  /** [row][arm]: proprioception, then hand x, y (m): the observation without its target. */
  readonly sensed: Float64Array;
  /** [x, y][arm], m: the last two rows of `sensed`. */
  readonly hand: Float64Array;
}

/** N arms with their actuators. */
export interface Plant {
  /** The engine's name. */
  readonly engine: string;
  readonly arm: Arm;
  readonly actuator: Actuator;
  readonly arms: number;
  /** Seconds from one command to the next. */
  readonly timeStep: number;
  readonly readings: PlantReadings;
  /** Put the arms at rest at `angles`, [joint][arm]. */
  reset(angles: Float64Array): void;
  /** Advance by one time step under `commands`, [actuator][arm], and a force field. */
  step(commands: Float64Array, field?: HandFieldArrays): void;
}
