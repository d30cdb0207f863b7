/** The actuators that the laboratory offers, by name. A new one is one more line here. */
import type { Arm } from "../arms/arm.ts";
import { type Actuator, type ActuatorName, actuatorNames } from "./actuator.ts";
import { muscles } from "./muscle.ts";
import { hillLaw, mujocoLaw, reluLaw, thelenLaw } from "./muscle_laws.ts";
import { torqueMotors } from "./torque_motor.ts";

const create: Readonly<Record<ActuatorName, (arm: Arm) => Actuator>> = {
  "hill-muscle": (arm) => muscles("hill-muscle", arm, hillLaw()),
  "thelen-muscle": (arm) => muscles("thelen-muscle", arm, thelenLaw),
  "mujoco-muscle": (arm) => muscles("mujoco-muscle", arm, mujocoLaw),
  "relu-muscle": (arm) => muscles("relu-muscle", arm, reluLaw),
  "torque-motor": (arm) => torqueMotors(arm),
};

/**
 * The actuators called `name` for `arm`.
 * @throws {RangeError} when there are none of that name, or the arm lacks what they need
 */
export function findActuator(name: string, arm: Arm): Actuator {
  if (!Object.hasOwn(create, name)) {
    throw new RangeError(`no actuator "${name}"; there are ${actuatorNames.join(", ")}`);
  }
  return create[name as ActuatorName](arm);
}

/** What an arm is driven by unless something else is asked for. */
export function defaultActuator(arm: Arm): Actuator {
  return findActuator(arm.muscles.length > 0 ? "hill-muscle" : "torque-motor", arm);
}
