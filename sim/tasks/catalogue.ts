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
 * | velocity-squared-field | middle posture | 8 directions, 10 cm | F = c ‖ṗ‖ (ẏ, −ẋ), c = 20 N s²/m², from the go cue on | as centre-out | 100 |
 * | noisy-linear-field | middle posture | 8 directions, 10 cm | as curl-field, but b anew for every trial, uniform in 0 … 26 N s/m | as centre-out | 100 |
 * | force-channel | middle posture | 8 directions, 10 cm | channel from the go cue on, 6000 N/m and 250 N s/m | as centre-out | 100 |
 *
 * Each of the three fields has a twin of the other sign, called `…-ccw`: it pushes the moving hand to its
 * left, so that it turns counter-clockwise.
 *
 * Controllers are prepared for the centre-out tasks on random reaches of which half are catch trials
 * (the goal stays the start); for a field they then meet it (adaptation). At a speed of 0.65 m/s, about
 * the fastest of these reaches, the three fields push equally on average.
 *
 * Sources: random-reach and hold, Rinaldo et al. 2024 (arXiv 2401.14057) on MotorNet; cues of
 * centre-out, MotorNet's defaults; fields and channel, see `force_fields.ts`. The pulse's sizes are this
 * laboratory's choice.
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
import { type CurlField, drawGains, withChannel, withCurlField } from "./force_fields.ts";
import { controlStep, type DrawTrials, type Task } from "./task.ts";
import type { Channel } from "./trial.ts";

/** The walls of the force channel. */
export const forceChannel: Channel = { stiffness: 6000, damping: 250 };

const reachDistance = 0.1;
const reachDirections = 8;
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

const only = (draw: DrawTrials) => [{ name: "training", share: 1, draw }];

/** The task of learning `field`. */
function adaptationTask(name: string, summary: string, field: CurlField): Task {
  const draw: DrawTrials = (arm, stream, trials) => {
    const free = drawCentreOut(arm, stream, trials);
    return withCurlField(free, field, drawGains(field, stream, trials));
  };
  return {
    name,
    summary,
    kind: "reach",
    draw,
    training: [
      { name: "null field", share: 0.75, draw: drawCentreOutTraining },
      { name: "adaptation", share: 0.25, draw },
    ],
    field,
  };
}

/** Of each field the one that pushes to the right. */
const fieldsToLearn: readonly { name: string; summary: string; field: CurlField }[] = [
  {
    name: "curl-field",
    summary: "centre-out reaches in a velocity-dependent force across the movement",
    field: { power: 1, gain: 13, spread: 0 },
  },
  {
    name: "velocity-squared-field",
    summary: "centre-out reaches in a force that grows with the square of the speed",
    field: { power: 2, gain: 20, spread: 0 },
  },
  {
    name: "noisy-linear-field",
    summary: "centre-out reaches in a curl field of another strength in every trial",
    field: { power: 1, gain: 13, spread: 13 },
  },
];

/** Each field, and its twin of the other sign. */
const adaptationTasks = fieldsToLearn.flatMap(({ name, summary, field }) => [
  adaptationTask(name, `${summary}, to the right`, field),
  adaptationTask(`${name}-ccw`, `${summary}, to the left`, { ...field, gain: -field.gain }),
]);

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
  ...adaptationTasks,
  {
    name: "force-channel",
    summary: "centre-out reaches between stiff walls that measure the lateral force",
    kind: "reach",
    draw: (arm, stream, trials) => withChannel(drawCentreOut(arm, stream, trials), forceChannel),
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
