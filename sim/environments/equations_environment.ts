/** Environments of tasks that are stated as equations: one compiled kernel steps all copies. */
import type { Precision } from "../expression/batch.ts";
import { createBatch } from "../expression/batches.ts";
import { Graph, type Node } from "../expression/graph.ts";
import { inputLanes, type Lanes, lanesAlgebra } from "../expression/lanes.ts";
import type { KernelStatement } from "../expression/lowering.ts";
import { requireLength } from "../physics/arrays.ts";
import { randomStream } from "../random.ts";
import type { EnvironmentStep, VectorEnvironment } from "./environment.ts";
import type { EquationsTask, Parts } from "./equations_task.ts";

/** Rows of what a step comes to. */
const outcomeRows = { reward: 0, terminated: 1, success: 2 } as const;

/** `copies` copies of `task`; in single precision unless asked otherwise. */
export function equationsEnvironment(
  task: EquationsTask,
  copies: number,
  precision: Precision = "single",
): VectorEnvironment {
  const { specification, actionSpace, goals } = task;
  const { horizon } = specification;
  const actionRows = specification.action.length;
  const observationRows = specification.observation.length;
  const batch = createBatch(precision, copies, {
    state: stateRows(task),
    action: actionRows,
    observation: observationRows,
    outcome: Object.keys(outcomeRows).length,
  });
  const [state, action, shown, outcome] = ["state", "action", "observation", "outcome"]
    .map((name) => batch.array(name));
  const statements = statementsOf(task);
  const begin = batch.compile([
    { take: ["state"] },
    { kernel: statements.observe },
    { publish: ["observation"] },
  ]);
  const advance = batch.compile([
    { take: ["action"] },
    { kernel: statements.step, arrays: { newState: "state" } },
    { publish: ["observation", "outcome"] },
  ]);
  const readState = batch.compile([{ publish: ["state"] }]);

  const observation = new Float64Array(shown.length);
  const flags = () => new Uint8Array(copies);
  const result = {
    observation,
    finalObservation: shown,
    reward: outcome.subarray(0, copies),
    terminated: flags(),
    truncated: flags(),
    success: flags(),
  } satisfies EnvironmentStep;
  const finalObservation = new Float64Array(shown.length);
  const steps = new Int32Array(copies);
  const episodes = new Int32Array(copies);
  let origin: { readonly seed: number; readonly first: number } | undefined;

  const startEpisode = (copy: number) => {
    const { seed, first } = origin!;
    const random = randomStream(seed, `episodes/${first + copy}/${episodes[copy]++}`);
    const parts = task.start(random);
    let row = 0;
    for (const [name, rows] of Object.entries(task.state)) {
      const values = Float64Array.from(parts[name]);
      requireLength(`${specification.name}'s ${name}`, values, rows);
      for (const value of values) state[row++ * copies + copy] = value;
    }
    steps[copy] = 0;
  };

  return {
    specification,
    copies,
    goals,
    actionSpace,
    observationSpace: unbounded(observationRows),
    reset(seed, first = 0) {
      origin = { seed, first };
      episodes.fill(0);
      for (let copy = 0; copy < copies; copy++) startEpisode(copy);
      begin();
      observation.set(shown);
      return observation;
    },
    step(actions) {
      if (!origin) throw new Error(`a step of ${specification.name} before its first reset`);
      action.set(requireLength("actions", actions, actionRows * copies));
      advance();
      finalObservation.set(shown);
      let ended = 0;
      for (let copy = 0; copy < copies; copy++) {
        const terminated = outcome[outcomeRows.terminated * copies + copy];
        result.terminated[copy] = terminated;
        result.success[copy] = outcome[outcomeRows.success * copies + copy];
        result.truncated[copy] = ++steps[copy] === horizon && !terminated ? 1 : 0;
        ended += result.terminated[copy] | result.truncated[copy];
      }
      if (ended > 0) {
        readState();
        for (let copy = 0; copy < copies; copy++) {
          if (result.terminated[copy] | result.truncated[copy]) startEpisode(copy);
        }
        begin();
      }
      observation.set(shown);
      return { ...result, finalObservation };
    },
  };
}

function stateRows({ state }: EquationsTask): number {
  return Object.values(state).reduce((sum, rows) => sum + rows, 0);
}

function unbounded(rows: number) {
  const bounds = Array.from({ length: rows }, () => Infinity);
  return { low: bounds.map((bound) => -bound), high: bounds };
}

/** The kernels of a task. */
function statementsOf(task: EquationsTask): { step: KernelStatement; observe: KernelStatement } {
  const { specification } = task;
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const inputs = (rows: number) => Array.from({ length: rows }, () => inputLanes(graph, 1));
  const rowsOf = (values: readonly Lanes[]): Node[] => values.flat();
  const before: Parts<Lanes> = Object.fromEntries(
    Object.entries(task.state).map(([name, rows]) => [name, inputs(rows)]),
  );
  const stateOf = (parts: Parts<Lanes>) =>
    rowsOf(Object.keys(task.state).flatMap((name) => parts[name]));
  const observed = (parts: Parts<Lanes>) => {
    const values = task.observe(algebra, parts);
    requireRows(specification.name, "observation", values, specification.observation);
    return { name: "observation", rows: rowsOf(values) };
  };
  const action = inputs(specification.action.length);
  const zero = algebra.constant(0);
  const { state: after, reward, terminated = zero, success = zero } = task.step(
    algebra,
    before,
    action,
  );
  const name = specification.name.replaceAll(/\W/g, "_");
  const state = { name: "state", rows: stateOf(before) };
  return {
    step: {
      name: `${name}_step`,
      inputs: [state, { name: "action", rows: rowsOf(action) }],
      outputs: [
        { name: "newState", rows: stateOf(after) },
        observed(after),
        { name: "outcome", rows: rowsOf([reward, terminated, success]) },
      ],
    },
    observe: { name: `${name}_observe`, inputs: [state], outputs: [observed(before)] },
  };
}

function requireRows(
  task: string,
  what: string,
  values: readonly unknown[],
  names: readonly string[],
): void {
  if (values.length === names.length) return;
  throw new RangeError(
    `${task} states ${values.length} rows of its ${what} and names ${names.length}`,
  );
}
