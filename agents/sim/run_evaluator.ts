/** Measures a run's controller on its held-out trials: in this thread, or by actors. */
import type { Bus } from "../../cluster/bus.ts";
import { networkController } from "../../controllers/network_controller.ts";
import type { EngineName } from "../../sim/physics/catalogue.ts";
import { encodeWeights } from "./checkpoint.ts";
import { scriptedController } from "./controllers.ts";
import { evaluate, type MeanMeasures } from "../../learners/motor/evaluation/evaluator.ts";
import { EvaluationFleet } from "../rollouts/evaluation_fleet.ts";
import { exchangeId } from "../rollouts/exchange.ts";
import { type RunConfig, runNetwork, runParts } from "./run_config.ts";

/** What is to be measured. */
export interface MeasureRequest {
  readonly engine: EngineName;
  /** Of the network; they must not change while it is measured. Absent for a scripted controller. */
  readonly weights?: Float64Array;
  /** Whether this thread has nothing else to do until the result is there. */
  readonly waiting: boolean;
}

/** Measures a run's controller. The numbers are the same whoever measures. */
export interface RunEvaluator extends Disposable {
  /** @throws {DivergenceError} when an arm's motion is no longer finite */
  measure(request: MeasureRequest): MeanMeasures | Promise<MeanMeasures>;
}

/** The evaluator of a training: with actors where they are wanted. */
export function runEvaluator(
  bus: Bus,
  { run, config, actors = 0 }: {
    readonly run: string;
    readonly config: RunConfig;
    readonly actors?: number;
  },
): RunEvaluator {
  return actors > 0 ? fleetEvaluator(bus, run, config, actors) : localEvaluator(config);
}

function localEvaluator(config: RunConfig): RunEvaluator {
  const { seed, evaluationTrials: trials } = config;
  return {
    measure({ engine, weights }) {
      const parts = runParts(config);
      const network = weights && runNetwork(config, parts);
      return evaluate(
        { ...parts, seed, trials, engine },
        (arms) => network ? networkController(network, weights, arms) : scriptedController(parts),
      );
    },
    [Symbol.dispose]() {},
  };
}

function fleetEvaluator(
  bus: Bus,
  run: string,
  config: RunConfig,
  actors: number,
): RunEvaluator {
  const fleet = new EvaluationFleet(bus, config, { id: exchangeId(run), actors });
  return {
    async measure({ engine, weights, waiting }) {
      const bytes = weights && encoded(config, weights);
      return await fleet.evaluate({ engine, weights: bytes, help: waiting });
    },
    [Symbol.dispose]: () => fleet[Symbol.dispose](),
  };
}

function encoded(config: RunConfig, weights: Float64Array): Uint8Array {
  const { layout } = runNetwork(config, runParts(config));
  return encodeWeights(layout, { weights, updates: 0 });
}
