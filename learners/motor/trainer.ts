/**
 * Training of a motor network by back-propagation through the differentiable arm: draw a batch of
 * trials, roll out, pull the losses back, clip each tensor, Adam, keep the merge weights non-negative.
 *
 * An update is a function of the trainer's state and the update's number alone (its trials come from
 * the stream `training/trials/<number>`, its noise from `training/noise/<number>`), so a restored trainer goes on to the same numbers.
 */
import type { MotorNetwork } from "../../controllers/motor_network.ts";
import type { Arm } from "../../sim/arms/arm.ts";
import { randomStream } from "../../sim/random.ts";
import { phaseAt, type Task } from "../../sim/tasks/task.ts";
import { type AdamSettings, type AdamState, adamState, adamUpdate } from "../nn/adam.ts";
import type { DifferentiableRollout, RolloutOutcome } from "./rollout.ts";

/** What a training consists of. */
export interface TrainingPlan {
  readonly arm: Arm;
  readonly task: Task;
  readonly seed: number;
  /** Updates in all. */
  readonly updates: number;
  /** Trials of one batch. */
  readonly batch: number;
  readonly adam: AdamSettings;
}

/** What a trainer is made of; copied into and out of checkpoints. */
export interface TrainerState {
  readonly weights: Float64Array;
  readonly adam: AdamState;
}

/** A training in progress. */
export class Trainer {
  readonly #gradient: Float64Array;

  /** @param state where to start from; the initial weights under the plan's seed unless given */
  constructor(
    readonly plan: TrainingPlan,
    readonly network: MotorNetwork,
    readonly rollout: DifferentiableRollout,
    readonly state: TrainerState = freshState(network, plan.seed),
  ) {
    this.#gradient = new Float64Array(network.layout.size);
  }

  /** Updates done so far. */
  get updates(): number {
    return this.state.adam.updates;
  }

  /** Whether the plan is fulfilled. */
  get finished(): boolean {
    return this.updates >= this.plan.updates;
  }

  /** One update; resolves to the roll-out before it. */
  async update(): Promise<RolloutOutcome> {
    const { arm, task, seed, updates, batch, adam } = this.plan;
    const { weights, adam: moments } = this.state;
    const number = this.updates;
    const stream = randomStream(seed, `training/trials/${number}`);
    const trials = phaseAt(task, number, updates).draw(arm, stream, batch);
    const noise = randomStream(seed, `training/noise/${number}`);
    const outcome = await this.rollout.gradient(weights, trials, this.#gradient, noise);
    adamUpdate(this.network.layout, weights, this.#gradient, moments, adam);
    this.network.project(weights);
    return outcome;
  }
}

/** Initial weights and an empty optimiser. */
export function freshState(network: MotorNetwork, seed: number): TrainerState {
  return {
    weights: network.initialWeights(seed),
    adam: adamState(network.layout.size),
  };
}
