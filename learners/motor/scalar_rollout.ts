/**
 * Back-propagation through the closed loop, written out: the compiled plant and its adjoint, the
 * network's forward and reverse pass, step by step over one stored trajectory. All losses are pulled
 * back in one sweep ("distal teacher", Jordan & Rumelhart 1992). In double precision, one number at a
 * time: what `vector_rollout.ts` is checked against.
 *
 * Rows are [row][trial]. With x_t the observation, u_t the command and s_t the state,
 *   u_t = network(x_t), (s_{t+1}, sensed_{t+1}) = step(s_t, u_t), x_{t+1} = [sensed_{t+1}, target_{t+1}],
 * and the losses are taken on the hand after each of the T steps. Senses may be late and noisy
 * (`sensory_path.ts`), commands noisy.
 */
import type { Activity, HiddenArrays } from "../../controllers/motor_network.ts";
import { intact } from "../../controllers/lesions.ts";
import { type LossCotangent, ReversePass } from "../../controllers/reverse_pass.ts";
import type { Kernel } from "../../sim/expression/kernel.ts";
import { addScaled } from "../nn/matrix_kernels.ts";
import { type FieldPart, fieldParts } from "../../sim/physics/hand_field.ts";
import {
  adjointKernel,
  resetKernel,
  sensedSize,
  stateLayout,
  stepKernel,
} from "../../sim/physics/plant_kernels.ts";
import { inputsAt, type StepInputs, stepInputs, type TrialBatch } from "../../sim/tasks/trial.ts";
import { BodySignals } from "./body_signals.ts";
import { activityChangeWeight, type LossTerms } from "./objectives.ts";
import {
  type DifferentiableRollout,
  finalSteps,
  replaceNonFinite,
  requireTimeStep,
  type RolloutProblem,
} from "./rollout.ts";
import { drawNoise, type PathNoise, type SensoryPath, sensoryPath } from "./sensory_path.ts";

/** The stored trajectory of one shape of batch. */
interface Tape {
  readonly trials: number;
  readonly steps: number;
  /** s_0 … s_T */
  readonly states: Float64Array[];
  /** x_0 … x_T */
  readonly observations: Float64Array[];
  /** What the plant says; the part of each observation, unless senses delay or disturb it. */
  readonly sensed: Float64Array[];
  readonly activities: Activity[];
  /** What drives the plant: u_t, with its noise. */
  readonly commands: Float64Array[];
  readonly inputs: StepInputs[];
  /** What is regularised in the place of hidden activity, if it is. */
  readonly body?: BodySignals;
  readonly reverse: readonly ReverseState[];
  readonly reversePass: ReversePass;
}

/** What one loss carries backwards through time. */
interface ReverseState {
  stateAfter: Float64Array;
  stateBefore: Float64Array;
  readonly observation: Float64Array;
  /** Of sensed_0 … sensed_T; all of them the observation's part where nothing is late. */
  readonly sensed: readonly Float64Array[];
  readonly command: Float64Array;
  /** [layer][stream], only for losses with a regulariser. */
  readonly hidden?: Float64Array[][];
  /** Of the network's state, only for networks that have one. */
  readonly state?: HiddenArrays;
  readonly cotangent: LossCotangent;
}

/** Roll-outs of `problem` on compiled kernels, in double precision. */
export function scalarRollout(problem: RolloutProblem): DifferentiableRollout {
  const { network, equations } = problem;
  const reset = resetKernel(equations);
  const path = sensoryPath(problem.sensing, equations.timeStep);
  const rows = { sensed: sensedSize(equations), commands: network.config.outputs };
  const kernels = new Map<string, { step: Kernel; adjoint: Kernel }>();
  let tape: Tape | undefined;

  const kernelsFor = (parts: readonly FieldPart[]) => {
    const key = parts.join();
    let pair = kernels.get(key);
    if (!pair) {
      pair = {
        step: stepKernel(equations, parts),
        adjoint: adjointKernel(equations, parts, problem.losses.length),
      };
      kernels.set(key, pair);
    }
    return pair;
  };

  return {
    name: "scalar",
    // deno-lint-ignore require-await -- the contract is asynchronous, for tensors on a GPU
    async gradient(weights, batch, gradient, noiseStream) {
      requireTimeStep(problem, batch);
      const noise = drawNoise(path, rows, batch.trials, batch.steps, noiseStream);
      tape = tapeFor(problem, path, batch, tape);
      const parts = fieldParts.filter((part) => tape!.inputs[0].field[part]);
      const { step, adjoint } = kernelsFor(parts);
      const fields = tape.inputs.map(({ field }) => parts.map((part) => field[part]!));
      reset.run(batch.trials, batch.startAngles, tape.states[0], tape.sensed[0]);
      rollOut(problem, path, tape, batch, weights, step, fields, noise);
      const { terms, finalError } = measure(problem, tape);
      gradient.fill(0);
      pullBack(problem, path, tape, weights, adjoint, fields, gradient);
      return { terms, finalError, nonFinite: replaceNonFinite(gradient) };
    },
  };
}

/** `known` if it fits the batch, else a new tape. */
function tapeFor(
  problem: RolloutProblem,
  path: SensoryPath,
  batch: TrialBatch,
  known?: Tape,
): Tape {
  const { trials, steps } = batch;
  const inputs = Array.from({ length: steps }, () => stepInputs(batch));
  if (known?.trials === trials && known.steps === steps) return { ...known, inputs };
  const { network, equations, losses, bodySignals } = problem;
  const stateSize = stateLayout(equations).size * trials;
  const sensedRows = sensedSize(equations) * trials;
  const observationSize = network.config.inputs * trials;
  const times = Array.from({ length: steps + 1 }, (_, t) => t);
  const observations = times.map(() => new Float64Array(observationSize));
  const activities = times.slice(1).map(() => network.activity(trials));
  const commandSize = network.config.outputs * trials;
  /** The sensed part of an observation, where it is told as it is; else an array of its own. */
  const sensedOf = (observation: Float64Array, isTold: boolean) =>
    isTold ? observation.subarray(0, sensedRows) : new Float64Array(sensedRows);
  return {
    trials,
    steps,
    states: times.map(() => new Float64Array(stateSize)),
    observations,
    sensed: observations.map((observation) => sensedOf(observation, path.isDirect)),
    activities,
    commands: activities.map(({ output }) =>
      path.commandNoise > 0 ? new Float64Array(commandSize) : output
    ),
    inputs,
    ...bodySignals !== undefined && {
      body: new BodySignals(equations, bodySignals, trials, steps),
    },
    reverse: losses.map((loss) => {
      const observation = new Float64Array(observationSize);
      const command = new Float64Array(commandSize);
      const smoothsHidden = loss.weights.activity > 0 && bodySignals === undefined;
      const hidden = smoothsHidden ? network.hiddenArrays(trials) : undefined;
      const state = network.hasState ? network.hiddenArrays(trials) : undefined;
      return {
        stateAfter: new Float64Array(stateSize),
        stateBefore: new Float64Array(stateSize),
        observation,
        sensed: times.map(() => sensedOf(observation, !path.isLate)),
        command,
        hidden,
        state,
        cotangent: { output: command, input: observation, hidden, state, share: loss.share },
      };
    }),
    reversePass: new ReversePass(network, trials, losses.length),
  };
}

function rollOut(
  { network }: RolloutProblem,
  path: SensoryPath,
  tape: Tape,
  batch: TrialBatch,
  weights: Float64Array,
  step: Kernel,
  fields: readonly Float64Array[][],
  noise: PathNoise | undefined,
): void {
  const { trials, steps, states, observations, sensed, activities, commands, inputs } = tape;
  for (let t = 0; t < steps; t++) {
    inputsAt(batch, t, inputs[t]);
    observe(path, tape, t, noise);
    observations[t].set(inputs[t].target, sensed[t].length);
    network.forward(
      weights,
      observations[t],
      activities[t],
      trials,
      intact,
      activities[t - 1]?.hidden,
    );
    const { output } = activities[t];
    if (noise && commands[t] !== output) {
      commands[t].set(output);
      addScaled(commands[t], noise.command[t], 1);
    }
    step.run(trials, states[t], commands[t], ...fields[t], states[t + 1], sensed[t + 1]);
    tape.body?.record(t, states[t + 1], sensed[t + 1]);
  }
}

/** The sensed part of x_t, where it is not told as it is. */
function observe(
  path: SensoryPath,
  { trials, observations, sensed }: Tape,
  t: number,
  noise: PathNoise | undefined,
): void {
  if (path.isDirect) return;
  const vision = sensed[t].length - 2 * trials;
  const earlier = (steps: number) => sensed[Math.max(t - steps, 0)];
  const told = observations[t].subarray(0, sensed[t].length);
  told.set(earlier(path.proprioceptionSteps).subarray(0, vision));
  told.set(earlier(path.visionSteps).subarray(vision), vision);
  if (noise) addScaled(told, noise.sensed[t], 1);
}

/** Adds the cotangents of x_t to those of what was sensed when it was on its way. */
function passBack(path: SensoryPath, { trials }: Tape, loss: ReverseState, t: number): void {
  if (!path.isLate) return;
  const rows = loss.sensed[t].length;
  const vision = rows - 2 * trials;
  const pass = (steps: number, from: number, until: number) => {
    if (t < steps) return; // what lies before the trial depends on nothing
    const into = loss.sensed[t - steps].subarray(from, until);
    addScaled(into, loss.observation.subarray(from, until), 1);
  };
  pass(path.proprioceptionSteps, 0, vision);
  pass(path.visionSteps, vision, rows);
}

/** Hand minus target after step t, element `at` of [x, y][trial]. */
function handError(tape: Tape, t: number, at: number): number {
  const sensed = tape.sensed[t + 1];
  return sensed[sensed.length - 2 * tape.trials + at] - tape.inputs[t].target[at];
}

/** The terms of the losses on the stored roll-out. */
function measure(
  problem: RolloutProblem,
  tape: Tape,
): { terms: LossTerms; finalError: number } {
  const { trials, steps, activities } = tape;
  let [absolute, squared, distance, effort] = [0, 0, 0, 0];
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
  const points = 2 * trials * steps;
  return {
    terms: {
      positionL1: absolute / points,
      positionSquared: 10 * squared / points,
      effort: effort / (problem.network.config.outputs * trials * steps),
      activity: tape.body ? tape.body.activity : hiddenActivity(problem, tape),
    },
    finalError: distance / (trials * Math.min(finalSteps, steps)),
  };
}

/** The regulariser on the hidden layers of the stored roll-out. */
function hiddenActivity({ network, equations }: RolloutProblem, tape: Tape): number {
  const { trials, steps, activities } = tape;
  let activity = 0;
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
  return activity;
}

function pullBack(
  problem: RolloutProblem,
  path: SensoryPath,
  tape: Tape,
  weights: Float64Array,
  adjoint: Kernel,
  fields: readonly Float64Array[][],
  gradient: Float64Array,
): void {
  const { losses } = problem;
  const { trials, steps, states, observations, activities, commands } = tape;
  const { reverse, reversePass } = tape;
  for (const loss of reverse) {
    loss.stateAfter.fill(0);
    for (const cotangent of [...loss.sensed, ...loss.state?.flat() ?? []]) cotangent.fill(0);
  }
  const cotangents = reverse.map(({ cotangent }) => cotangent);
  for (let t = steps - 1; t >= 0; t--) {
    reverse.forEach((loss, index) => {
      seedHand(problem, tape, t, loss, index);
      seedBody(problem, tape, t, loss, index);
    });
    adjoint.run(
      trials,
      states[t],
      commands[t],
      ...fields[t],
      ...reverse.flatMap(({ stateAfter, sensed }) => [stateAfter, sensed[t + 1]]),
      ...reverse.flatMap(({ stateBefore, command }) => [stateBefore, command]),
    );
    reverse.forEach((loss, index) => {
      const { effort, activity } = losses[index].weights;
      if (effort > 0) seedEffort(loss.command, activities[t].output, effort, steps);
      if (loss.hidden) seedActivity(problem, tape, t, loss.hidden, activity);
      [loss.stateAfter, loss.stateBefore] = [loss.stateBefore, loss.stateAfter];
    });
    const before = activities[t - 1]?.hidden;
    reversePass.run(weights, observations[t], activities[t], cotangents, gradient, before);
    for (const loss of reverse) passBack(path, tape, loss, t);
  }
}

/** Adds the position terms' cotangent of the hand after step t. */
function seedHand(
  { losses }: RolloutProblem,
  tape: Tape,
  t: number,
  loss: ReverseState,
  index: number,
): void {
  const { trials, steps } = tape;
  const sensed = loss.sensed[t + 1];
  const { positionL1, positionSquared } = losses[index].weights;
  const points = 2 * trials * steps;
  const hand = sensed.length - 2 * trials;
  for (let at = 0; at < 2 * trials; at++) {
    const error = handError(tape, t, at);
    sensed[hand + at] += (positionL1 * Math.sign(error) + positionSquared * 20 * error) / points;
  }
}

/** Adds the cotangent of the body's signals after step t, where these are regularised. */
function seedBody(
  { losses }: RolloutProblem,
  { states, sensed, body }: Tape,
  t: number,
  { stateAfter, sensed: sensedCotangents }: ReverseState,
  index: number,
): void {
  const { activity } = losses[index].weights;
  if (!body || activity === 0) return;
  body.pullBack(t, activity, states[t + 1], sensed[t + 1], stateAfter, sensedCotangents[t + 1]);
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
