/**
 * The plant on a rigid-body engine: the same actuators and sensing as `equations_plant.ts`, the joints
 * integrated by the engine in several sub-steps of each control step.
 */
import type { Actuator } from "../actuators/actuator.ts";
import type { Arm } from "../arms/arm.ts";
import type { Batch, Precision } from "../expression/batch.ts";
import { createBatch } from "../expression/batches.ts";
import { requireLength } from "./arrays.ts";
import type { PhysicsEngine, Scene } from "./engine.ts";
import { readings } from "./equations_plant.ts";
import { checkField, handForces } from "./hand_field.ts";
import type { Plant } from "./plant.ts";
import type { PlantEquations } from "./plant_equations.ts";
import { actuatorStatements, resetStatement, sensedSize, stateLayout } from "./plant_kernels.ts";

/** What the plant is made of. */
export interface EnginePlantOptions {
  readonly arm: Arm;
  readonly actuator: Actuator;
  readonly scene: Scene;
  /** Seconds from one command to the next. */
  readonly timeStep: number;
  /** Steps of the engine, and of the actuators, in each control step. */
  readonly substeps: number;
  /** Of the actuators; `single` unless given. */
  readonly precision?: Precision;
}

/**
 * The actuators of `options` on `engine`.
 * @throws {RangeError} when `substeps` is not a positive integer
 */
export function enginePlant(engine: PhysicsEngine, options: EnginePlantOptions): Plant {
  const { arm, actuator, timeStep, substeps, precision = "single" } = options;
  if (!Number.isInteger(substeps) || substeps < 1) {
    throw new RangeError(`${substeps} sub-steps in a control step; at least 1 is needed`);
  }
  const { arms } = engine;
  const dt = timeStep / substeps;
  const equations: PlantEquations = { ...options, integrator: "semi-implicit", timeStep: dt };
  const batch = createBatch(precision, arms, {
    angles: arm.joints.length,
    state: stateLayout(equations).size,
    sensed: sensedSize(equations),
    command: actuator.count,
    torques: arm.joints.length,
    handVelocity: 2,
  });
  const { reset, drive, sense, hand } = compiled(equations, batch);
  const [startAngles, command] = [batch.array("angles"), batch.array("command")];
  const [torques, velocity] = [batch.array("torques"), batch.array("handVelocity")];
  const read = readings(equations, batch.array("state"), batch.array("sensed"), arms);
  const forces = new Float64Array(2 * arms);

  return {
    engine: engine.name,
    arm,
    actuator,
    arms,
    timeStep,
    readings: read,
    reset(angles) {
      startAngles.set(requireLength("angles", angles, startAngles.length));
      reset();
      engine.reset(read);
    },
    step(commands, field) {
      requireLength("commands", commands, command.length);
      if (field) checkField(field, arms);
      else engine.setHandForces(forces.fill(0));
      command.set(commands);
      sense();
      for (let substep = 0; substep < substeps; substep++) {
        drive();
        engine.setTorques(torques);
        if (field) {
          hand();
          handForces(field, read.hand, velocity, forces);
          engine.setHandForces(forces);
        }
        engine.step(dt);
        engine.readState(read);
      }
      hand();
    },
  };
}

/** The plant's own computations; the joints' motion is the engine's, and is read before each. */
function compiled(equations: PlantEquations, batch: Batch) {
  const arrays = { newState: "state", newSensed: "sensed" };
  const { drive, sense, hand } = actuatorStatements(equations);
  return {
    reset: batch.compile([
      { take: ["angles"] },
      { kernel: resetStatement(equations), arrays },
      { publish: ["state", "sensed"] },
    ]),
    drive: batch.compile([
      { take: ["state", "command"] },
      { kernel: drive, arrays },
      { publish: ["state", "torques"] },
    ]),
    sense: batch.compile([{ take: ["state"] }, { kernel: sense, arrays }]),
    hand: batch.compile([
      { take: ["state"] },
      { kernel: hand, arrays },
      { publish: ["sensed", "handVelocity"] },
    ]),
  };
}
