/**
 * The plant's equations compiled: reset, step, and the step's adjoint, on packed arrays.
 *
 * `state` packs the rows angles, velocities, activation, force; `sensed` packs proprioception and hand
 * x, y (the observation without its target). Rows of N arms stand one after the other: [row][arm].
 */
import { Differentiator } from "../expression/derivative.ts";
import { Graph, type Node } from "../expression/graph.ts";
import { compileKernel, type Kernel, type KernelArray } from "../expression/kernel.ts";
import { inputLanes, type Lanes, lanesAlgebra } from "../expression/lanes.ts";
import { jointTorques } from "../actuators/actuator.ts";
import { type FieldPart, fieldRows } from "./hand_field.ts";
import { handJacobian, handPosition, handVelocity, type Planar, posture } from "./planar_chain.ts";
import {
  type HandField,
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

interface Statement {
  readonly graph: Graph;
  readonly state: PlantState<Lanes>;
  readonly command: Lanes;
  readonly inputs: readonly KernelArray[];
  readonly after: PlantStep<Lanes>;
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
  const planar = (lanes: Lanes, first: number): Planar<Lanes> => ({
    x: [lanes[first]],
    y: [lanes[first + 1]],
  });
  const matrix = (lanes: Lanes) => [planar(lanes, 0), planar(lanes, 2)] as const;
  const field: HandField<Lanes> = {
    ...(rows.load && { load: planar(rows.load, 0) }),
    ...(rows.viscosity && { viscosity: matrix(rows.viscosity) }),
    ...(rows.stiffness && rows.anchor && {
      stiffness: { matrix: matrix(rows.stiffness), anchor: planar(rows.anchor, 0) },
    }),
  };
  const arrays = parts.map((part) => ({ name: part, rows: rows[part]! }));
  return { field, arrays };
}

function statement(equations: PlantEquations, parts: readonly FieldPart[]): Statement {
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const joints = () => equations.arm.joints.map(() => inputLanes(graph, 1));
  const state: PlantState<Lanes> = {
    angles: joints(),
    velocities: joints(),
    activation: inputLanes(graph, equations.actuator.count),
    force: inputLanes(graph, equations.actuator.count),
  };
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

/** Kernel: angles → state, sensed after a reset. */
export function resetKernel(equations: PlantEquations): Kernel {
  const graph = new Graph();
  const angles = equations.arm.joints.map(() => inputLanes(graph, 1));
  const rest = restState(lanesAlgebra(graph), equations, angles);
  return compileKernel("reset", [{ name: "angles", rows: angles.flat() }], [
    { name: "newState", rows: stateRows(rest) },
    { name: "newSensed", rows: sensedRows(rest) },
  ]);
}

/** Kernel: state, command, field parts → state, sensed. */
export function stepKernel(equations: PlantEquations, parts: readonly FieldPart[]): Kernel {
  const { inputs, after } = statement(equations, parts);
  return compileKernel("step", inputs, [
    { name: "newState", rows: stateRows(after) },
    { name: "newSensed", rows: sensedRows(after) },
  ]);
}

/**
 * Kernel of the step's adjoint for `losses` losses at once. The primal values are recomputed from the
 * stored state; partial derivatives are shared by all losses.
 *
 * state, command, field parts, then for each loss the cotangents of the new state and of the new
 * sensed → for each loss the cotangents of the state and of the command.
 */
export function adjointKernel(
  equations: PlantEquations,
  parts: readonly FieldPart[],
  losses: number,
): Kernel {
  const { graph, state, command, inputs, after } = statement(equations, parts);
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
  return compileKernel(
    `adjoint${losses}`,
    [...inputs, ...results.flatMap((result) => result.inputs)],
    results.flatMap((result) => result.outputs),
  );
}

/**
 * Kernels for actuators on a rigid-body engine, which integrates the joints itself.
 * - `drive`: angles, velocities, activation, command → activation, force, joint torques
 * - `sense`: angles, velocities → proprioception
 * - `hand`: angles, velocities → hand position, hand velocity
 */
export function actuatorKernels(
  { arm, actuator, timeStep }: PlantEquations,
): { drive: Kernel; sense: Kernel; hand: Kernel } {
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const joints = () => arm.joints.map(() => inputLanes(graph, 1));
  const [angles, velocities] = [joints(), joints()];
  const activation = inputLanes(graph, actuator.count);
  const command = inputLanes(graph, actuator.count);
  const geometry = actuator.geometry(algebra, angles, velocities);
  const newActivation = actuator.activate(algebra, activation, command, timeStep);
  const force = actuator.force(algebra, geometry, newActivation);
  const shape = posture(algebra, angles);
  const position = handPosition(algebra, arm, shape);
  const velocity = handVelocity(algebra, handJacobian(algebra, arm, shape), velocities);
  const motion = [
    { name: "angles", rows: angles.flat() },
    { name: "velocities", rows: velocities.flat() },
  ];
  return {
    drive: compileKernel("drive", [
      ...motion,
      { name: "activation", rows: activation },
      { name: "command", rows: command },
    ], [
      { name: "newActivation", rows: newActivation },
      { name: "force", rows: force },
      { name: "torques", rows: jointTorques(algebra, geometry, force).flat() },
    ]),
    sense: compileKernel("sense", motion, [
      { name: "proprioception", rows: actuator.proprioception(algebra, geometry) },
    ]),
    hand: compileKernel("hand", motion, [
      { name: "position", rows: [...position.x, ...position.y] },
      { name: "velocity", rows: [...velocity.x, ...velocity.y] },
    ]),
  };
}
