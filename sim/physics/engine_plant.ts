/**
 * The plant on a rigid-body engine: the same actuators and sensing as `equations_plant.ts`, the joints
 * integrated by the engine in several sub-steps of each control step.
 */
import type { Actuator } from "../actuators/actuator.ts";
import type { Arm } from "../arms/arm.ts";
import { requireLength } from "./arrays.ts";
import type { PhysicsEngine, Scene } from "./engine.ts";
import { readings } from "./equations_plant.ts";
import { checkField, handForces } from "./hand_field.ts";
import type { Plant } from "./plant.ts";
import type { PlantEquations } from "./plant_equations.ts";
import { actuatorKernels, resetKernel, sensedSize, stateLayout } from "./plant_kernels.ts";

/** What the plant is made of. */
export interface EnginePlantOptions {
  readonly arm: Arm;
  readonly actuator: Actuator;
  readonly scene: Scene;
  /** Seconds from one command to the next. */
  readonly timeStep: number;
  /** Steps of the engine, and of the actuators, in each control step. */
  readonly substeps: number;
}

/**
 * The actuators of `options` on `engine`.
 * @throws {RangeError} when `substeps` is not a positive integer
 */
export function enginePlant(engine: PhysicsEngine, options: EnginePlantOptions): Plant {
  const { arm, actuator, timeStep, substeps } = options;
  if (!Number.isInteger(substeps) || substeps < 1) {
    throw new RangeError(`${substeps} sub-steps in a control step; at least 1 is needed`);
  }
  const { arms } = engine;
  const dt = timeStep / substeps;
  const equations: PlantEquations = { ...options, integrator: "semi-implicit", timeStep: dt };
  const { drive, sense, hand } = actuatorKernels(equations);
  const reset = resetKernel(equations);
  const state = new Float64Array(stateLayout(equations).size * arms);
  const sensed = new Float64Array(sensedSize(equations) * arms);
  const read = readings(equations, state, sensed, arms);
  const proprioception = sensed.subarray(0, sensed.length - 2 * arms);
  const torques = new Float64Array(arm.joints.length * arms);
  const handVelocity = new Float64Array(2 * arms);
  const forces = new Float64Array(2 * arms);

  return {
    engine: engine.name,
    arm,
    actuator,
    arms,
    timeStep,
    readings: read,
    reset(angles) {
      reset.run(arms, requireLength("angles", angles, arm.joints.length * arms), state, sensed);
      engine.reset(read);
    },
    step(commands, field) {
      requireLength("commands", commands, actuator.count * arms);
      if (field) checkField(field, arms);
      else engine.setHandForces(forces.fill(0));
      const { angles, velocities, activation, force } = read;
      sense.run(arms, angles, velocities, proprioception);
      for (let substep = 0; substep < substeps; substep++) {
        drive.run(arms, angles, velocities, activation, commands, activation, force, torques);
        engine.setTorques(torques);
        if (field) {
          hand.run(arms, angles, velocities, read.hand, handVelocity);
          handForces(field, read.hand, handVelocity, forces);
          engine.setHandForces(forces);
        }
        engine.step(dt);
        engine.readState(read);
      }
      hand.run(arms, angles, velocities, read.hand, handVelocity);
    },
  };
}
