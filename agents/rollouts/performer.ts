/** Does pieces of work: what an actor does elsewhere, a trainer without actors does itself. */
import type { Controller } from "../../controllers/controller.ts";
import { networkController } from "../../controllers/network_controller.ts";
import { VectorEnv } from "../../sim/env.ts";
import { createPlant } from "../../sim/physics/catalogue.ts";
import { randomStream } from "../../sim/random.ts";
import { controlStep } from "../../sim/tasks/task.ts";
import { decodeWeights } from "../sim/checkpoint.ts";
import { scriptedController } from "../sim/controllers.ts";
import { measureTrials } from "../../learners/motor/evaluation/evaluator.ts";
import { type ActorWork, prepareActorWork } from "../../learners/rl/actor_works.ts";
import { learns, type RunConfig, runNetwork, runParts } from "../sim/run_config.ts";
import { type ActingPolicy, deterministicPolicy, gaussianPolicy } from "./acting.ts";
import { packTrials } from "./measured_trials.ts";
import type { PieceContents } from "./piece.ts";
import { packTransitions, rollOut } from "./transitions.ts";
import type { VersionedWeights } from "./weights_parts.ts";
import type { MeasuresWork, RolloutWork, TransitionsWork } from "./work.ts";

/** Does the piece of this number with these weights. */
export type Perform = (piece: number, weights?: VersionedWeights) => PieceContents;

/** Works that stay prepared: those of one evaluation, or of one training. */
const keptWorks = 2;

/** Does pieces, and keeps what is costly to make as long as it is needed. */
export class Performer {
  readonly #prepared = new Map<string, Perform>();

  /**
   * Do a piece.
   * @param weights a safetensors file of the controller's weights, unless it has none
   * @throws {RangeError | DivergenceError | CheckpointError | SafetensorsError} what cannot be done
   */
  perform(work: RolloutWork, piece: number, weights?: VersionedWeights): PieceContents {
    const key = JSON.stringify(work);
    const perform = this.#prepared.get(key) ?? prepare(work);
    // The latest stands last; the first is the one that has not been needed for longest.
    this.#prepared.delete(key);
    this.#prepared.set(key, perform);
    if (this.#prepared.size > keptWorks) {
      this.#prepared.delete(this.#prepared.keys().next().value!);
    }
    return perform(piece, weights);
  }
}

function prepare(work: RolloutWork): Perform {
  switch (work.kind) {
    case "measures":
      return prepareMeasures(work);
    case "transitions":
      return prepareTransitions(work);
    default:
      return prepareForLearner(work);
  }
}

function prepareForLearner(work: ActorWork): Perform {
  const perform = prepareActorWork(work);
  return (piece, weights) => {
    if (!weights) {
      throw new RangeError(`work of the kind ${work.kind} cannot be done without weights`);
    }
    return { tensors: perform(piece, weights.bytes), labels: {} };
  };
}

function prepareMeasures({ run, engine, trialsOfPiece }: MeasuresWork): Perform {
  const { seed, evaluationTrials: trials } = run;
  const request = { ...runParts(run), engine, seed, trials };
  const controllers = controllersOf(run);
  return (piece, weights) => {
    const first = piece * trialsOfPiece;
    const range = { first, end: Math.min(first + trialsOfPiece, trials) };
    return packTrials(measureTrials(request, controllers(weights), range));
  };
}

function prepareTransitions(work: TransitionsWork): Perform {
  const { run, engine, stream, arms, exploration } = work;
  const { arm, actuator, task } = runParts(run);
  const controllers = controllersOf(run);
  const envs = new Map<boolean, VectorEnv>();
  const envFor = (stiff: boolean) => {
    let env = envs.get(stiff);
    if (!env) {
      const plant = createPlant(engine, { arm, actuator, arms, timeStep: controlStep, stiff });
      envs.set(stiff, env = new VectorEnv(plant, task));
    }
    return env;
  };
  let acting: { readonly version?: number; readonly policy: ActingPolicy } | undefined;
  return (piece, weights) => {
    if (!acting || acting.version !== weights?.version) {
      const policy = policyOf(controllers(weights)(arms), exploration);
      acting = { version: weights?.version, policy };
    }
    const draw = (purpose: string) => randomStream(run.seed, `${stream}/${piece}/${purpose}`);
    const trials = task.draw(arm, draw("trials"), arms);
    const env = envFor(trials.channel !== undefined);
    return packTransitions(rollOut(env, acting.policy, trials, draw("exploration")));
  };
}

function policyOf(controller: Controller, exploration: number): ActingPolicy {
  return exploration > 0
    ? gaussianPolicy(controller, exploration)
    : deterministicPolicy(controller);
}

/** Makes the controllers of a run from its weights. */
function controllersOf(run: RunConfig) {
  const parts = runParts(run);
  if (!learns(run)) return () => () => scriptedController(parts);
  const network = runNetwork(run, parts);
  let decoded: { readonly version: number; readonly vector: Float64Array } | undefined;
  return (weights?: VersionedWeights) => {
    if (!weights) throw new RangeError(`a ${run.controller} controller cannot act without weights`);
    if (decoded?.version !== weights.version) {
      const vector = decodeWeights(weights.bytes, network.layout).weights;
      decoded = { version: weights.version, vector };
    }
    const { vector } = decoded;
    return (arms: number) => networkController(network, vector, arms);
  };
}
