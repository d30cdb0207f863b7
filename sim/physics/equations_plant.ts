/** The plant of the `equations` engine: arm and actuators in one compiled kernel. */
import type { Precision } from "../expression/batch.ts";
import { createBatch } from "../expression/batches.ts";
import { requireLength } from "./arrays.ts";
import { checkField, type FieldPart, fieldParts, fieldRows } from "./hand_field.ts";
import type { HandFieldArrays, Plant, PlantReadings } from "./plant.ts";
import type { PlantEquations } from "./plant_equations.ts";
import { resetStatement, sensedSize, stateLayout, stepStatement } from "./plant_kernels.ts";

/** What a step or a reset writes, under the names of its kernel, and where it belongs. */
const after = { newState: "state", newSensed: "sensed" } as const;
const readable = ["state", "sensed"] as const;

/**
 * `arms` copies of the plant that `equations` describes.
 *
 * @param precision in single precision, the default, angles and lengths have errors of 1e-7 a step
 */
export function equationsPlant(
  equations: PlantEquations,
  arms: number,
  precision: Precision = "single",
): Plant {
  const { arm, actuator, timeStep } = equations;
  const batch = createBatch(precision, arms, {
    angles: arm.joints.length,
    state: stateLayout(equations).size,
    sensed: sensedSize(equations),
    command: actuator.count,
    ...fieldRows,
  });
  const reset = batch.compile([
    { take: ["angles"] },
    { kernel: resetStatement(equations), arrays: after },
    { publish: readable },
  ]);
  const steps = new Map<string, () => void>();
  const stepFor = (parts: readonly FieldPart[]) => {
    const key = parts.join();
    let step = steps.get(key);
    if (!step) {
      step = batch.compile([
        { take: ["command", ...parts] },
        { kernel: stepStatement(equations, parts), arrays: after },
        { publish: readable },
      ]);
      steps.set(key, step);
    }
    return step;
  };
  const [startAngles, command] = [batch.array("angles"), batch.array("command")];

  return {
    engine: "equations",
    arm,
    actuator,
    arms,
    timeStep,
    readings: readings(equations, batch.array("state"), batch.array("sensed"), arms),
    reset(angles) {
      startAngles.set(requireLength("angles", angles, startAngles.length));
      reset();
    },
    step(commands, field: HandFieldArrays = {}) {
      requireLength("commands", commands, command.length);
      checkField(field, arms);
      const parts = fieldParts.filter((part) => field[part]);
      command.set(commands);
      for (const part of parts) batch.array(part).set(field[part]!);
      stepFor(parts)();
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
