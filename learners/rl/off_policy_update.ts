/**
 * How off-policy learners learn from a batch: what the forms of an update share, whatever computes them.
 * The compiled forms are beside the algorithms (`sac.ts`, `td3.ts`), those of the tensor engine in
 * `tensors/`; from the same state and by the same batches and noise they come to the same parameters,
 * within single precision.
 */
import type { Space } from "../../sim/environments/environment.ts";
import type { Network } from "../nn/network.ts";
import type { Transitions } from "./replay_buffer.ts";
import type { TrainingState } from "./training_state.ts";

/** What is learnt. */
export interface ActorCritic {
  readonly policyNetwork: Network;
  /** From observation and action to one output. */
  readonly criticNetwork: Network;
  /** What the policy's actions are within. */
  readonly actionSpace: Space;
  /** Of everything that is drawn, initial parameters included. */
  readonly seed: number;
}

/**
 * An update in one form. What it reports are the numbers of the last batch; NaN where a part was not learnt
 * from any since the last report. Leaving its scope gives back what it holds.
 */
export interface OffPolicyUpdate<Report> extends Disposable {
  readonly actorCritic: ActorCritic;
  /** The policy's parameters as they were when `settle` was last called, or at first. */
  readonly parameters: Float64Array;
  /** Batches that have been learnt from. */
  readonly updates: number;
  /**
   * Learn from a batch.
   * @param noise standard normal numbers for a batch of actions, [row][column], others at every call; called
   *   in an order that does not depend on the form
   */
  learn(batch: Transitions, noise: () => Float64Array): void;
  /**
   * Have all batches done with, and `parameters` up to date.
   * @throws {Error} when a loss is no longer finite
   */
  settle(): Report | Promise<Report>;
  /** Where it stands, copied. */
  save(): TrainingState | Promise<TrainingState>;
  /**
   * Go on from where another update stood, of whatever form.
   * @throws {RangeError} when the state is not one of such an update
   */
  restore(state: TrainingState): void;
}
