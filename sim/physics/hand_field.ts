/** Force fields at the hands, in plain numbers; `plant_equations.ts` states the same over an algebra. */
import type { HandFieldArrays } from "./plant.ts";

/**
 * The force of `field` on each hand: load + viscosity ṗ + stiffness (p − anchor).
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
  const { load, viscosity, stiffness, anchor } = field;
  if (load) { for (let i = 0; i < into.length; i++) into[i] += load[i]; }
  if (viscosity) addMatrix(viscosity, (axis, arm) => handVelocity[axis * arms + arm]);
  if (stiffness && anchor) {
    addMatrix(stiffness, (axis, arm) => {
      const at = axis * arms + arm;
      return hand[at] - anchor[at];
    });
  }
}
