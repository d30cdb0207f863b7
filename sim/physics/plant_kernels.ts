/**
 * The plant's equations as kernels: reset, step, and the step's adjoint, on packed arrays. Each is
 * stated once; `resetKernel`, `stepKernel` and `adjointKernel` compile the statements in double
 * precision, `writeVectorKernel` writes them in single precision.
 *
 * `state` packs the rows angles, velocities, activation, force; `sensed` packs proprioception and hand
 * x, y (the observation without its target). Rows of N arms stand one after the other: [row][arm].
 */
import { Differentiator } from "../expression/derivative.ts";
import { Graph, type Node } from "../expression/graph.ts";
import { compileKernel, type Kernel } from "../expression/kernel.ts";
import { inputLanes, type Lanes, lanesAlgebra } from "../expression/lanes.ts";
import type { KernelArray, KernelStatement } from "../expression/lowering.ts";
import { jointTorques } from "../actuators/actuator.ts";
import { type FieldPart, fieldRows } from "./hand_field.ts";
import { handJacobian, handPosition, handVelocity, posture } from "./planar_chain.ts";
import {
  handFieldOf,
  type PlantEquations,
  type PlantState,
  type PlantStep,
  plantStep,
  restState,
} from "./plant_equations.ts";

/** Row numbers of the packed state. */
export interface StateLayout {
  readonly angles: number;
  readonly velocities: number;
  readonly activation: number;
  readonly force: number;
  readonly size: number;
}

/** Where the parts of the state stand. */
export function stateLayout({ arm, actuator }: PlantEquations): StateLayout {
  const joints = arm.joints.length;
  return {
    angles: 0,
    velocities: joints,
    activation: 2 * joints,
    force: 2 * joints + actuator.count,
    size: 2 * joints + 2 * actuator.count,
  };
}

/** Rows of `sensed`. */
export function sensedSize({ arm, actuator }: PlantEquations): number {
  return (actuator.muscles ? 2 * actuator.count : 3 * arm.joints.length) + 2;
}

interface StatedStep {
  readonly graph: Graph;
  readonly state: PlantState<Lanes>;
  readonly command: Lanes;
  readonly inputs: readonly KernelArray[];
  readonly after: PlantStep<Lanes>;
}

function inputState(graph: Graph, { arm, actuator }: PlantEquations): PlantState<Lanes> {
  const joints = () => arm.joints.map(() => inputLanes(graph, 1));
  return {
    angles: joints(),
    velocities: joints(),
    activation: inputLanes(graph, actuator.count),
    force: inputLanes(graph, actuator.count),
  };
}

const stateRows = (state: PlantState<Lanes>): Node[] => [
  ...state.angles.flat(),
  ...state.velocities.flat(),
  ...state.activation,
  ...state.force,
];

const sensedRows = ({ proprioception, hand }: PlantStep<Lanes>): Node[] => [
  ...proprioception,
  ...hand.x,
  ...hand.y,
];

function fieldInputs(graph: Graph, parts: readonly FieldPart[]) {
  const rows = Object.fromEntries(
    parts.map((part) => [part, inputLanes(graph, fieldRows[part])]),
  ) as Partial<Record<FieldPart, Lanes>>;
  const field = handFieldOf<Lanes>(
    Object.fromEntries(parts.map((part) => [part, rows[part]!.map((node) => [node])])),
  );
  const arrays = parts.map((part) => ({ name: part, rows: rows[part]! }));
  return { field, arrays };
}

function statedStep(equations: PlantEquations, parts: readonly FieldPart[]): StatedStep {
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const state = inputState(graph, equations);
  const command = inputLanes(graph, equations.actuator.count);
  const { field, arrays } = fieldInputs(graph, parts);
  return {
    graph,
    state,
    command,
    inputs: [
      { name: "state", rows: stateRows(state) },
      { name: "command", rows: command },
      ...arrays,
    ],
    after: plantStep(algebra, equations, state, command, field),
  };
}

/** A reset: angles → newState, newSensed. */
export function resetStatement(equations: PlantEquations): KernelStatement {
  const graph = new Graph();
  const angles = equations.arm.joints.map(() => inputLanes(graph, 1));
  const rest = restState(lanesAlgebra(graph), equations, angles);
  return {
    name: "reset",
    inputs: [{ name: "angles", rows: angles.flat() }],
    outputs: [
      { name: "newState", rows: stateRows(rest) },
      { name: "newSensed", rows: sensedRows(rest) },
    ],
  };
}

/** One step: state, command, field parts → newState, newSensed. */
export function stepStatement(
  equations: PlantEquations,
  parts: readonly FieldPart[],
): KernelStatement {
  const { inputs, after } = statedStep(equations, parts);
  return {
    name: "step",
    inputs,
    outputs: [
      { name: "newState", rows: stateRows(after) },
      { name: "newSensed", rows: sensedRows(after) },
    ],
  };
}

/**
 * The step's adjoint for `losses` losses at once. The primal values are recomputed from the stored
 * state; partial derivatives are shared by all losses.
 *
 * state, command, field parts, then for each loss i the cotangents of the new state (stateCotangent‹i›)
 * and of the new sensed (sensedCotangent‹i›) → for each loss the cotangents of the state
 * (oldStateCotangent‹i›) and of the command (commandCotangent‹i›).
 */
export function adjointStatement(
  equations: PlantEquations,
  parts: readonly FieldPart[],
  losses: number,
): KernelStatement {
  const { graph, state, command, inputs, after } = statedStep(equations, parts);
  const differentiator = new Differentiator(graph);
  const [stateAfter, sensedAfter] = [stateRows(after), sensedRows(after)];
  const before = stateRows(state);
  const results = Array.from({ length: losses }, (_, loss) => {
    const stateCotangent = inputLanes(graph, stateAfter.length);
    const sensedCotangent = inputLanes(graph, sensedAfter.length);
    const seeds = [
      ...stateAfter.map((node, row) => [node, stateCotangent[row]] as const),
      ...sensedAfter.map((node, row) => [node, sensedCotangent[row]] as const),
    ];
    const pulled = differentiator.pullBack(seeds, [...before, ...command]);
    return {
      inputs: [
        { name: `stateCotangent${loss}`, rows: stateCotangent },
        { name: `sensedCotangent${loss}`, rows: sensedCotangent },
      ],
      outputs: [
        { name: `oldStateCotangent${loss}`, rows: pulled.slice(0, before.length) },
        { name: `commandCotangent${loss}`, rows: pulled.slice(before.length) },
      ],
    };
  });
  return {
    name: `adjoint${losses}`,
    inputs: [...inputs, ...results.flatMap((result) => result.inputs)],
    outputs: results.flatMap((result) => result.outputs),
  };
}

const compile = ({ name, inputs, outputs }: KernelStatement) =>
  compileKernel(name, inputs, outputs);

/** `resetStatement` in double precision. */
export function resetKernel(equations: PlantEquations): Kernel {
  return compile(resetStatement(equations));
}

/** `stepStatement` in double precision. */
export function stepKernel(equations: PlantEquations, parts: readonly FieldPart[]): Kernel {
  return compile(stepStatement(equations, parts));
}

/** `adjointStatement` in double precision. */
export function adjointKernel(
  equations: PlantEquations,
  parts: readonly FieldPart[],
  losses: number,
): Kernel {
  return compile(adjointStatement(equations, parts, losses));
}

/**
 * What the actuators on a rigid-body engine, which integrates the joints itself, compute.
 * - `drive`: state, command → newState (the same motion; new activation and force), torques of the joints
 * - `sense`: state, sensed → newSensed (new proprioception, the same hand)
 * - `hand`: state, sensed → newSensed (the same proprioception, a new hand), handVelocity
 */
export function actuatorStatements(
  equations: PlantEquations,
): { drive: KernelStatement; sense: KernelStatement; hand: KernelStatement } {
  const { arm, actuator, timeStep } = equations;
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const state = inputState(graph, equations);
  const command = inputLanes(graph, actuator.count);
  const sensed = inputLanes(graph, sensedSize(equations));
  const { angles, velocities } = state;
  const geometry = actuator.geometry(algebra, angles, velocities);
  const activation = actuator.activate(algebra, state.activation, command, timeStep);
  const force = actuator.force(algebra, geometry, activation);
  const shape = posture(algebra, angles);
  const position = handPosition(algebra, arm, shape);
  const velocity = handVelocity(algebra, handJacobian(algebra, arm, shape), velocities);
  const inputs = [
    { name: "state", rows: stateRows(state) },
    { name: "sensed", rows: sensed },
  ];
  return {
    drive: {
      name: "drive",
      inputs: [inputs[0], { name: "command", rows: command }],
      outputs: [
        { name: "newState", rows: stateRows({ ...state, activation, force }) },
        { name: "torques", rows: jointTorques(algebra, geometry, force).flat() },
      ],
    },
    sense: {
      name: "sense",
      inputs,
      outputs: [{
        name: "newSensed",
        rows: [...actuator.proprioception(algebra, geometry), ...sensed.slice(-2)],
      }],
    },
    hand: {
      name: "hand",
      inputs,
      outputs: [
        { name: "newSensed", rows: [...sensed.slice(0, -2), ...position.x, ...position.y] },
        { name: "handVelocity", rows: [...velocity.x, ...velocity.y] },
      ],
    },
  };
}
