/** The controllers that a run can show and measure. */
import type { Controller } from "../../controllers/controller.ts";
import { type LesionName, lesions } from "../../controllers/lesions.ts";
import { minimumJerkController } from "../../controllers/minimum_jerk/controller.ts";
import type { Activity, MotorNetwork } from "../../controllers/motor_network.ts";
import { networkController } from "../../controllers/network_controller.ts";
import type { RunParts } from "./run_config.ts";

/** A controller with what can be seen of its inside. */
export interface ShownController {
  readonly controller: Controller;
  /** The network's activities; none for a scripted controller. */
  readonly activity?: Activity;
}

/** The scripted controller of `parts`' arm. */
export function scriptedController({ arm, actuator }: RunParts): Controller {
  return minimumJerkController(arm, { actuator });
}

/** `network` as the controller of one arm, with a lesion. */
export function shownNetwork(
  network: MotorNetwork,
  weights: Float64Array,
  lesion: LesionName,
): ShownController {
  const controller = networkController(network, weights, 1, lesions[lesion]);
  return { controller, activity: controller.activity };
}
