/**
 * The motor tasks of the laboratory, by name. Every task steps at 100 Hz; positions in metres.
 *
 * | task | start | goal | forces | cues | steps |
 * | --- | --- | --- | --- | --- | --- |
 * | random-reach | uniform posture | hand of another uniform posture | none | goal shown at once | 50 |
 * | hold | uniform posture | the start | constant, each component uniform in ±10 N, not observed | – | 50 |
 * | hold-pulse | middle posture | the start | 2 … 8 N in a random direction for 0.1 s, onset 0.2 … 0.4 s | – | 100 |
 * | delayed-reach | uniform posture | uniform | none | go cue 0.3 … 0.6 s | 100 |
 * | centre-out | middle posture | 8 directions, 10 cm | none | go cue 0.05 … 0.25 s | 100 |
 * | curl-field | middle posture | 8 directions, 10 cm | F = b (ẏ, −ẋ), b = 13 N s/m, from the go cue on | as centre-out | 100 |
 * | force-channel | middle posture | 8 directions, 10 cm | channel from the go cue on, 6000 N/m and 250 N s/m | as centre-out | 100 |
 *
 * Controllers are prepared for the centre-out tasks on random reaches of which half are catch trials
 * (the goal stays the start); for the curl field they then meet the field (adaptation).
 *
 * Sources: random-reach and hold, Rinaldo et al. 2024 (arXiv 2401.14057) on MotorNet; cues of
 * centre-out, MotorNet's defaults; curl field, Shadmehr & Mussa-Ivaldi 1994; channel, Scheidt et al.
 * 2000. The pulse's sizes are this laboratory's choice.
 */
import { handPosition, middlePosture, type Point } from "../arms/kinematics.ts";
import type { RandomStream } from "../random.ts";
import {
  handsAt,
  pointRows,
  randomReaches,
  samePosture,
  throughout,
  uniformPostures,
  uniformSteps,
} from "./draws.ts";
import { controlStep, type DrawTrials, type Task } from "./task.ts";
import type { Channel, TrialBatch } from "./trial.ts";

/** Viscosity of the curl field, N s/m. */
export const curlViscosity = 13;

const reachDistance = 0.1;
const reachDirections = 8;
const channel: Channel = { stiffness: 6000, damping: 250 };
const largestLoad = 10;
const pulse = { weakest: 2, strongest: 8, seconds: 0.1, earliest: 0.2, latest: 0.4 };
const shortTrial = 50;
const longTrial = 100;

const drawRandomReach: DrawTrials = (arm, stream, trials) =>
  randomReaches(arm, stream, trials, shortTrial);

const drawHold: DrawTrials = (arm, stream, trials) => {
  const startAngles = uniformPostures(arm, stream, trials);
  const start = handsAt(arm, startAngles);
  const loads = Float64Array.from(
    { length: 2 * trials },
    () => stream.uniform(-largestLoad, largestLoad),
  );
  return {
    trials,
    steps: shortTrial,
    timeStep: controlStep,
    startAngles,
    start,
    goal: start,
    goStep: new Int32Array(trials),
    load: throughout(loads, trials, shortTrial),
  };
};

const drawHoldPulse: DrawTrials = (arm, stream, trials) => {
  const startAngles = samePosture(middlePosture(arm), trials);
  const start = handsAt(arm, startAngles);
  const forces = Array.from({ length: trials }, (): Point => {
    const force = stream.uniform(pulse.weakest, pulse.strongest);
    const direction = stream.uniform(0, 2 * Math.PI);
    return [force * Math.cos(direction), force * Math.sin(direction)];
  });
  const from = uniformSteps(stream, trials, pulse.earliest, pulse.latest);
  const until = from.map((step) => step + Math.round(pulse.seconds / controlStep));
  return {
    trials,
    steps: longTrial,
    timeStep: controlStep,
    startAngles,
    start,
    goal: start,
    goStep: new Int32Array(trials),
    load: { rows: pointRows(forces), from, until },
  };
};

const drawDelayedReach: DrawTrials = (arm, stream, trials) => ({
  ...randomReaches(arm, stream, trials, longTrial),
  goStep: uniformSteps(stream, trials, 0.3, 0.6),
});

const centreOutCue = (stream: RandomStream, trials: number) =>
  uniformSteps(stream, trials, 0.05, 0.25);

/** Directions go round in order, so any eight trials in a row hold each once. */
const drawCentreOut: DrawTrials = (arm, stream, trials) => {
  const posture = middlePosture(arm);
  const [x, y] = handPosition(arm, posture);
  const first = stream.integer(reachDirections);
  const goals = Array.from({ length: trials }, (_, trial): Point => {
    const direction = 2 * Math.PI * ((first + trial) % reachDirections) / reachDirections;
    return [x + reachDistance * Math.cos(direction), y + reachDistance * Math.sin(direction)];
  });
  return {
    trials,
    steps: longTrial,
    timeStep: controlStep,
    startAngles: samePosture(posture, trials),
    start: pointRows(goals.map(() => [x, y])),
    goal: pointRows(goals),
    goStep: centreOutCue(stream, trials),
  };
};

/** Random reaches with centre-out's cues, of which half are catch trials. */
const drawCentreOutTraining: DrawTrials = (arm, stream, trials) => {
  const batch = randomReaches(arm, stream, trials, longTrial);
  const goal = batch.goal.slice();
  for (let trial = stream.integer(2); trial < trials; trial += 2) {
    for (const at of [trial, trials + trial]) goal[at] = batch.start[at];
  }
  return { ...batch, goal, goStep: centreOutCue(stream, trials) };
};

/** `batch` in a curl field F = b (ẏ, −ẋ) from the go cue on. */
export function withCurlField(batch: TrialBatch, viscosity = curlViscosity): TrialBatch {
  const rows = Float64Array.from(
    { length: 4 * batch.trials },
    (_, i) => [0, viscosity, -viscosity, 0][Math.floor(i / batch.trials)],
  );
  const until = new Int32Array(batch.trials).fill(batch.steps);
  return { ...batch, viscosity: { rows, from: batch.goStep, until } };
}

/**
 * `batch` in a force channel from the go cue on.
 * @throws {RangeError} when a trial's goal is its start, which leaves the channel without a direction
 */
export function withChannel(batch: TrialBatch): TrialBatch & { readonly channel: Channel } {
  const { trials, start, goal } = batch;
  for (let trial = 0; trial < trials; trial++) {
    if (start[trial] === goal[trial] && start[trials + trial] === goal[trials + trial]) {
      throw new RangeError(`trial ${trial} has its goal at its start: a channel needs a direction`);
    }
  }
  return { ...batch, channel };
}

const drawCurlField: DrawTrials = (arm, stream, trials) =>
  withCurlField(drawCentreOut(arm, stream, trials));

const only = (draw: DrawTrials) => [{ name: "training", share: 1, draw }];

const everyTask: readonly Task[] = [
  {
    name: "random-reach",
    summary: "reach from any posture to any other in 0.5 s",
    kind: "reach",
    draw: drawRandomReach,
    training: only(drawRandomReach),
  },
  {
    name: "hold",
    summary: "keep the hand where it is under an unknown constant load",
    kind: "hold",
    draw: drawHold,
    training: only(drawHold),
  },
  {
    name: "hold-pulse",
    summary: "keep the hand where it is against a short push",
    kind: "hold",
    draw: drawHoldPulse,
    training: only(drawHoldPulse),
  },
  {
    name: "delayed-reach",
    summary: "wait for the go cue, then reach",
    kind: "reach",
    draw: drawDelayedReach,
    training: only(drawDelayedReach),
  },
  {
    name: "centre-out",
    summary: "reach 10 cm from the middle in one of eight directions",
    kind: "reach",
    draw: drawCentreOut,
    training: only(drawCentreOutTraining),
  },
  {
    name: "curl-field",
    summary: "centre-out reaches in a velocity-dependent force across the movement",
    kind: "reach",
    draw: drawCurlField,
    training: [
      { name: "null field", share: 0.75, draw: drawCentreOutTraining },
      { name: "adaptation", share: 0.25, draw: drawCurlField },
    ],
    curlViscosity,
  },
  {
    name: "force-channel",
    summary: "centre-out reaches between stiff walls that measure the lateral force",
    kind: "reach",
    draw: (arm, stream, trials) => withChannel(drawCentreOut(arm, stream, trials)),
    training: only(drawCentreOutTraining),
  },
];

/** Every task by its name. */
export const tasks: Readonly<Record<string, Task>> = Object.fromEntries(
  everyTask.map((task) => [task.name, task]),
);

/**
 * The task called `name`.
 * @throws {RangeError} when there is none, naming those that there are
 */
export function findTask(name: string): Task {
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  if (!task) {
    throw new RangeError(`no task "${name}"; there are ${Object.keys(tasks).join(", ")}`);
  }
  return task;
}
