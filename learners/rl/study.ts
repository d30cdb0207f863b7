/** What all reinforcement-learning methods of the library are asked: the task, the policy, its evaluation. */
import { z } from "zod";
import { callosumNames } from "../../controllers/callosum.ts";
import { createEnvironment, taskSpecifications } from "../../sim/environments/catalogue.ts";
import type { VectorEnvironment } from "../../sim/environments/environment.ts";
import type { Axis } from "../axes.ts";
import { MotorPolicyNetwork } from "../motor/policy_network.ts";
import type { Network } from "../nn/network.ts";
import { Perceptron } from "../nn/perceptron.ts";

/** What kind of network a policy is. */
export const policies = {
  name: "policies",
  meaning: "what kind of network the policy is",
  values: {
    plain: "a multi-layer perceptron, its output linear",
    unilateral: "the motor network as one stream, its output through tanh",
    bilateral: "the motor network as two hemispheres with callosum, its output through tanh",
  },
} as const satisfies Axis;

export type PolicyName = keyof typeof policies.values;

/** The part of a configuration that all methods have. */
export const studySchema = z.object({
  task: z.enum(taskSpecifications.map(({ name }) => name)).default(
    "ArmReacher",
  )
    .describe("the task's name"),
  units: z.int().min(2).max(1024).default(64)
    .describe("units of a hidden layer of every network; a hemisphere has half of the policy's"),
  layers: z.int().min(1).max(8).default(2).describe("hidden layers of every network"),
  activation: z.enum(["tanh", "relu", "elu"]).default("tanh")
    .describe("activation of perceptrons' hidden layers; motor networks have tanh"),
  callosum: z.enum(callosumNames.filter((name) => name !== "none")).default("learned-linear")
    .describe("what couples the hemispheres of bilateral policies"),
  evaluationEpisodes: z.int().min(1).default(100)
    .describe("episodes of an evaluation, the same every time, none of them trained on"),
  evaluations: z.int().min(1).default(25).describe(
    "evaluations over the training, beside the first",
  ),
});

export type StudyConfig = z.output<typeof studySchema>;

/** As many copies of the task. */
export function environmentOf({ task }: Pick<StudyConfig, "task">, copies: number) {
  return createEnvironment(task, copies);
}

type NetworkConfig = Pick<StudyConfig, "units" | "layers" | "activation" | "callosum">;

/**
 * The policy's network for a task.
 * @throws {RangeError} when a motor network, whose commands are −1 … 1, is to act in another space
 */
export function policyNetwork(
  kind: PolicyName,
  environment: VectorEnvironment,
  config: NetworkConfig,
): Network {
  const { specification, actionSpace: { low, high } } = environment;
  const outputs = specification.action.length;
  if (kind === "plain") return perceptron(environment, outputs, config);
  if (low.some((bound) => bound !== -1) || high.some((bound) => bound !== 1)) {
    throw new RangeError(
      `the actions of ${specification.name} are not −1 … 1, as a motor network's commands are; ` +
        `use the variant plain`,
    );
  }
  const { units, layers, callosum } = config;
  const inputs = specification.observation.length;
  return new MotorPolicyNetwork({
    kind,
    units,
    layers,
    callosum: kind === "bilateral" ? callosum : "none",
    inputs,
    outputs,
    outputActivation: "tanh",
  });
}

/** The value's network: a perceptron, whatever the policy is. */
export function valueNetwork(environment: VectorEnvironment, config: NetworkConfig): Network {
  return perceptron(environment, 1, config);
}

function perceptron(
  { specification }: VectorEnvironment,
  outputs: number,
  { units, layers, activation }: NetworkConfig,
): Network {
  return new Perceptron({
    inputs: specification.observation.length,
    hidden: Array.from({ length: layers }, () => units),
    outputs,
    activation,
    outputActivation: "none",
  });
}
