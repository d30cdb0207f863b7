/**
 * Environments of tasks with contacts: each copy is a cannon-es world of its own, stepped one after the
 * other. Tasks without contacts are stated as equations, which is faster by far.
 */
import { requireLength } from "../physics/arrays.ts";
import type { RandomStream } from "../random.ts";
import type {
  EnvironmentStep,
  Space,
  TaskSpecification,
  VectorEnvironment,
} from "./environment.ts";
import { EpisodeStreams } from "./episode_streams.ts";
import { requireRows } from "./equations_task.ts";

/** What a control step has come to in one copy. */
export interface CellStep {
  readonly reward: number;
  /** Whether the episode has come to an end of the task's own; never, unless given. */
  readonly terminated?: boolean;
  /** Whether the success rule holds; where the task has one. */
  readonly success?: boolean;
}

/** One copy of a task. */
export interface CannonCell {
  /** Starts an episode from what the task has drawn. */
  start(drawn: readonly number[]): void;
  /** One control step under an action, a number a row; what is beyond the action space is clipped. */
  step(action: readonly number[]): CellStep;
  /** What a policy is shown, a number a row. */
  observe(): readonly number[];
  /** How many numbers the state has. */
  readonly stateRows: number;
  /** The whole state, from which `restore` goes on with the same bits. */
  save(): readonly number[];
  restore(state: readonly number[]): void;
}

/** A task with contacts. */
export interface CannonTask {
  readonly specification: TaskSpecification;
  readonly actionSpace: Space;
  /** Draws what an episode starts from. */
  draw(random: RandomStream): readonly number[];
  create(): CannonCell;
}

/** `copies` copies of `task`. */
export function cannonEnvironment(task: CannonTask, copies: number): VectorEnvironment {
  const { specification, actionSpace } = task;
  const { horizon } = specification;
  const actionRows = specification.action.length;
  const observationRows = specification.observation.length;
  const cells = Array.from({ length: copies }, () => task.create());
  const episodes = new EpisodeStreams(specification.name, copies);

  const observation = new Float64Array(observationRows * copies);
  const results = {
    observation,
    reward: new Float64Array(copies),
    terminated: new Uint8Array(copies),
    truncated: new Uint8Array(copies),
    success: new Uint8Array(copies),
  };
  const finalObservation = new Float64Array(observation.length);
  const goingOn: EnvironmentStep = { ...results, finalObservation: observation };
  const begunAnew: EnvironmentStep = { ...results, finalObservation };

  const show = (copy: number) => {
    const values = cells[copy].observe();
    requireRows(specification.name, "observation", values.length, observationRows);
    for (let row = 0; row < observationRows; row++) observation[row * copies + copy] = values[row];
  };
  const start = (copy: number) => {
    cells[copy].start(task.draw(episodes.begin(copy)));
    show(copy);
  };
  const advance = (copy: number, action: readonly number[]): boolean => {
    const { reward, terminated = false, success = false } = cells[copy].step(action);
    const late = ++episodes.steps[copy] === horizon && !terminated;
    results.reward[copy] = reward;
    results.terminated[copy] = Number(terminated);
    results.truncated[copy] = Number(late);
    results.success[copy] = Number(success);
    show(copy);
    return terminated || late;
  };

  return {
    specification,
    copies,
    actionSpace,
    observationSpace: {
      low: specification.observation.map(() => -Infinity),
      high: specification.observation.map(() => Infinity),
    },
    reset(seed, first = 0) {
      episodes.reset(seed, first);
      for (let copy = 0; copy < copies; copy++) start(copy);
      return observation;
    },
    step(actions) {
      episodes.requireBegun("a step of");
      requireLength("actions", actions, actionRows * copies);
      const ended = cells.flatMap((_, copy) => {
        const action = Array.from({ length: actionRows }, (_, row) => actions[row * copies + copy]);
        return advance(copy, action) ? [copy] : [];
      });
      if (ended.length === 0) return goingOn;
      finalObservation.set(observation);
      ended.forEach(start);
      return begunAnew;
    },
    save() {
      const saved = episodes.save();
      const states = cells.map((cell) => cell.save());
      const state = Float64Array.from(
        { length: cells[0].stateRows * copies },
        (_, i) => states[i % copies][Math.floor(i / copies)],
      );
      return { ...saved, state };
    },
    restore(saved) {
      const rows = cells[0].stateRows;
      requireLength("the saved state", saved.state, rows * copies);
      episodes.restore(saved, (stream) => task.draw(stream));
      cells.forEach((cell, copy) => {
        cell.restore(Array.from({ length: rows }, (_, row) => saved.state[row * copies + copy]));
        show(copy);
      });
      return observation;
    },
  };
}
