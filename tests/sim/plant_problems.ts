/**
 * Problems for the plant's kernels: random states, joint limits included, random fields and cotangents,
 * and the gradients of a step by its adjoint and by central differences.
 */
import type { ActuatorName } from "../../sim/actuators/actuator.ts";
import { findActuator } from "../../sim/actuators/catalogue.ts";
import type { Arm } from "../../sim/arms/arm.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import type { Precision } from "../../sim/expression/batch.ts";
import { trainingEquations } from "../../sim/physics/catalogue.ts";
import type { FieldPart } from "../../sim/physics/hand_field.ts";
import type { HandFieldArrays } from "../../sim/physics/plant.ts";
import type { Integrator, PlantEquations } from "../../sim/physics/plant_equations.ts";
import {
  adjointStatement,
  sensedSize,
  stateLayout,
  stepKernel,
} from "../../sim/physics/plant_kernels.ts";
import { type RandomStream, randomStream } from "../../sim/random.ts";
import { runStatement } from "./statements.ts";

/** How a plant differs from the default: Arm26 with Hill muscles, MotorNet's step of 10 ms. */
export interface Variation {
  readonly actuator?: ActuatorName;
  readonly integrator?: Integrator;
  readonly timeStep?: number;
  readonly arm?: Arm;
}

export function equationsOf(
  { arm = findArm("arm26"), actuator = "hill-muscle", integrator = "motornet", timeStep = 0.01 }:
    Variation,
): PlantEquations {
  const parts = { arm, actuator: findActuator(actuator, arm), timeStep };
  return { ...trainingEquations(parts), integrator };
}

/** The arm with joint limits that are numbers of single precision. */
export const withSingleLimits = (arm: Arm): Arm => ({
  ...arm,
  joints: arm.joints.map((joint) => ({
    ...joint,
    lower: Math.fround(joint.lower),
    upper: Math.fround(joint.upper),
  })),
});

export const randomRows = (stream: RandomStream, count: number, low: number, high: number) =>
  Float64Array.from({ length: count }, () => stream.uniform(low, high));

/** Postures anywhere within the limits, [joint][arm]. */
export const randomAngles = (arm: Arm, stream: RandomStream, arms: number) =>
  Float64Array.from({ length: arm.joints.length * arms }, (_, i) => {
    const { lower, upper } = arm.joints[Math.floor(i / arms)];
    return stream.uniform(lower, upper);
  });

const partSizes: Readonly<Record<FieldPart, readonly [rows: number, bound: number]>> = {
  load: [2, 10],
  viscosity: [4, 15],
  quadraticViscosity: [4, 15],
  stiffness: [4, 100],
  anchor: [2, 0.4],
};

export const randomField = (stream: RandomStream, parts: readonly FieldPart[], arms: number) =>
  Object.fromEntries(
    parts.map((part) => {
      const [rows, bound] = partSizes[part];
      return [part, randomRows(stream, rows * arms, -bound, bound)];
    }),
  ) as HandFieldArrays;

/** Packed random states; the first eight arms stand at limits, moving outwards and inwards. */
export function randomStates(
  equations: PlantEquations,
  stream: RandomStream,
  arms: number,
): Float64Array {
  const { arm, actuator } = equations;
  const angles = randomAngles(arm, stream, arms);
  const velocities = randomRows(stream, angles.length, -4, 4);
  for (let i = 0; i < 8; i++) {
    const joint = i % arm.joints.length;
    const { lower, upper } = arm.joints[joint];
    angles[joint * arms + i] = i < 4 ? lower : upper;
    velocities[joint * arms + i] = i % 4 < 2 ? -3 : 3;
  }
  const rows = actuator.count * arms;
  const { low, high } = actuator.command;
  const force = actuator.muscles
    ? randomRows(stream, rows, 0, 500)
    : randomRows(stream, rows, -5, 5);
  return Float64Array.from([
    ...angles,
    ...velocities,
    ...randomRows(stream, rows, Math.max(low, -0.95), Math.min(high, 0.95)),
    ...force,
  ]);
}

/** A plant's step with its inputs at random, and the cotangents of some losses. */
export function adjointProblem(
  equations: PlantEquations,
  parts: readonly FieldPart[],
  losses: number,
  name: string,
) {
  const arms = 16;
  const stream = randomStream(2, `plant/adjoint/${name}`);
  const layout = stateLayout(equations);
  const { count, command: range } = equations.actuator;
  const state = randomStates(equations, stream, arms);
  // Some commands lie beyond their range, where they are clipped.
  const command = randomRows(stream, count * arms, range.low - 0.2, range.high + 0.2);
  const field = randomField(stream, parts, arms);
  const cotangents = Array.from({ length: losses }, () => {
    const ofState = randomRows(stream, layout.size * arms, -1, 1);
    // Forces are hundreds of newtons; all rows should count alike.
    ofState.subarray(layout.force * arms).forEach((value, i, forces) => forces[i] = value / 1000);
    return { ofState, ofSensed: randomRows(stream, sensedSize(equations) * arms, -1, 1) };
  });
  const inputs: Record<string, Float64Array> = { state, command, ...field };
  return { arms, inputs, cotangents };
}

export type AdjointProblem = ReturnType<typeof adjointProblem>;

/** The gradients of each loss by the step's adjoint: those of the state, then of the commands. */
export function adjointGradients(
  equations: PlantEquations,
  parts: readonly FieldPart[],
  { arms, inputs, cotangents }: AdjointProblem,
  precision: Precision = "double",
): Float64Array[] {
  const statement = adjointStatement(equations, parts, cotangents.length);
  const named = cotangents.flatMap(({ ofState, ofSensed }, loss) => [
    [`stateCotangent${loss}`, ofState],
    [`sensedCotangent${loss}`, ofSensed],
  ]);
  const all = { ...inputs, ...Object.fromEntries(named) };
  const outputs = runStatement(statement, precision, arms, all);
  return cotangents.map((_, loss) =>
    Float64Array.from([
      ...outputs[`oldStateCotangent${loss}`],
      ...outputs[`commandCotangent${loss}`],
    ])
  );
}

/** The same by central differences of the step, in double precision. */
export function differenceGradients(
  equations: PlantEquations,
  parts: readonly FieldPart[],
  { arms, inputs, cotangents }: AdjointProblem,
): Float64Array[] {
  const kernel = stepKernel(equations, parts);
  const [state, command] = [inputs.state, inputs.command].map((rows) => Float64Array.from(rows));
  const field = parts.map((part) => inputs[part]);
  const after = new Float64Array(state.length);
  const sensed = new Float64Array(sensedSize(equations) * arms);
  /** Each loss of each arm, [loss][arm]. */
  const evaluate = () => {
    kernel.run(arms, state, command, ...field, after, sensed);
    return cotangents.map(({ ofState, ofSensed }) => {
      const sums = new Float64Array(arms);
      after.forEach((value, i) => sums[i % arms] += ofState[i] * value);
      sensed.forEach((value, i) => sums[i % arms] += ofSensed[i] * value);
      return sums;
    });
  };
  /** Each loss by one row of the inputs, [loss][arm]. */
  const byRow = (values: Float64Array) => {
    const kept = values.slice();
    const step = 1e-6 * Math.max(1, ...kept.map(Math.abs));
    const [up, down] = [step, -step].map((by) => {
      values.set(kept.map((value) => value + by));
      return evaluate();
    });
    values.set(kept);
    return up.map((losses, loss) => losses.map((value, i) => (value - down[loss][i]) / (2 * step)));
  };
  const rows = [state, command].flatMap((array) =>
    Array.from({ length: array.length / arms }, (_, r) => array.subarray(r * arms, (r + 1) * arms))
  ).map(byRow);
  return cotangents.map((_, loss) => Float64Array.from(rows.flatMap((row) => [...row[loss]])));
}
