/** The kernels of a task: its step, and what is observed of a state. */
import { Graph, type Node } from "../expression/graph.ts";
import { inputLanes, type Lanes, lanesAlgebra } from "../expression/lanes.ts";
import type { KernelArray, KernelStatement } from "../expression/lowering.ts";
import { type EquationsTask, type Parts, requireRows } from "./equations_task.ts";

/** What a step may say beside its reward. */
export const flagNames = ["terminated", "success"] as const;

export type Flag = (typeof flagNames)[number];

/** Arrays are `state`, `action`, `newState`, `observation`, `reward`, and one for each flag. */
export interface TaskKernels {
  readonly step: KernelStatement;
  /** From a state alone. */
  readonly observe: KernelStatement;
  /** The flags that the step gives. */
  readonly flags: readonly Flag[];
}

const rowsOf = (values: readonly Lanes[]): Node[] => values.flat();

/**
 * State the kernels of `task`.
 * @throws {RangeError} when it states other rows of its state or observation than it declares
 */
export function taskKernels(task: EquationsTask): TaskKernels {
  const { specification } = task;
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const inputs = (rows: number) => Array.from({ length: rows }, () => inputLanes(graph, 1));
  const before: Parts<Lanes> = Object.fromEntries(
    Object.entries(task.state).map(([name, rows]) => [name, inputs(rows)]),
  );
  const action = inputs(specification.action.length);
  const observed = (parts: Parts<Lanes>): KernelArray => {
    const values = task.observe(algebra, parts);
    const { name, observation } = specification;
    requireRows(name, "observation", values.length, observation.length);
    return { name: "observation", rows: rowsOf(values) };
  };
  const result = task.step(algebra, before, action);
  const flags = flagNames.flatMap((name) => {
    const value = result[name];
    return value ? [{ name, rows: rowsOf([value]) }] : [];
  });
  const name = specification.name.replaceAll(/\W/g, "_");
  const state = { name: "state", rows: stateRows(task, before) };
  return {
    step: {
      name: `${name}_step`,
      inputs: [state, { name: "action", rows: rowsOf(action) }],
      outputs: [
        { name: "newState", rows: stateRows(task, result.state) },
        observed(result.state),
        { name: "reward", rows: rowsOf([result.reward]) },
        ...flags,
      ],
    },
    observe: { name: `${name}_observe`, inputs: [state], outputs: [observed(before)] },
    flags: flags.map(({ name }) => name),
  };
}

/** All parts of the state, one after the other. */
function stateRows({ specification, state }: EquationsTask, parts: Parts<Lanes>): Node[] {
  return Object.entries(state).flatMap(([name, rows]) => {
    requireRows(specification.name, name, parts[name].length, rows);
    return rowsOf(parts[name]);
  });
}
