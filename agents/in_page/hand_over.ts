/** A run that a page hands over to the agents in its workers, as these work with it. */
import type { RunInHand } from "../../cluster/in_page.ts";
import type { MotorNetwork } from "../../controllers/motor_network.ts";
import { freshState } from "../../learners/motor/trainer.ts";
import { decodeWeights, type Weights } from "../sim/checkpoint.ts";
import {
  learns,
  type RunConfig,
  runConfig,
  runNetwork,
  type RunParts,
  runParts,
} from "../sim/run_config.ts";
import { withModel } from "./models.ts";

/** A run whose trials can be done here. */
export interface RunHere {
  readonly config: RunConfig;
  readonly parts: RunParts;
  /** The network that learns; none of a scripted controller. */
  readonly network?: MotorNetwork;
}

/** Held-out trials of an evaluation here at the most: they take as long as 60 updates of a training. */
const mostEvaluationTrials = 64;

/**
 * The configuration of a run in hand. Whatever it is elsewhere, here the arm moves by its equations of
 * motion, and roll-outs are those that need WebAssembly alone: a page may not compile JavaScript.
 * @throws {z.ZodError | RangeError} when the configuration, or what is chosen, is none of a `sim` run
 */
export function configHere({ configuration, choice }: RunInHand): RunConfig {
  const given = runConfig.parse(configuration);
  const { task, seed, updates } = choice ?? given;
  const chosen = choice ? withModel(given, choice.model) : given;
  return runConfig.parse({
    ...chosen,
    ...{ task, seed, updates },
    evaluationTrials: Math.min(given.evaluationTrials, mostEvaluationTrials),
    engine: "equations",
    trainer: "vector",
  });
}

/** The run in hand. @throws as `configHere` */
export function runHere(inHand: RunInHand): RunHere {
  const config = configHere(inHand);
  const parts = runParts(config);
  return { config, parts, ...(learns(config) && { network: runNetwork(config, parts) }) };
}

/**
 * The network of a run. Scripted controllers compile JavaScript, which a page may not.
 * @throws {RangeError} when its controller is scripted
 */
export function requireNetwork({ config, network }: RunHere): MotorNetwork {
  if (network) return network;
  throw new RangeError(
    `controller ${config.controller} has no network; a page does with nothing else`,
  );
}

/**
 * The weights that were handed over, or those that the run's training begins with.
 * @throws {SafetensorsError | CheckpointError} when they are none of this network
 */
export function weightsHere(
  { config }: RunHere,
  network: MotorNetwork,
  { weights }: RunInHand,
): Weights {
  return weights
    ? decodeWeights(weights, network.layout)
    : { weights: freshState(network, config.seed).weights, updates: 0 };
}
