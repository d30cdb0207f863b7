/** Force fields at the hands, in plain numbers; `plant_equations.ts` states the same over an algebra. */
import { requireLength } from "./arrays.ts";
import type { HandFieldArrays } from "./plant.ts";

/**
 * The speed of the hand from which on a velocity-squared force stays as large as it is there, m/s. Robots
 * that exert such fields saturate as well; and a force that keeps growing with the square of the speed
 * outruns every fixed time step, once an untrained controller lets the arm swing.
 */
export const saturationSpeed = 1;

/**
 * The force of `field` on each hand: load + viscosity ṗ + quadraticViscosity ‖ṗ‖ ṗ + stiffness (p − anchor).
 *
 * @param hand [x, y][arm], m
 * @param handVelocity [x, y][arm], m/s
 * @param into written: [x, y][arm], N
 */
export function handForces(
  field: HandFieldArrays,
  hand: Float64Array,
  handVelocity: Float64Array,
  into: Float64Array,
): void {
  const arms = into.length / 2;
  into.fill(0);
  const addMatrix = (matrix: Float64Array, x: (axis: number, arm: number) => number) => {
    for (let arm = 0; arm < arms; arm++) {
      for (let row = 0; row < 2; row++) {
        for (let column = 0; column < 2; column++) {
          into[row * arms + arm] += matrix[(2 * row + column) * arms + arm] *
            x(column, arm);
        }
      }
    }
  };
  const { load, viscosity, quadraticViscosity, stiffness, anchor } = field;
  if (load) { for (let i = 0; i < into.length; i++) into[i] += load[i]; }
  if (viscosity) addMatrix(viscosity, (axis, arm) => handVelocity[axis * arms + arm]);
  if (quadraticViscosity) {
    const growth = Float64Array.from({ length: arms }, (_, arm) => {
      const speed = Math.hypot(handVelocity[arm], handVelocity[arms + arm]);
      return speed > saturationSpeed ? saturationSpeed ** 2 / speed : speed;
    });
    addMatrix(quadraticViscosity, (axis, arm) => growth[arm] * handVelocity[axis * arms + arm]);
  }
  if (stiffness && anchor) {
    addMatrix(stiffness, (axis, arm) => {
      const at = axis * arms + arm;
      return hand[at] - anchor[at];
    });
  }
}

/** The rows of each part of a field, in the order in which kernels take them. */
export const fieldRows = {
  load: 2,
  viscosity: 4,
  quadraticViscosity: 4,
  stiffness: 4,
  anchor: 2,
} as const;

export type FieldPart = keyof typeof fieldRows;

/** The parts of a force field. */
export const fieldParts = Object.keys(fieldRows) as readonly FieldPart[];

/**
 * Check the arrays of `field` for `arms` arms.
 * @throws {RangeError} when a part has not its rows for every arm, or when of stiffness and anchor
 * only one is given
 */
export function checkField(field: HandFieldArrays, arms: number): void {
  for (const part of fieldParts) {
    const values = field[part];
    if (values) requireLength(part, values, fieldRows[part] * arms);
  }
  if (!field.stiffness !== !field.anchor) {
    const [given, missing] = field.stiffness ? ["stiffness", "anchor"] : ["anchor", "stiffness"];
    throw new RangeError(`a force field with ${given} needs ${missing} as well`);
  }
}
