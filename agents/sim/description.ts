/** What a page must know of a run before it can show anything. */
import { type Description, protocolVersion } from "../../cluster/protocol.ts";
import { lesionNames } from "../../controllers/lesions.ts";
import type { MotorNetwork } from "../../controllers/motor_network.ts";
import type { Arm } from "../../sim/arms/arm.ts";
import { tasks } from "../../sim/tasks/catalogue.ts";
import type { RunConfig, RunParts } from "./run_config.ts";

/** What is described. */
export interface Describable {
  readonly run: string;
  readonly config: RunConfig;
  readonly parts: RunParts;
  readonly learner?: { readonly network: MotorNetwork };
}

/** The description of a run. */
export function describe({ run, config, parts, learner }: Describable): Description {
  const { arm, actuator } = parts;
  const network = learner?.network;
  const lesions = network && network.streams.length > 1 ? lesionNames : ["none"];
  return {
    type: "description",
    protocol: protocolVersion,
    run,
    seed: config.seed,
    engine: config.engine,
    task: config.task,
    controller: config.controller,
    updates: config.updates,
    arm: {
      name: arm.name,
      summary: arm.summary,
      links: arm.links.map(({ name, length }) => ({ name, length })),
      joints: arm.joints.map(({ name, lower, upper }) => ({ name, lower, upper })),
      actuators: actuator.muscles ? describeMuscles(arm) : describeMotors(arm),
    },
    network: {
      streams: network ? [...network.streams] : [],
      layers: network?.config.layers ?? 0,
      units: network?.width ?? 0,
      callosum: network?.config.callosum ?? "none",
    },
    tasks: Object.keys(tasks),
    controllers: network ? [config.controller, "minimum-jerk"] : [config.controller],
    lesions: [...lesions],
  };
}

type Actuators = Description["arm"]["actuators"];

const describeMuscles = (arm: Arm): Actuators =>
  arm.muscles.map(({ name, momentArms }) => ({
    name,
    kind: "muscle",
    momentArms: [...momentArms],
  }));

const describeMotors = (arm: Arm): Actuators =>
  arm.joints.map(({ name }, motor) => ({
    name,
    kind: "motor",
    momentArms: arm.joints.map((_, joint) => joint === motor ? 1 : 0),
  }));
