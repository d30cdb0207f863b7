/// <reference lib="dom" />
/**
 * The page: what arrives from the run goes to the parts that show it, what the reader asks for goes
 * back to the run.
 */
import type {
  Description,
  Event,
  Notice,
  Status,
  TrialEnded,
  TrialStarted,
} from "../../cluster/protocol.ts";
import { LearningCurve, SpeedProfile } from "./charts.ts";
import { Connection, type LineState, type RunConnection } from "./connection.ts";
import { Controls } from "./controls.ts";
import { element } from "./dom.ts";
import { Hemispheres } from "./hemispheres.ts";
import { handPoint, type Point } from "./kinematics.ts";
import { type Instant, Playback } from "./playback.ts";
import { Readouts } from "./readouts.ts";
import { ArmScene } from "./scene.ts";
import { Themes } from "./theme.ts";

/** A few facts for tests and for the curious, readable and nothing more. */
const facts = document.documentElement.dataset;

const readouts = new Readouts();
const hemispheres = new Hemispheres();
const learningCurve = new LearningCurve();
const speedProfile = new SpeedProfile();
const playback = new Playback();
const themes = new Themes();
const scene = openScene();
const controls = new Controls({
  send: (command) => connection.send(command),
  look: (from) => scene?.look(from),
  toggleTheme: () => themes.toggle(),
  setLogarithmic: (logarithmic) => learningCurve.logarithmic = logarithmic,
});

let description: Description | undefined;
let status: Status | undefined;
let trial: TrialStarted | undefined;
let line: LineState = { kind: "connecting" };
let notice: Notice | undefined;
let frames = 0;
/** Where the path and the speed profile have come to. */
let passed: { readonly hand: Point; readonly step: number } | undefined;

const connection: RunConnection = new Connection(socketPath(), {
  // The whole history of the run follows.
  onOpen: () => learningCurve.reset(description?.updates ?? 0, description?.engine ?? ""),
  onEvent: receive,
  onFrame(frame) {
    facts.frames = String(++frames);
    playback.push(frame);
  },
  onState(state) {
    line = state;
    notice = undefined;
    showLine();
  },
});

themes.follow((theme) => {
  scene?.paint(theme);
  hemispheres.paint(theme);
  readouts.paint(theme);
  learningCurve.paint(theme);
  speedProfile.paint(theme);
});

let before = performance.now();
requestAnimationFrame(function show(now) {
  const instant = playback.advance((now - before) / 1000, status?.speed ?? 1);
  before = now;
  if (instant) showInstant(instant);
  scene?.render();
  requestAnimationFrame(show);
});

/** The page of a laboratory's job, which its address names, has a line of its own, and a way back. */
function socketPath(): string {
  const job = new URLSearchParams(location.search).get("job");
  if (job === null) return "/socket";
  element("#laboratory", HTMLElement).hidden = false;
  return `/socket?job=${encodeURIComponent(job)}`;
}

function openScene(): ArmScene | undefined {
  try {
    return new ArmScene(element("#scene", HTMLCanvasElement));
  } catch (error) {
    element("#no-scene", HTMLElement).hidden = false;
    console.warn(error);
    return undefined;
  }
}

function showLine(): void {
  readouts.showLine(line, description !== undefined);
  if (line.kind === "open" && notice?.text) readouts.notify(notice.text, notice.level);
  controls.enabled = line.kind === "open" && description !== undefined;
}

function receive(event: Event): void {
  switch (event.type) {
    case "description":
      return describe(event);
    case "status":
      status = event;
      readouts.showStatus(event);
      return controls.show(event);
    case "progress":
      readouts.showProgress(event);
      learningCurve.addProgress(event);
      return showWeights(event.mergeWeights);
    case "evaluation":
      return learningCurve.addEvaluation(event);
    case "trial":
      return beginTrial(event);
    case "trial-ended":
      return endTrial(event);
    case "notice":
      notice = event;
      return showLine();
  }
}

function describe(next: Description): void {
  const same = JSON.stringify(next) === JSON.stringify(description);
  if (next.run !== description?.run) {
    readouts.reset();
    learningCurve.reset(next.updates, next.engine);
    speedProfile.begin(1);
    trial = undefined;
  }
  description = next;
  if (!same) load(next);
  showLine();
}

function load(next: Description): void {
  readouts.load(next);
  controls.load(next);
  if (status) controls.show(status);
  hemispheres.load(next.network);
  hemispheres.weigh([]);
  scene?.load(next.arm);
}

function beginTrial(next: TrialStarted): void {
  trial = next;
  passed = undefined;
  facts.trial = String(next.trial);
  playback.begin(next.trial, next.timeStep);
  readouts.beginTrial(next);
  speedProfile.begin(next.duration);
  scene?.begin(next);
  showWeights(next.mergeWeights);
}

function endTrial(ended: TrialEnded): void {
  readouts.endTrial(ended);
  if (ended.trial === trial?.trial) speedProfile.complete(ended.speed, trial.timeStep);
}

/** While a trial is shown, its own weights count; the training's are newer than what one sees. */
function showWeights(weights: readonly number[]): void {
  hemispheres.weigh(trial?.mergeWeights ?? weights);
}

function showInstant({ time, frame, passed: frames }: Instant): void {
  if (!description || !trial) return;
  const path = [];
  for (const { angles, step } of frames) {
    const hand = handPoint(description.arm, angles);
    const seconds = passed ? (step - passed.step) * trial.timeStep : 0;
    const speed = passed && seconds > 0
      ? Math.hypot(hand[0] - passed.hand[0], hand[1] - passed.hand[1]) / seconds
      : 0;
    path.push({ place: hand, speed });
    speedProfile.add(step * trial.timeStep, speed);
    passed = { hand, step };
  }
  scene?.show({ ...frame, goalVisible: time >= trial.goTime, path });
  hemispheres.show(frame);
  const [x, y] = handPoint(description.arm, frame.angles);
  const [goalX, goalY] = trial.goal;
  readouts.showHand(
    Math.hypot(x - goalX, y - goalY),
    Math.hypot(frame.handForce[0], frame.handForce[1]),
  );
  readouts.showActivations(frame.activations);
  facts.angles = Array.from(frame.angles, (angle) => angle.toFixed(4)).join(" ");
}
