/**
 * Back-propagation through the closed loop, written out: the compiled plant and its adjoint, the
 * network's forward and reverse pass, step by step over one stored trajectory. All losses are pulled
 * back in one sweep ("distal teacher", Jordan & Rumelhart 1992).
 *
 * Rows are [row][trial]. With x_t the observation, u_t the command and s_t the state,
 *   u_t = network(x_t), (s_{t+1}, sensed_{t+1}) = step(s_t, u_t), x_{t+1} = [sensed_{t+1}, target_{t+1}],
 * and the losses are taken on the hand after each of the T steps.
 */
import type { Activity } from "../../controllers/motor_network.ts";
import { type LossCotangent, ReversePass } from "../../controllers/reverse_pass.ts";
import type { Kernel } from "../../sim/expression/kernel.ts";
import { type FieldPart, fieldParts } from "../../sim/physics/hand_field.ts";
import {
  adjointKernel,
  resetKernel,
  sensedSize,
  stateLayout,
  stepKernel,
} from "../../sim/physics/plant_kernels.ts";
import { inputsAt, type StepInputs, stepInputs, type TrialBatch } from "../../sim/tasks/trial.ts";
import { activityChangeWeight, type LossTerms } from "./objectives.ts";
import {
  type DifferentiableRollout,
  finalSteps,
  replaceNonFinite,
  type RolloutProblem,
} from "./rollout.ts";

/** The stored trajectory of one shape of batch. */
interface Tape {
  readonly trials: number;
  readonly steps: number;
  /** s_0 … s_T */
  readonly states: Float64Array[];
  /** x_0 … x_T */
  readonly observations: Float64Array[];
  /** The part of each observation that the plant writes. */
  readonly sensed: Float64Array[];
  readonly activities: Activity[];
  readonly inputs: StepInputs[];
  readonly reverse: readonly ReverseState[];
  readonly reversePass: ReversePass;
}

/** What one loss carries backwards through time. */
interface ReverseState {
  stateAfter: Float64Array;
  stateBefore: Float64Array;
  readonly observation: Float64Array;
  readonly sensed: Float64Array;
  readonly command: Float64Array;
  /** [layer][stream], only for losses with a regulariser. */
  readonly hidden?: Float64Array[][];
  readonly cotangent: LossCotangent;
}

/** Roll-outs of `problem` on compiled kernels, in double precision. */
export function compiledRollout(problem: RolloutProblem): DifferentiableRollout {
  const reset = resetKernel(problem.equations);
  const kernels = new Map<string, { step: Kernel; adjoint: Kernel }>();
  let tape: Tape | undefined;

  const kernelsFor = (parts: readonly FieldPart[]) => {
    const key = parts.join();
    let pair = kernels.get(key);
    if (!pair) {
      pair = {
        step: stepKernel(problem.equations, parts),
        adjoint: adjointKernel(problem.equations, parts, problem.losses.length),
      };
      kernels.set(key, pair);
    }
    return pair;
  };

  return {
    name: "compiled",
    // deno-lint-ignore require-await -- the contract is asynchronous, for tensors on a GPU
    async gradient(weights, batch, gradient) {
      requireTimeStep(problem, batch);
      tape = tapeFor(problem, batch, tape);
      const parts = fieldParts.filter((part) => tape!.inputs[0].field[part]);
      const { step, adjoint } = kernelsFor(parts);
      const fields = tape.inputs.map(({ field }) => parts.map((part) => field[part]!));
      reset.run(batch.trials, batch.startAngles, tape.states[0], tape.sensed[0]);
      rollOut(problem, tape, batch, weights, step, fields);
      const { terms, finalError } = measure(problem, tape);
      gradient.fill(0);
      pullBack(problem, tape, weights, adjoint, fields, gradient);
      return { terms, finalError, nonFinite: replaceNonFinite(gradient) };
    },
  };
}

function requireTimeStep({ equations }: RolloutProblem, batch: TrialBatch): void {
  if (batch.timeStep === equations.timeStep) return;
  throw new RangeError(
    `trials with steps of ${batch.timeStep} s on a plant with steps of ${equations.timeStep} s`,
  );
}

/** `known` if it fits the batch, else a new tape. */
function tapeFor(problem: RolloutProblem, batch: TrialBatch, known?: Tape): Tape {
  const { trials, steps } = batch;
  const inputs = Array.from({ length: steps }, () => stepInputs(batch));
  if (known?.trials === trials && known.steps === steps) return { ...known, inputs };
  const { network, equations, losses } = problem;
  const stateSize = stateLayout(equations).size * trials;
  const sensedRows = sensedSize(equations) * trials;
  const observationSize = network.config.inputs * trials;
  const times = Array.from({ length: steps + 1 }, (_, t) => t);
  const observations = times.map(() => new Float64Array(observationSize));
  return {
    trials,
    steps,
    states: times.map(() => new Float64Array(stateSize)),
    observations,
    sensed: observations.map((observation) => observation.subarray(0, sensedRows)),
    activities: times.slice(1).map(() => network.activity(trials)),
    inputs,
    reverse: losses.map((loss) => {
      const observation = new Float64Array(observationSize);
      const command = new Float64Array(network.config.outputs * trials);
      const hidden = loss.weights.activity > 0 ? network.activity(trials).hidden : undefined;
      return {
        stateAfter: new Float64Array(stateSize),
        stateBefore: new Float64Array(stateSize),
        observation,
        sensed: observation.subarray(0, sensedRows),
        command,
        hidden,
        cotangent: { output: command, input: observation, hidden, share: loss.share },
      };
    }),
    reversePass: new ReversePass(network, trials, losses.length),
  };
}

function rollOut(
  { network }: RolloutProblem,
  tape: Tape,
  batch: TrialBatch,
  weights: Float64Array,
  step: Kernel,
  fields: readonly Float64Array[][],
): void {
  const { trials, steps, states, observations, sensed, activities, inputs } = tape;
  for (let t = 0; t < steps; t++) {
    inputsAt(batch, t, inputs[t]);
    observations[t].set(inputs[t].target, sensed[t].length);
    network.forward(weights, observations[t], activities[t], trials);
    const command = activities[t].output;
    step.run(trials, states[t], command, ...fields[t], states[t + 1], sensed[t + 1]);
  }
}

/** Hand minus target after step t, element `at` of [x, y][trial]. */
function handError(tape: Tape, t: number, at: number): number {
  const sensed = tape.sensed[t + 1];
  return sensed[sensed.length - 2 * tape.trials + at] - tape.inputs[t].target[at];
}

/** The terms of the losses on the stored roll-out. */
function measure(
  { network, equations }: RolloutProblem,
  tape: Tape,
): { terms: LossTerms; finalError: number } {
  const { trials, steps, activities } = tape;
  let [absolute, squared, distance, effort, activity] = [0, 0, 0, 0, 0];
  for (let t = 0; t < steps; t++) {
    for (let at = 0; at < 2 * trials; at++) {
      const error = handError(tape, t, at);
      absolute += Math.abs(error);
      squared += error * error;
    }
    if (t >= steps - finalSteps) {
      for (let trial = 0; trial < trials; trial++) {
        distance += Math.hypot(handError(tape, t, trial), handError(tape, t, trials + trial));
      }
    }
    for (const command of activities[t].output) effort += command * command;
  }
  const changeScale = activityChangeWeight / equations.timeStep ** 2;
  for (let k = 0; k < network.config.layers; k++) {
    for (let s = 0; s < network.streams.length; s++) {
      let [squares, changes] = [0, 0];
      for (let t = 0; t < steps; t++) {
        const now = activities[t].hidden[k][s];
        const before = t > 0 ? activities[t - 1].hidden[k][s] : now;
        for (let i = 0; i < now.length; i++) {
          squares += now[i] * now[i];
          changes += (now[i] - before[i]) * (now[i] - before[i]);
        }
      }
      const elements = network.width * trials;
      activity += squares / (elements * steps) +
        changeScale * changes / (elements * Math.max(steps - 1, 1));
    }
  }
  const points = 2 * trials * steps;
  return {
    terms: {
      positionL1: absolute / points,
      positionSquared: 10 * squared / points,
      effort: effort / (network.config.outputs * trials * steps),
      activity,
    },
    finalError: distance / (trials * Math.min(finalSteps, steps)),
  };
}

function pullBack(
  problem: RolloutProblem,
  tape: Tape,
  weights: Float64Array,
  adjoint: Kernel,
  fields: readonly Float64Array[][],
  gradient: Float64Array,
): void {
  const { losses } = problem;
  const { trials, steps, states, observations, activities, reverse, reversePass } = tape;
  for (const loss of reverse) {
    loss.stateAfter.fill(0);
    loss.observation.fill(0);
  }
  const cotangents = reverse.map(({ cotangent }) => cotangent);
  for (let t = steps - 1; t >= 0; t--) {
    reverse.forEach((loss, index) => seedHand(problem, tape, t, loss, index));
    adjoint.run(
      trials,
      states[t],
      activities[t].output,
      ...fields[t],
      ...reverse.flatMap(({ stateAfter, sensed }) => [stateAfter, sensed]),
      ...reverse.flatMap(({ stateBefore, command }) => [stateBefore, command]),
    );
    reverse.forEach((loss, index) => {
      const { effort, activity } = losses[index].weights;
      if (effort > 0) seedEffort(loss.command, activities[t].output, effort, steps);
      if (loss.hidden) seedActivity(problem, tape, t, loss.hidden, activity);
      [loss.stateAfter, loss.stateBefore] = [loss.stateBefore, loss.stateAfter];
    });
    reversePass.run(weights, observations[t], activities[t], cotangents, gradient);
  }
}

/** Adds the position terms' cotangent of the hand after step t. */
function seedHand(
  { losses }: RolloutProblem,
  tape: Tape,
  t: number,
  { sensed }: ReverseState,
  index: number,
): void {
  const { trials, steps } = tape;
  const { positionL1, positionSquared } = losses[index].weights;
  const points = 2 * trials * steps;
  const hand = sensed.length - 2 * trials;
  for (let at = 0; at < 2 * trials; at++) {
    const error = handError(tape, t, at);
    sensed[hand + at] += (positionL1 * Math.sign(error) + positionSquared * 20 * error) / points;
  }
}

/** Adds the effort term's cotangent of the commands. */
function seedEffort(
  cotangent: Float64Array,
  command: Float64Array,
  weight: number,
  steps: number,
): void {
  const scale = 2 * weight / (command.length * steps);
  for (let i = 0; i < command.length; i++) cotangent[i] += scale * command[i];
}

/** Writes the regulariser's cotangent of the hidden activities of step t. */
function seedActivity(
  { network, equations }: RolloutProblem,
  { trials, steps, activities }: Tape,
  t: number,
  cotangent: Float64Array[][],
  weight: number,
): void {
  const elements = network.width * trials;
  const own = 2 * weight / (elements * steps);
  const change = 2 * weight * activityChangeWeight /
    (equations.timeStep ** 2 * elements * Math.max(steps - 1, 1));
  for (let k = 0; k < network.config.layers; k++) {
    for (let s = 0; s < network.streams.length; s++) {
      const into = cotangent[k][s];
      const now = activities[t].hidden[k][s];
      const before = activities[Math.max(t - 1, 0)].hidden[k][s];
      const after = activities[Math.min(t + 1, steps - 1)].hidden[k][s];
      for (let i = 0; i < elements; i++) {
        into[i] = own * now[i] + change * (2 * now[i] - before[i] - after[i]);
      }
    }
  }
}
