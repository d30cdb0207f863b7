/**
 * Back-propagation through the closed loop by TensorFlow.js, one operation at a time: the independent
 * check of `scalar_rollout.ts`, and the way to GPUs. Single precision.
 *
 * Loop and losses are those of `scalar_rollout.ts` and `objectives.ts`; values are [trials, lanes].
 */
import * as tf from "@tensorflow/tfjs";
import type { MotorNetwork, ParameterGroup } from "../../controllers/motor_network.ts";
import { fieldParts } from "../../sim/physics/hand_field.ts";
import type { HandFieldArrays } from "../../sim/physics/plant.ts";
import {
  type HandField,
  handFieldOf,
  plantStep,
  restState,
} from "../../sim/physics/plant_equations.ts";
import { sensedSize } from "../../sim/physics/plant_kernels.ts";
import { inputsAt, stepInputs, type TrialBatch } from "../../sim/tasks/trial.ts";
import { viewOf } from "../nn/parameters.ts";
import { tensorAlgebra } from "../nn/tensor_algebra.ts";
import { valuesAndGradients } from "../nn/tensor_gradients.ts";
import { activityChangeWeight, type LossWeights } from "./objectives.ts";
import {
  type DifferentiableRollout,
  finalSteps,
  replaceNonFinite,
  requireTimeStep,
  type RolloutProblem,
} from "./rollout.ts";
import { drawNoise, type PathNoise, type SensoryPath, sensoryPath } from "./sensory_path.ts";
import { applyNetwork, type TensorActivity } from "./tensor_network.ts";

/** The terms of the losses, in the order in which they are read back. */
const termNames = ["positionL1", "positionSquared", "effort", "activity"] as const;

type TensorTerms = Readonly<Record<(typeof termNames)[number], tf.Tensor>>;

type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** A whole roll-out, one tensor a step. */
interface Trajectory {
  /** Hand minus target after the step, [trials, 2], m. */
  readonly errors: tf.Tensor2D[];
  /** [trials, actuators] */
  readonly commands: tf.Tensor2D[];
  /** Of every layer of every stream, each [trials, units]. */
  readonly hidden: tf.Tensor2D[][];
}

/**
 * Roll-outs of `problem` on TensorFlow.js's current backend; `learners/nn/backend.ts` makes one ready.
 */
export function tensorRollout(problem: RolloutProblem): DifferentiableRollout {
  const { network, equations } = problem;
  const path = sensoryPath(problem.sensing, equations.timeStep);
  const rows = { sensed: sensedSize(equations), commands: network.config.outputs };
  return {
    name: "tensors",
    async gradient(weights, batch, gradient, noiseStream) {
      requireTimeStep(problem, batch);
      const noise = drawNoise(path, rows, batch.trials, batch.steps, noiseStream);
      const result = tf.tidy(() => differentiate(problem, path, weights, batch, noise));
      let values: ArrayLike<number>;
      try {
        values = await result.data();
      } finally {
        result.dispose();
      }
      const [positionL1, positionSquared, effort, activity, finalError] = Array.from(values);
      combine(problem, values, termNames.length + 1, gradient);
      return {
        terms: { positionL1, positionSquared, effort, activity },
        finalError,
        nonFinite: replaceNonFinite(gradient),
      };
    },
  };
}

/** One vector: the terms, the final error, the gradient of every loss. */
function differentiate(
  problem: RolloutProblem,
  path: SensoryPath,
  weights: Float64Array,
  batch: TrialBatch,
  noise: PathNoise | undefined,
): tf.Tensor1D {
  const { tensors } = problem.network.layout;
  const parameters = tensors.map((tensor) =>
    tf.tensor(Float32Array.from(viewOf(weights, tensor)), [...tensor.shape])
  );
  const named = Object.fromEntries(tensors.map(({ name }, p) => [name, parameters[p]]));
  return valuesAndGradients(() => {
    const trajectory = rollOut(problem, path, named, batch, noise);
    const terms = measure(trajectory, problem.equations.timeStep);
    return {
      losses: problem.losses.map((loss) => weightedSum(terms, loss.weights)),
      values: [...termNames.map((name) => terms[name]), finalError(trajectory)],
    };
  }, parameters);
}

function rollOut(
  { network, equations }: RolloutProblem,
  path: SensoryPath,
  parameters: NamedTensors,
  batch: TrialBatch,
  noise: PathNoise | undefined,
): Trajectory {
  const { trials, steps } = batch;
  const algebra = tensorAlgebra();
  const inputs = stepInputs(batch);
  const trajectory: Trajectory = {
    errors: [],
    commands: [],
    hidden: network.streams.flatMap(() =>
      Array.from({ length: network.config.layers }, (): tf.Tensor2D[] => [])
    ),
  };
  const disturbed = (values: tf.Tensor2D, by: Float64Array | undefined): tf.Tensor2D =>
    by ? tf.add(values, tf.concat2d(columns(by, trials), 1)) : values;
  const sensed: tf.Tensor2D[] = []; // one a step, [trials, rows]
  let before: TensorActivity["hidden"] | undefined;
  let plant = restState(algebra, equations, columns(batch.startAngles, trials));
  for (let step = 0; step < steps; step++) {
    inputsAt(batch, step, inputs);
    const target = tf.concat2d(columns(inputs.target, trials), 1); // [trials, 2]
    sensed.push(algebra.stack([plant.proprioception, plant.hand.x, plant.hand.y]));
    const told = disturbed(arriving(path, sensed), noise?.sensed[step]);
    const observation = tf.concat2d([told, target], 1);
    const activity = applyNetwork(algebra, network, parameters, observation, before);
    before = activity.hidden;
    const command = disturbed(activity.output, noise?.command[step]);
    plant = plantStep(algebra, equations, plant, command, field(inputs.field, trials));
    const hand = algebra.stack([plant.hand.x, plant.hand.y]);
    trajectory.errors.push(tf.sub(hand, target));
    trajectory.commands.push(activity.output);
    activity.hidden.flat().forEach((units, i) => trajectory.hidden[i].push(units));
  }
  return trajectory;
}

/** What has been sensed as it arrives now: proprioception and vision each late by its own number of steps. */
function arriving(path: SensoryPath, sensed: readonly tf.Tensor2D[]): tf.Tensor2D {
  const now = sensed.length - 1;
  if (!path.isLate) return sensed[now];
  const vision = sensed[now].shape[1] - 2;
  const earlier = (steps: number) => sensed[Math.max(now - steps, 0)];
  return tf.concat2d([
    tf.slice(earlier(path.proprioceptionSteps), [0, 0], [-1, vision]),
    tf.slice(earlier(path.visionSteps), [0, vision], [-1, 2]),
  ], 1);
}

/** Rows [row][trial] as one column [trials, 1] a row. */
function columns(rows: Float64Array, trials: number): tf.Tensor2D[] {
  return Array.from(
    { length: rows.length / trials },
    (_, row) =>
      tf.tensor2d(Float32Array.from(rows.subarray(row * trials, (row + 1) * trials)), [trials, 1]),
  );
}

function field(arrays: HandFieldArrays, trials: number): HandField<tf.Tensor2D> {
  const given = fieldParts.filter((part) => arrays[part]);
  return handFieldOf<tf.Tensor2D>(
    Object.fromEntries(given.map((part) => [part, columns(arrays[part]!, trials)])),
  );
}

const meanSquare = (value: tf.Tensor) => tf.mean(tf.square(value));

/** The terms of `objectives.ts`, scalars. */
function measure({ errors, commands, hidden }: Trajectory, timeStep: number): TensorTerms {
  const error = tf.concat2d(errors, 0); // [steps · trials, 2]
  return {
    positionL1: tf.mean(tf.abs(error)),
    positionSquared: tf.mul(10, meanSquare(error)),
    effort: meanSquare(tf.concat2d(commands, 0)),
    activity: tf.addN(hidden.map((layer) => layerActivity(layer, timeStep))),
  };
}

/** mean h² + 0.05 mean ((h_{t+1} − h_t)/dt)² of one layer of one stream. */
function layerActivity(steps: readonly tf.Tensor2D[], timeStep: number): tf.Tensor {
  const squares = meanSquare(tf.concat2d([...steps], 0));
  if (steps.length === 1) return squares;
  const before = tf.concat2d(steps.slice(0, -1), 0);
  const after = tf.concat2d(steps.slice(1), 0);
  const change = meanSquare(tf.sub(after, before));
  return tf.add(squares, tf.mul(activityChangeWeight / timeStep ** 2, change));
}

/** Mean distance of hand and target over the last steps, m. */
function finalError({ errors }: Trajectory): tf.Tensor {
  const last = tf.concat2d(errors.slice(-finalSteps), 0);
  return tf.mean(tf.norm(last, "euclidean", 1));
}

function weightedSum(terms: TensorTerms, weights: LossWeights): tf.Tensor {
  const used = termNames.filter((name) => weights[name] !== 0);
  return tf.addN(used.map((name) => tf.mul(weights[name], terms[name])));
}

/** The group whose share of each loss the parameter called `name` takes. */
function groupOf({ streams }: MotorNetwork, name: string): ParameterGroup {
  const stream = streams.indexOf(name.split(".")[0]);
  return stream < 0 ? "shared" : stream;
}

/** gradient = Σ over losses of each group's share; their gradients start at `from` in `values`. */
function combine(
  { network, losses }: RolloutProblem,
  values: ArrayLike<number>,
  from: number,
  gradient: Float64Array,
): void {
  gradient.fill(0);
  for (const { name, offset, size } of network.layout.tensors) {
    losses.forEach(({ share }, l) => {
      const scale = share(groupOf(network, name));
      if (scale === 0) return;
      const start = from + l * network.layout.size;
      for (let i = offset; i < offset + size; i++) gradient[i] += scale * values[start + i];
    });
  }
}
