/** The plant of the `equations` engine: arm and actuators in one compiled kernel. */
import { requireLength } from "./arrays.ts";
import type { Kernel } from "../expression/kernel.ts";
import { checkField, type FieldPart, fieldParts } from "./hand_field.ts";
import type { HandFieldArrays, Plant, PlantReadings } from "./plant.ts";
import type { PlantEquations } from "./plant_equations.ts";
import { resetKernel, sensedSize, stateLayout, stepKernel } from "./plant_kernels.ts";

/** `arms` copies of the plant that `equations` describes. */
export function equationsPlant(equations: PlantEquations, arms: number): Plant {
  const { arm, actuator, timeStep } = equations;
  const layout = stateLayout(equations);
  const state = new Float64Array(layout.size * arms);
  const sensed = new Float64Array(sensedSize(equations) * arms);
  const reset = resetKernel(equations);
  const steps = new Map<string, Kernel>();

  const stepFor = (parts: readonly FieldPart[]) => {
    const key = parts.join();
    let kernel = steps.get(key);
    if (!kernel) steps.set(key, kernel = stepKernel(equations, parts));
    return kernel;
  };

  return {
    engine: "equations",
    arm,
    actuator,
    arms,
    timeStep,
    readings: readings(equations, state, sensed, arms),
    reset(angles) {
      reset.run(arms, requireLength("angles", angles, arm.joints.length * arms), state, sensed);
    },
    step(commands, field: HandFieldArrays = {}) {
      requireLength("commands", commands, actuator.count * arms);
      checkField(field, arms);
      const parts = fieldParts.filter((part) => field[part]);
      const arrays = parts.map((part) => field[part]!);
      stepFor(parts).run(arms, state, commands, ...arrays, state, sensed);
    },
  };
}

/** Views of the packed arrays. */
export function readings(
  equations: PlantEquations,
  state: Float64Array,
  sensed: Float64Array,
  arms: number,
): PlantReadings {
  const layout = stateLayout(equations);
  const rows = (from: number, until: number) => state.subarray(from * arms, until * arms);
  return {
    angles: rows(layout.angles, layout.velocities),
    velocities: rows(layout.velocities, layout.activation),
    activation: rows(layout.activation, layout.force),
    force: rows(layout.force, layout.size),
    sensed,
    hand: sensed.subarray(sensed.length - 2 * arms),
  };
}
