/** Environments of tasks that are stated as equations: one compiled kernel steps all copies. */
import type { Precision } from "../expression/batch.ts";
import { createBatch } from "../expression/batches.ts";
import { requireLength } from "../physics/arrays.ts";
import type { EnvironmentStep, VectorEnvironment } from "./environment.ts";
import { Episodes } from "./episodes.ts";
import type { EquationsTask } from "./equations_task.ts";
import { type Flag, taskKernels } from "./task_kernels.ts";

/** `copies` copies of `task`; in single precision unless asked otherwise. */
export function equationsEnvironment(
  task: EquationsTask,
  copies: number,
  precision: Precision = "single",
): VectorEnvironment {
  const { specification, actionSpace, goals } = task;
  const { horizon } = specification;
  const { observe, step, flags } = taskKernels(task);
  const batch = createBatch(precision, copies, {
    state: Object.values(task.state).reduce((sum, rows) => sum + rows, 0),
    action: specification.action.length,
    observation: specification.observation.length,
    reward: 1,
    ...Object.fromEntries(flags.map((flag) => [flag, 1])),
  });
  const show = batch.compile([
    { take: ["state"] },
    { kernel: observe },
    { publish: ["observation"] },
  ]);
  const advance = batch.compile([
    { take: ["action"] },
    { kernel: step, arrays: { newState: "state" } },
    { publish: ["observation", "reward", ...flags] },
  ]);
  const readState = batch.compile([{ publish: ["state"] }]);

  const [action, observation] = [batch.array("action"), batch.array("observation")];
  const episodes = new Episodes(task, copies, batch.array("state"));
  const raised = flags.map((name) => ({
    name,
    given: batch.array(name),
    raise: new Uint8Array(copies),
  }));
  const flagsOf = (name: Flag) =>
    raised.find((flag) => flag.name === name)?.raise ?? new Uint8Array(copies);
  const terminated = flagsOf("terminated");
  const truncated = new Uint8Array(copies);
  const results = {
    observation,
    reward: batch.array("reward"),
    terminated,
    truncated,
    success: flagsOf("success"),
  };
  const finalObservation = new Float64Array(observation.length);
  const goingOn: EnvironmentStep = { ...results, finalObservation: observation };
  const begunAnew: EnvironmentStep = { ...results, finalObservation };

  /** Counts the step; whether an episode has come to its end. */
  const someEnd = (): boolean => {
    for (const { given, raise } of raised) {
      for (let copy = 0; copy < copies; copy++) raise[copy] = given[copy];
    }
    const { steps } = episodes;
    let some = 0;
    for (let copy = 0; copy < copies; copy++) {
      truncated[copy] = ++steps[copy] === horizon ? 1 - terminated[copy] : 0;
      some |= truncated[copy] | terminated[copy];
    }
    return some === 1;
  };

  return {
    specification,
    copies,
    goals,
    actionSpace,
    observationSpace: {
      low: specification.observation.map(() => -Infinity),
      high: specification.observation.map(() => Infinity),
    },
    reset(seed, first = 0) {
      episodes.reset(seed, first);
      show();
      return observation;
    },
    step(actions) {
      episodes.requireBegun("a step of");
      action.set(requireLength("actions", actions, action.length));
      advance();
      if (!someEnd()) return goingOn;
      finalObservation.set(observation);
      readState();
      for (let copy = 0; copy < copies; copy++) {
        if (terminated[copy] | truncated[copy]) episodes.start(copy);
      }
      show();
      return begunAnew;
    },
    save() {
      episodes.requireBegun("the state of");
      readState();
      return episodes.save();
    },
    restore(saved) {
      episodes.restore(saved);
      show();
      return observation;
    },
  };
}
