/** Evaluations spread over actors: the same numbers as `evaluate` gives, to the last bit. */
import type { Bus } from "../../cluster/bus.ts";
import type { EngineName } from "../../sim/physics/catalogue.ts";
import { findTask } from "../../sim/tasks/catalogue.ts";
import { type MeanMeasures, meanMeasures } from "../../learners/motor/evaluation/evaluator.ts";
import type { RunConfig } from "../sim/run_config.ts";
import { Collector } from "./collector.ts";
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import { unpackTrials } from "./measured_trials.ts";

/** A tenth of a second of work in cannon: little is lost at the end, or when an actor dies. */
const trialsOfPiece = 16;

/** How many actors, at the most, an evaluation of so many trials has a piece for, beside this thread. */
export function usefulActors(trials: number): number {
  return piecesOf(trials) - 1;
}

const piecesOf = (trials: number) => Math.ceil(trials / trialsOfPiece);

/** An evaluation to do. */
export interface FleetEvaluation {
  readonly engine: EngineName;
  /** A safetensors file of weights; it must not change any more. Absent for a scripted controller. */
  readonly weights?: Uint8Array;
  /** Whether this thread helps, as it would only wait otherwise. */
  readonly help: boolean;
}

/** Evaluates the controllers of one run. */
export class EvaluationFleet implements Disposable {
  readonly #exchange: Exchange;
  readonly #collector: Collector;

  constructor(bus: Bus, readonly config: RunConfig, options: ExchangeOptions) {
    this.#exchange = new Exchange(bus, options);
    this.#collector = new Collector(this.#exchange);
  }

  /**
   * Measure the held-out trials; evaluations are done one after the other.
   * @throws {DivergenceError} when an arm's motion is no longer finite
   */
  async evaluate({ engine, weights, help }: FleetEvaluation): Promise<MeanMeasures> {
    const { config: run } = this;
    const { evaluationTrials: trials } = run;
    const pieces = piecesOf(trials);
    const work = { kind: "measures", run, engine, trialsOfPiece } as const;
    const contents = await this.#collector.collect({ work, pieces, weights, help });
    const measured = contents.flatMap((piece, number) =>
      unpackTrials(piece, Math.min(trialsOfPiece, trials - number * trialsOfPiece))
    );
    return meanMeasures(findTask(run.task), measured);
  }

  /** Let the actors go. */
  [Symbol.dispose](): void {
    this.#exchange.close();
  }
}
