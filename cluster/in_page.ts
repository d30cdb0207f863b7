/**
 * What a page and the agents in its own Web Workers say to one another, beside what passes over the bus as
 * for any run (`port_bus.ts`). Requests go to the worker itself and not over the bus, which loses what
 * comes before somebody listens. SI units and radians throughout.
 */

import type { Status } from "./protocol.ts";

/** What a page's server tells it of a run for the agents in the page, beside the run's own subjects. */
export const inPageSubjects = {
  /** The run's configuration as its folder keeps it, JSON. */
  configuration: (run: string) => `run.${run}.configuration`,
} as const;

/** What the reader of a page chooses of a training. */
export interface TrainingChoice {
  readonly task: string;
  /** One of the offered models. */
  readonly model: string;
  readonly seed: number;
  readonly updates: number;
}

/** What an agent in a page is given of a run to do its trials itself. */
export interface RunInHand {
  /** The configuration of the run that the page was opened for. Only agents understand it. */
  readonly configuration: unknown;
  /** What is different from it in this run. */
  readonly choice?: TrainingChoice;
  /** Its newest weights as a safetensors file; those that a training begins with unless given. */
  readonly weights?: Uint8Array;
}

/** Trials are drawn by so many at once; a trial's round is its number divided by that, rounded down. */
export const trialsOfRound = 8;

/**
 * Do trials of the run's shown series again, with several lesions, as fast as it goes. For each lesion and
 * trial a `trial` event, its frames and a `trial-ended` event come under the name `answer`, then a
 * `replayed` reply.
 */
export interface ReplayRequest extends RunInHand {
  readonly kind: "replay";
  readonly answer: string;
  /** Which request it is; the reply carries it. */
  readonly request: number;
  readonly task: string;
  /** Number of the first trial, as in the `trial` events of the run that is shown. */
  readonly first: number;
  /** How many; all of one round. */
  readonly count: number;
  readonly lesions: readonly string[];
}

/** Show the arm under the name `run`, as runs are shown, until something else is to be shown. */
export interface ShowRequest extends RunInHand {
  readonly kind: "show";
  readonly run: string;
}

/** Show nothing any more. */
export interface LeaveRequest {
  readonly kind: "leave";
}

/** Say how the training of what is shown stands. */
export interface StandingRequest {
  readonly kind: "standing";
  readonly training: Status["training"];
}

/** Train under the name `run`, from the beginning; a `stop` message to its training ends it early. */
export interface TrainRequest extends RunInHand {
  readonly kind: "train";
  readonly run: string;
}

/** What a page asks of an agent in one of its workers. */
export type InPageRequest =
  | ReplayRequest
  | ShowRequest
  | LeaveRequest
  | StandingRequest
  | TrainRequest;

/** One of several choices, with a line that says what it is. */
export interface OfferedChoice {
  readonly name: string;
  readonly summary: string;
}

/** What can be trained and shown in a page. */
export interface TrainingOffer {
  readonly tasks: readonly OfferedChoice[];
  /** Tasks whose trials can be shown and replayed, by name: all that can be trained, and more. */
  readonly shownTasks: readonly string[];
  readonly models: readonly OfferedChoice[];
  readonly mostUpdates: number;
}

/** What an agent answers besides what it says on the bus. */
export type InPageReply =
  /** The agent is there; once, before all else. */
  | { readonly kind: "ready"; readonly offer: TrainingOffer }
  | { readonly kind: "replayed"; readonly request: number }
  | { readonly kind: "ended"; readonly run: string; readonly end: "finished" | "stopped" }
  | InPageFailure;

/** Something could not be done: a replay, or what is done under the name of a run. */
export interface InPageFailure {
  readonly kind: "failed";
  readonly message: string;
  readonly request?: number;
  readonly run?: string;
}
