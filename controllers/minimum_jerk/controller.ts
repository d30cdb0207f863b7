/**
 * A scripted controller that reaches the way people do on average: the hand follows a minimum-jerk
 * trajectory to the target (Flash & Hogan 1985), the joints follow the hand, torques follow from the
 * arm's equations of motion with feedback on the joints, and muscles share the torque so that the sum
 * of their squared activations is least. It has a model of the arm and its actuators, but knows nothing
 * of the arm's state beyond the observation, and nothing of loads and force fields.
 *
 * From one observation to one command, for each arm:
 * 1. *Sense* the joint angles and rates (`joint_estimate.ts`).
 * 2. *Plan*, at the first observation and whenever the target has moved (`reach_plan.ts`).
 * 3. *Torque* that keeps the joints on the plan (`computed_torque.ts`).
 * 4. *Share* the torque among the actuators: the activations that make it (`torque_sharing.ts`).
 * 5. *Command* what brings each activation there in one step (`activation_drive.ts`).
 */
import type { Actuator } from "../../sim/actuators/actuator.ts";
import { defaultActuator } from "../../sim/actuators/catalogue.ts";
import type { Arm } from "../../sim/arms/arm.ts";
import { observationLayout } from "../../sim/sensors/observation.ts";
import type { Controller } from "../controller.ts";
import { activationDrives } from "./activation_drive.ts";
import { computedTorque, type FeedbackSettings } from "./computed_torque.ts";
import { estimateJoints, type JointEstimate } from "./joint_estimate.ts";
import { type Plan, planReach, type PlanSettings, type Shortfall } from "./reach_plan.ts";
import { torqueSharing } from "./torque_sharing.ts";

/** What can be chosen about the controller. */
export interface MinimumJerkOptions {
  /** What drives the arm; default: what drives it by default. */
  readonly actuator?: Actuator;
  /** Duration of a movement, s; longer where the actuators are too weak for it. Default 0.4. */
  readonly duration?: number;
  /** By how much the feed-forward torque leads, for sensing and actuators are late, s; default 0.03. */
  readonly anticipation?: number;
  /** Time between two commands, s; default 0.01. */
  readonly timeStep?: number;
  /** Gravitational acceleration along −y, m/s²; default 0. */
  readonly gravity?: number;
  /** ω of the feedback, rad/s; default 16. */
  readonly bandwidth?: number;
  /** ζ of the feedback; default 1. */
  readonly dampingRatio?: number;
  /** T_i: how fast the feedback takes up a constant load, s; default 0.15. */
  readonly integralTime?: number;
}

type Settings = PlanSettings & FeedbackSettings;

const defaults: Settings = {
  duration: 0.4,
  anticipation: 0.03,
  timeStep: 0.01,
  gravity: 0,
  bandwidth: 16,
  dampingRatio: 1,
  integralTime: 0.15,
};

/**
 * The scripted minimum-jerk controller for `arm`.
 *
 * @throws {RangeError} when an option is not positive and finite (gravity, anticipation: finite), or
 * when an arm with muscles has not two links, as its posture then cannot be told from the hand; from
 * `act`, when an array does not fit the batch of the last reset
 */
export function minimumJerkController(arm: Arm, options: MinimumJerkOptions = {}): Controller {
  const { actuator = defaultActuator(arm), ...chosen } = options;
  const settings: Settings = { ...defaults, ...chosen };
  for (const [name, value] of Object.entries(settings)) {
    const mayVanish = name === "gravity" || name === "anticipation";
    if (!(Number.isFinite(value) && (value > 0 || mayVanish))) {
      throw new RangeError(`${name} ${value} should be ${mayVanish ? "" : "positive and "}finite`);
    }
  }
  if (actuator.muscles && arm.links.length !== 2) {
    throw new RangeError(
      `${arm.name} has ${arm.links.length} links and muscles; the minimum-jerk controller tells the ` +
        "posture from the hand, for which an arm with muscles needs two links",
    );
  }
  const { size } = observationLayout(arm, actuator.muscles);
  const newPilot = pilot(arm, actuator, settings);
  let pilots: ((observation: Float64Array) => ArrayLike<number>)[] = [];
  return {
    name: "minimum-jerk",
    reset(batch) {
      pilots = Array.from({ length: batch }, newPilot);
    },
    act(observations, actions) {
      const batch = pilots.length;
      requireRows("observations", observations, size, batch);
      requireRows("actions", actions, actuator.count, batch);
      pilots.forEach((command, i) => {
        const observation = Float64Array.from(
          { length: size },
          (_, row) => observations[row * batch + i],
        );
        const commands = command(observation);
        for (let m = 0; m < actuator.count; m++) actions[m * batch + i] = commands[m];
      });
    },
  };
}

function requireRows(name: string, values: Float64Array, rows: number, batch: number): void {
  if (values.length !== rows * batch) {
    throw new RangeError(
      `${name} has ${values.length} numbers; for the ${batch} arms of the last reset there should be ` +
        `${rows} rows of ${batch}`,
    );
  }
}

/** Makes pilots: a pilot turns the observations of one arm, one after the other, into commands. */
function pilot(arm: Arm, actuator: Actuator, settings: Settings) {
  const { timeStep } = settings;
  const { target } = observationLayout(arm, actuator.muscles);
  const share = torqueSharing(arm, actuator);
  const newDrive = activationDrives(actuator, timeStep);
  const shortfall: Shortfall = (angles, torques) => share(angles, torques).missing;
  return () => {
    const drive = newDrive();
    const follow = computedTorque(arm, settings);
    let estimate: JointEstimate | undefined;
    let plan: Plan | undefined;
    return (observation: Float64Array) => {
      const [x, y] = observation.subarray(target, target + 2);
      estimate = estimateJoints(arm, actuator.muscles, timeStep, observation, estimate?.angles);
      const { angles } = estimate;
      if (!plan) {
        plan = planReach(arm, [angles, angles, angles], [x, y], settings, shortfall);
      } else if (x !== plan.target[0] || y !== plan.target[1]) {
        plan = planReach(arm, plan.around(), [x, y], settings, shortfall);
      }
      const torques = follow(plan, estimate);
      const commands = drive(share(angles, torques).activations);
      plan.advance();
      return commands;
    };
  };
}
