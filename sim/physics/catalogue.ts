/** The engines that the laboratory offers, by name, as plants. A new engine is one more entry here. */
import type { Actuator } from "../actuators/actuator.ts";
import type { Arm } from "../arms/arm.ts";
import type { Precision } from "../expression/batch.ts";
import { cannonEngine } from "./cannon.ts";
import { horizontalScene } from "./engine.ts";
import { enginePlant } from "./engine_plant.ts";
import { equationsEngine } from "./equations.ts";
import { equationsPlant } from "./equations_plant.ts";
import type { Plant } from "./plant.ts";
import type { PlantEquations } from "./plant_equations.ts";

export const engineNames = ["cannon", "equations"] as const;

export type EngineName = (typeof engineNames)[number];

/** What a plant is asked to be. */
export interface PlantRequest {
  readonly arm: Arm;
  readonly actuator: Actuator;
  readonly arms: number;
  /** Seconds from one command to the next. */
  readonly timeStep: number;
  /** Whether forces as stiff as a force channel's act, which need shorter sub-steps; default no. */
  readonly stiff?: boolean;
  /** In which precision equations and actuators are computed; `single` unless given. */
  readonly precision?: Precision;
}

/** Engine steps in a control step of 10 ms: 2 ms each, 1 ms under stiff forces. */
const usualSubsteps = 5;
const stiffSubsteps = 10;

/**
 * The differentiable plant of the laboratory, in which controllers learn: MotorNet's explicit form for
 * the two-joint arms that it was made for. A third, light link makes the hand so mobile that in a force
 * field of the usual size this form gains energy at steps of 10 ms; such arms take Runge-Kutta steps.
 */
export function trainingEquations(
  { arm, actuator, timeStep }: Pick<PlantRequest, "arm" | "actuator" | "timeStep">,
): PlantEquations {
  const integrator = arm.links.length > 2 ? "rk4" : "motornet";
  return { arm, actuator, timeStep, scene: horizontalScene, integrator };
}

/**
 * A plant in a horizontal plane on the engine called `engine`.
 * @throws {RangeError} when there is no such engine
 */
export function createPlant(engine: EngineName, request: PlantRequest): Plant {
  if (!engineNames.includes(engine)) {
    throw new RangeError(`no engine "${engine}"; there are ${engineNames.join(", ")}`);
  }
  const { arm, arms, precision, stiff = false } = request;
  const substeps = stiff ? stiffSubsteps : usualSubsteps;
  const onEngine = { ...request, scene: horizontalScene, substeps };
  if (engine === "cannon") {
    return enginePlant(cannonEngine(arm, horizontalScene, { arms }), onEngine);
  }
  if (!stiff) return equationsPlant(trainingEquations(request), arms, precision);
  const options = { arms, integrator: "semi-implicit", precision } as const;
  return enginePlant(equationsEngine(arm, horizontalScene, options), onEngine);
}
