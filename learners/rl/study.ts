/** What all reinforcement-learning methods of the library are asked: the task, the policy, its evaluation. */
import { z } from "zod";
import { callosumNames } from "../../controllers/callosum.ts";
import { createEnvironment, taskSpecifications } from "../../sim/environments/catalogue.ts";
import type { VectorEnvironment } from "../../sim/environments/environment.ts";
import type { Axis } from "../axes.ts";
import { MotorPolicyNetwork } from "../motor/policy_network.ts";
import type { ActivationName } from "../nn/activations.ts";
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

type LayersConfig = Pick<StudyConfig, "units" | "layers" | "activation">;
type NetworkConfig = LayersConfig & Pick<StudyConfig, "callosum">;

/** What a policy's network ends in. */
export interface PolicyHead {
  readonly outputs: number;
  /** Of a perceptron; that of motor networks is tanh. */
  readonly activation: "none" | "tanh";
}

/** A policy's network. */
export function policyNetwork(
  kind: PolicyName,
  { specification }: VectorEnvironment,
  config: NetworkConfig,
  { outputs, activation }: PolicyHead,
): Network {
  const inputs = specification.observation.length;
  if (kind === "plain") return perceptron(config, inputs, outputs, activation);
  const { units, layers, callosum } = config;
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

/** The network of V: a perceptron of what the policy sees, whatever the policy is. */
export function valueNetwork({ inputs }: Pick<Network, "inputs">, config: LayersConfig): Network {
  return perceptron(config, inputs, 1, "none");
}

/** The network of Q: a perceptron of observation and action, whatever the policy is. */
export function criticNetwork({ specification }: VectorEnvironment, config: LayersConfig): Network {
  const inputs = specification.observation.length + specification.action.length;
  return perceptron(config, inputs, 1, "none");
}

/** A perceptron of the configuration's hidden layers. */
export function perceptron(
  { units, layers, activation }: LayersConfig,
  inputs: number,
  outputs: number,
  outputActivation: ActivationName,
): Network {
  return new Perceptron({
    inputs,
    hidden: Array.from({ length: layers }, () => units),
    outputs,
    activation,
    outputActivation,
  });
}
