/**
 * The showing agent: lets one arm do trials in real time for whoever watches, with the newest weights of
 * the training. Publishes the description, trials, frames and the status; listens to weights and to the
 * page's commands. It never influences the training.
 */
import { type Bus, subjects, type Subscription } from "../../cluster/bus.ts";
import { encodeFrame } from "../../cluster/frame.ts";
import {
  type Command,
  decodeCommand,
  encodeMessage,
  type Event,
  type Status,
} from "../../cluster/protocol.ts";
import type { LesionName } from "../../controllers/lesions.ts";
import type { Activity, MotorNetwork } from "../../controllers/motor_network.ts";
import { handVelocity } from "../../sim/arms/kinematics.ts";
import { VectorEnv } from "../../sim/env.ts";
import { speeds } from "../../sim/measures/record.ts";
import { createPlant } from "../../sim/physics/catalogue.ts";
import { handForces } from "../../sim/physics/hand_field.ts";
import { randomStream } from "../../sim/random.ts";
import { findTask, tasks } from "../../sim/tasks/catalogue.ts";
import { controlStep, type Task } from "../../sim/tasks/task.ts";
import { pickTrial, type TrialBatch } from "../../sim/tasks/trial.ts";
import { decodeWeights, type Weights } from "./checkpoint.ts";
import { scriptedController, type ShownController, shownNetwork } from "./controllers.ts";
import { describe } from "./description.ts";
import type { RunConfig, RunParts } from "./run_config.ts";
import {
  measuresOf,
  requireFiniteMotion,
  TrialRecorder,
} from "../../learners/motor/evaluation/trials.ts";

/** What is shown. */
export interface ShowRequest {
  readonly bus: Bus;
  readonly run: string;
  readonly config: RunConfig;
  readonly parts: RunParts;
  /** The network that learns, with the weights to begin with; none for a scripted controller. */
  readonly learner?: Weights & { readonly network: MotorNetwork };
  /** Told what a shown trial ended with, if it could not go on. */
  readonly onError: (error: unknown) => void;
}

/** Shown seconds per real second at the start: reaches take half a second, too short to follow. */
const initialSpeed = 0.5;
/** Real time between two rounds of stepping, ms. */
const tick = 10;
/** Real time that the end of a trial stays, s. */
const pauseBetweenTrials = 0.6;
/** The longest stretch of missed time that is made up for, s. */
const longestCatchUp = 0.1;
/** Trials are drawn by so many at once, so that tasks with fixed directions show all of them. */
const round = 8;
const scripted = "minimum-jerk";

/** A trial being shown. */
interface Showing {
  readonly number: number;
  readonly env: VectorEnv;
  readonly trials: TrialBatch;
  readonly shown: ShownController;
  readonly recorder: TrialRecorder;
  readonly actions: Float64Array;
  observation: Float64Array;
  step: number;
}

/** Shows trials until it is closed. */
export class ShowingAgent {
  readonly #request: ShowRequest;
  readonly #subscriptions: Subscription[];
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #handForce = new Float64Array(2);
  readonly #envs = new Map<Task, VectorEnv>();
  #weights: Float64Array;
  #updates: number;
  #status: Status;
  #showing: Showing | undefined;
  #trialNumber = 0;
  /** Simulated time that is due, s. */
  #due = 0;
  /** Real time until the next trial, s. */
  #pause = 0;
  #lastTick = performance.now();

  constructor(request: ShowRequest) {
    this.#request = request;
    const { bus, run, config, learner } = request;
    this.#weights = learner?.weights ?? new Float64Array(0);
    this.#updates = learner?.updates ?? 0;
    this.#status = {
      type: "status",
      training: learner ? "starting" : "none",
      paused: false,
      speed: initialSpeed,
      task: config.task,
      controller: config.controller,
      lesion: "none",
    };
    this.#subscriptions = [
      bus.subscribe(subjects.commands(run), (payload) => this.#obey(decodeCommand(payload))),
      bus.subscribe(subjects.weights(run), (payload) => this.#receive(payload)),
    ];
    this.#publish(describe(request));
    this.#publish(this.#status);
    this.#timer = setInterval(() => this.#safely(() => this.#tick()), tick);
  }

  /** Say how the training stands. */
  setTraining(training: Status["training"]): void {
    this.#changeStatus({ training });
  }

  /** Stop showing. */
  close(): void {
    clearInterval(this.#timer);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  /** A trial that cannot be shown must not end the training beside it. */
  #safely(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#request.onError(error);
      this.#showing = undefined;
      this.#pause = pauseBetweenTrials;
    }
  }

  #publish(event: Event): void {
    this.#request.bus.publish(subjects.events(this.#request.run), encodeMessage(event));
  }

  #changeStatus(change: Partial<Status>): void {
    this.#status = { ...this.#status, ...change };
    this.#publish(this.#status);
  }

  #receive(payload: Uint8Array): void {
    const { learner } = this.#request;
    if (!learner) return;
    const { weights, updates } = decodeWeights(payload, learner.network.layout);
    this.#weights = weights;
    this.#updates = updates;
  }

  /** Commands that name what there is not are ignored: they come from the page. */
  #obey(command: Command): void {
    const { config, learner } = this.#request;
    switch (command.type) {
      case "pause":
        return this.#changeStatus({ paused: true });
      case "continue":
        return this.#changeStatus({ paused: false });
      case "speed":
        return this.#changeStatus({ speed: command.factor });
      case "next-trial":
        return this.#begin();
      case "task":
        if (!Object.hasOwn(tasks, command.task)) return;
        this.#changeStatus({ task: command.task });
        return this.#begin();
      case "controller": {
        const known = command.controller === scripted ||
          (learner && command.controller === config.controller);
        if (!known) return;
        this.#changeStatus({ controller: command.controller });
        return this.#begin();
      }
      case "lesion":
        if (!describe(this.#request).lesions.includes(command.lesion)) return;
        this.#changeStatus({ lesion: command.lesion });
        return this.#begin();
    }
  }

  #tick(): void {
    const now = performance.now();
    const elapsed = Math.min((now - this.#lastTick) / 1000, longestCatchUp);
    this.#lastTick = now;
    if (this.#status.paused) return;
    if (!this.#showing) {
      this.#pause -= elapsed;
      if (this.#pause <= 0) this.#begin();
      return;
    }
    this.#due += elapsed * this.#status.speed;
    while (this.#showing && this.#due >= controlStep) {
      this.#due -= controlStep;
      this.#advance(this.#showing);
    }
  }

  /** Begin the next trial at once. */
  #begin(): void {
    const { config, parts } = this.#request;
    const number = this.#trialNumber++;
    const task = findTask(this.#status.task);
    const stream = randomStream(config.seed, `showing/${Math.floor(number / round)}`);
    const trials = pickTrial(task.draw(parts.arm, stream, round), number % round);
    const env = this.#envFor(task, trials.channel !== undefined);
    const { plant } = env;
    const shown = this.#shownController();
    const { observation } = env.reset({ seed: config.seed, trials });
    shown.controller.reset(1);
    this.#showing = {
      number,
      env,
      trials,
      shown,
      recorder: new TrialRecorder(plant, trials),
      actions: new Float64Array(plant.actuator.count),
      observation,
      step: 0,
    };
    this.#due = 0;
    this.#announce(this.#showing);
    this.#showing.recorder.sample(0);
    this.#sendFrame(this.#showing);
  }

  /** The environment of a task; made once, for compiling its plant takes longer than a frame. */
  #envFor(task: Task, stiff: boolean): VectorEnv {
    let env = this.#envs.get(task);
    if (!env) {
      const { config, parts } = this.#request;
      const { arm, actuator } = parts;
      const request = { arm, actuator, arms: 1, timeStep: controlStep, stiff };
      env = new VectorEnv(createPlant(config.engine, request), task);
      this.#envs.set(task, env);
    }
    return env;
  }

  #shownController(): ShownController {
    const { learner, parts } = this.#request;
    if (!learner || this.#status.controller === scripted) {
      return { controller: scriptedController(parts) };
    }
    return shownNetwork(learner.network, this.#weights, this.#status.lesion as LesionName);
  }

  #announce({ number, trials, shown }: Showing): void {
    const { learner } = this.#request;
    const { task, controller, lesion } = this.#status;
    const { start, goal, goStep, steps, timeStep } = trials;
    this.#publish({
      type: "trial",
      trial: number,
      task,
      controller,
      lesion: shown.activity ? lesion : "none",
      update: shown.activity ? this.#updates : 0,
      start: [start[0], start[1]],
      goal: [goal[0], goal[1]],
      goTime: goStep[0] * timeStep,
      duration: steps * timeStep,
      timeStep,
      mergeWeights: learner && shown.activity ? learner.network.mergeWeights(this.#weights) : [],
    });
  }

  #advance(showing: Showing): void {
    const { env, shown, recorder, actions, trials } = showing;
    shown.controller.act(showing.observation, actions);
    recorder.command(showing.step, actions);
    showing.observation = env.step(actions).observation;
    requireFiniteMotion(env.plant, showing.step + 1);
    recorder.sample(++showing.step);
    this.#sendFrame(showing);
    if (showing.step === trials.steps) this.#end(showing);
  }

  #end({ number, env, recorder }: Showing): void {
    const [record] = recorder.records();
    const measures = Object.entries(measuresOf(env.task, record))
      .filter(([, value]) => Number.isFinite(value));
    this.#publish({
      type: "trial-ended",
      trial: number,
      measures: Object.fromEntries(measures),
      speed: [...speeds(record)],
    });
    this.#showing = undefined;
    this.#pause = pauseBetweenTrials;
  }

  #sendFrame({ number, env, trials, shown, step }: Showing): void {
    const { bus, run, parts, learner } = this.#request;
    const { angles, velocities, activation, hand } = env.plant.readings;
    const motion = [[...angles], [...velocities]] as const;
    const field = env.inputs.field;
    handForces(field, hand, Float64Array.from(handVelocity(parts.arm, ...motion)), this.#handForce);
    const units = learner?.network;
    const inside = units && shown.activity
      ? flatten(shown.activity)
      : silent(units ? units.config.layers * units.streams.length * units.width : 0);
    const frame = encodeFrame({
      trial: number,
      step: Math.min(step, trials.steps),
      angles,
      handForce: this.#handForce,
      activations: activation,
      ...inside,
    });
    bus.publish(subjects.frames(run), frame);
  }
}

/** Hidden activities and callosum traffic of one arm, [layer][stream][unit]. */
function flatten({ hidden, received }: Activity): { hidden: number[]; callosum: number[] } {
  return {
    hidden: hidden.flat().flatMap((units) => [...units]),
    callosum: hidden.flatMap((streams, layer) =>
      streams.flatMap((units, stream) =>
        [...units].map((_, unit) =>
          layer === 0 ? 0 : received[layer - 1][stream][unit] - hidden[layer - 1][stream][unit]
        )
      )
    ),
  };
}

const silent = (units: number) => ({
  hidden: new Float64Array(units),
  callosum: new Float64Array(units),
});
