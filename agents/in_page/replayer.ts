/**
 * Does trials of a run's shown series again, each with several lesions, as fast as it goes: what happens
 * to a hand's path when a hemisphere or the callosum is cut, all else being equal.
 *
 * For each lesion and trial a `trial` event, a frame for each step and a `trial-ended` event with its
 * measures go out, as for any shown trial; the frames leave out what the network's units do.
 */
import { type Bus, subjects } from "../../cluster/bus.ts";
import { encodeFrame } from "../../cluster/frame.ts";
import { type ReplayRequest, trialsOfRound } from "../../cluster/in_page.ts";
import { encodeMessage, type Event } from "../../cluster/protocol.ts";
import { type LesionName, lesions } from "../../controllers/lesions.ts";
import { networkController } from "../../controllers/network_controller.ts";
import { environmentOf } from "../../learners/motor/evaluation/evaluator.ts";
import { measuresOf, performTrials } from "../../learners/motor/evaluation/trials.ts";
import type { Weights } from "../sim/checkpoint.ts";
import type { VectorEnv } from "../../sim/env.ts";
import { type MovementRecord, speeds } from "../../sim/measures/record.ts";
import { randomStream } from "../../sim/random.ts";
import { findTask } from "../../sim/tasks/catalogue.ts";
import { pickTrials, type TrialBatch } from "../../sim/tasks/trial.ts";
import { requireNetwork, type RunHere, weightsHere } from "./hand_over.ts";
import { requireShown } from "./tasks.ts";

/** Which trials are done again. */
type ChosenTrials = Pick<ReplayRequest, "task" | "first" | "count">;

/** A trial that has been done. */
interface DoneTrial {
  readonly number: number;
  readonly lesion: LesionName;
  /** s */
  readonly goTime: number;
  readonly record: MovementRecord;
}

/** Does trials of one run again. */
export class Replayer {
  /** Environments by task and number of arms; compiling a plant takes longer than a trial. */
  readonly #envs = new Map<string, VectorEnv>();

  constructor(private readonly bus: Bus, private readonly run: RunHere) {}

  /**
   * Do what `request` asks for.
   * @throws {RangeError} when the run has no network, or there are no such lesions or trials
   * @throws {DivergenceError} when an arm's motion is no longer finite
   */
  replay(request: ReplayRequest): void {
    const network = requireNetwork(this.run);
    requireShown(request.task);
    const names = request.lesions.map(lesionNamed);
    const weights = weightsHere(this.run, network, request);
    const trials = shownTrials(this.run, request);
    const env = this.#envFor(request, trials);
    for (const lesion of names) {
      const controller = networkController(network, weights.weights, env.arms, lesions[lesion]);
      performTrials(env, controller, trials).forEach((record, index) => {
        const goTime = trials.goStep[index] * trials.timeStep;
        this.#tell(request, weights, { number: request.first + index, lesion, goTime, record });
      });
    }
  }

  #envFor({ task: name, count }: ReplayRequest, trials: TrialBatch): VectorEnv {
    const key = `${name} ${count}`;
    let env = this.#envs.get(key);
    if (!env) {
      const { config: { engine }, parts: { arm, actuator } } = this.run;
      env = environmentOf({ arm, actuator, engine, task: findTask(name) }, trials);
      this.#envs.set(key, env);
    }
    return env;
  }

  #tell(
    { answer, task }: ReplayRequest,
    { weights, updates }: Weights,
    { number, lesion, goTime, record }: DoneTrial,
  ): void {
    const publish = (event: Event) =>
      this.bus.publish(subjects.events(answer), encodeMessage(event));
    const { start, goal, timeStep } = record;
    const steps = record.positions.length / 2 - 1;
    publish({
      type: "trial",
      trial: number,
      task,
      controller: this.run.config.controller,
      lesion,
      update: updates,
      start: [start[0], start[1]],
      goal: [goal[0], goal[1]],
      goTime,
      duration: steps * timeStep,
      timeStep,
      mergeWeights: requireNetwork(this.run).mergeWeights(weights),
    });
    this.#sendFrames(answer, number, steps, record);
    const measures = Object.entries(measuresOf(findTask(task), record))
      .filter(([, value]) => Number.isFinite(value));
    publish({
      type: "trial-ended",
      trial: number,
      measures: Object.fromEntries(measures),
      speed: [...speeds(record)],
    });
  }

  #sendFrames(answer: string, trial: number, steps: number, record: MovementRecord): void {
    const { arm, actuator } = this.run.parts;
    const joints = arm.joints.length;
    const { jointAngles, activations, excitations } = record;
    // Of motors, what they are told is what they do.
    const drive = activations ?? excitations;
    if (!jointAngles || !drive) throw new TypeError("the recorder left out postures or commands");
    const rest = new Float64Array(actuator.count).fill(actuator.restActivation);
    for (let step = 0; step <= steps; step++) {
      const frame = encodeFrame({
        trial,
        step,
        angles: jointAngles.subarray(joints * step, joints * (step + 1)),
        handForce: [0, 0],
        activations: step === 0
          ? rest
          : drive.subarray(actuator.count * (step - 1), actuator.count * step),
        hidden: [],
        callosum: [],
      });
      this.bus.publish(subjects.frames(answer), frame);
    }
  }
}

/** @throws {RangeError} when there is no such lesion */
function lesionNamed(name: string): LesionName {
  if (Object.hasOwn(lesions, name)) return name as LesionName;
  throw new RangeError(`no lesion "${name}"; there are ${Object.keys(lesions).join(", ")}`);
}

/**
 * Trials of the series that a run shows (`agents/sim/showing.ts`), by their numbers.
 * @throws {RangeError} when there are no such trials, or they are not of one round
 */
export function shownTrials(
  { config, parts: { arm } }: RunHere,
  { task, first, count }: ChosenTrials,
): TrialBatch {
  const round = Math.floor(first / trialsOfRound);
  const within = first - round * trialsOfRound;
  const stream = randomStream(config.seed, `showing/${round}`);
  return pickTrials(findTask(task).draw(arm, stream, trialsOfRound), within, within + count);
}
