/**
 * Records episodes of a task for reinforcement learning: what a policy does from the start to the end, as
 * the frames that a page draws. A pure function of task, policy and seed; the episodes are those of
 * `learners/rl/evaluation.ts` under the same seed.
 */
import type { SceneFrame } from "../../cluster/scene_frame.ts";
import type { SceneRecording } from "../../cluster/scene_recording.ts";
import type { Act } from "../../learners/rl/evaluation.ts";
import { cannonEnvironment } from "../../sim/environments/cannon_environment.ts";
import { contactTasks, findEnvironmentTask } from "../../sim/environments/catalogue.ts";
import {
  clipActions,
  type TaskSpecification,
  type VectorEnvironment,
} from "../../sim/environments/environment.ts";
import { equationsEnvironment } from "../../sim/environments/equations_environment.ts";
import { type CopyState, describeTask, findTaskScene } from "./task_scenes.ts";

/** What is recorded. */
export interface RecordRequest {
  /** The task's name. */
  readonly task: string;
  /** Episodes, side by side. */
  readonly copies: number;
  /** From which the episodes are drawn. */
  readonly seed: number;
  /** Who acts, in words. */
  readonly policy: string;
  /** Made for as many copies; actions beyond the action space are clipped. */
  readonly act: Act;
}

/** Copies of a task, and how the state of one is read. */
interface Recordable {
  readonly environment: VectorEnvironment;
  /** Steps of an episode. */
  readonly horizon: number;
  read(state: Float64Array, copy: number): CopyState;
}

/**
 * One episode of each copy.
 * @throws {RangeError} when there is no such task, or `copies` is not a positive whole number
 */
export function recordEpisodes(
  { task, copies, seed, policy, act }: RecordRequest,
): SceneRecording {
  if (!Number.isInteger(copies) || copies < 1) {
    throw new RangeError(`copies is ${copies}; expected a positive whole number`);
  }
  const { coordinates } = findTaskScene(task);
  const { environment, horizon, read } = openTask(task, copies);
  const { actionSpace, specification } = environment;
  const actions = new Float64Array(actionSpace.low.length * copies);
  const returns = new Float64Array(copies);
  const successes = new Uint8Array(copies);
  const isOver = new Uint8Array(copies);
  let standing: (readonly number[])[] = [];
  /** Where all copies stand; one whose task has ended its episode stays where it last stood in it. */
  const look = (step: number): SceneFrame => {
    const { state } = environment.save();
    standing = Array.from(
      { length: copies },
      (_, copy) => isOver[copy] ? standing[copy] : coordinates(read(state, copy)),
    );
    return { episode: 0, step, copies, coordinates: standing.flat() };
  };

  let observation = environment.reset(seed);
  const frames = [look(0)];
  for (let step = 1; step <= horizon && isOver.includes(0); step++) {
    act(observation, actions);
    clipActions(environment, actions);
    const { reward, terminated, success, ...next } = environment.step(actions);
    for (let copy = 0; copy < copies; copy++) {
      if (isOver[copy]) continue;
      returns[copy] += reward[copy];
      successes[copy] = success[copy];
      isOver[copy] = terminated[copy];
    }
    observation = next.observation;
    frames.push(look(step));
  }
  return {
    scene: describeTask(task),
    seed,
    policy,
    frames,
    outcomes: Array.from(returns, (value, copy) => ({
      return: value,
      ...specification.success !== undefined && { success: successes[copy] === 1 },
    })),
  };
}

/**
 * A task whose time limit is one step later: an environment begins the next episode in the step that ends
 * one, and what is recorded includes how it ended.
 */
function openTask(name: string, copies: number): Recordable {
  const withContacts = contactTasks.find(({ specification }) => specification.name === name);
  if (withContacts) {
    return {
      environment: cannonEnvironment(later(withContacts), copies),
      horizon: withContacts.specification.horizon,
      read: (state, copy) => copyState(name, {}, rowsOfCopy(state, copies, copy)),
    };
  }
  const stated = findEnvironmentTask(name);
  return {
    environment: equationsEnvironment(later(stated), copies),
    horizon: stated.specification.horizon,
    read: (state, copy) => copyState(name, stated.state, rowsOfCopy(state, copies, copy)),
  };
}

function later<Task extends { readonly specification: TaskSpecification }>(task: Task): Task {
  const { specification } = task;
  return { ...task, specification: { ...specification, horizon: specification.horizon + 1 } };
}

function rowsOfCopy(state: Float64Array, copies: number, copy: number): number[] {
  return Array.from({ length: state.length / copies }, (_, row) => state[row * copies + copy]);
}

/** @param parts the rows of each part of the state, in its order */
function copyState(
  task: string,
  parts: Readonly<Record<string, number>>,
  rows: readonly number[],
): CopyState {
  return {
    rows,
    part(name) {
      let start = 0;
      for (const [part, count] of Object.entries(parts)) {
        if (part === name) return rows.slice(start, start + count);
        start += count;
      }
      throw new RangeError(`the state of ${task} has no part "${name}"`);
    },
  };
}
