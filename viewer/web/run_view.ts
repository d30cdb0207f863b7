/// <reference lib="dom" />
/**
 * The view of a run: what arrives of it goes to the parts that show it. It makes no difference where the
 * run is.
 */
import type { Frame } from "../../cluster/frame.ts";
import type {
  Description,
  Event,
  Notice,
  Status,
  TrialEnded,
  TrialStarted,
} from "../../cluster/protocol.ts";
import { LearningCurve, SpeedProfile } from "./charts.ts";
import type { LineState } from "./connection.ts";
import type { Controls } from "./controls.ts";
import { element } from "./dom.ts";
import { Hemispheres } from "./hemispheres.ts";
import { handPoint, type Point } from "./kinematics.ts";
import type { Lesions } from "./lesions.ts";
import { type Instant, Playback } from "./playback.ts";
import { Readouts } from "./readouts.ts";
import { ArmScene } from "./scene.ts";
import type { ViewPoint } from "./stage.ts";
import type { Theme } from "./theme.ts";

/** A few facts for tests and for the curious, readable and nothing more. */
const facts = document.documentElement.dataset;

/** Parts of the page that are told of the run as well. */
export interface Companions {
  readonly controls: Controls;
  readonly lesions: Lesions;
}

/** Shows one run, and then perhaps another. */
export class RunView {
  readonly #readouts = new Readouts();
  readonly #hemispheres = new Hemispheres();
  readonly #learningCurve = new LearningCurve();
  readonly #speedProfile = new SpeedProfile();
  readonly #playback = new Playback();
  readonly #scene = openScene();
  readonly #companions: Companions;
  #description: Description | undefined;
  #status: Status | undefined;
  #trial: TrialStarted | undefined;
  #line: LineState = { kind: "connecting" };
  #notice: Pick<Notice, "level" | "text"> | undefined;
  #frames = 0;
  /** Where the path and the speed profile have come to. */
  #passed: { readonly hand: Point; readonly step: number } | undefined;

  constructor(companions: Companions) {
    this.#companions = companions;
  }

  /** What the run says of itself. */
  get description(): Description | undefined {
    return this.#description;
  }

  /** The whole history of the run follows. */
  begin(): void {
    this.#learningCurve.reset(this.#description?.updates ?? 0, this.#description?.engine ?? "");
  }

  /** Something has happened in the run. */
  receive(event: Event): void {
    switch (event.type) {
      case "description":
        return this.#describe(event);
      case "status":
        this.#status = event;
        this.#readouts.showStatus(event);
        return this.#companions.controls.show(event);
      case "progress":
        this.#readouts.showProgress(event);
        this.#learningCurve.addProgress(event);
        return this.#showWeights(event.mergeWeights);
      case "evaluation":
        return this.#learningCurve.addEvaluation(event);
      case "trial":
        return this.#beginTrial(event);
      case "trial-ended":
        return this.#endTrial(event);
      case "notice":
        return this.notify(event);
    }
  }

  /** The arm has moved. */
  push(frame: Frame): void {
    facts.frames = String(++this.#frames);
    this.#playback.push(frame);
  }

  /** How the line to the run is. */
  set line(line: LineState) {
    this.#line = line;
    this.#notice = undefined;
    this.#showLine();
  }

  /** A message over the scene, as long as the line is open. */
  notify(notice: Pick<Notice, "level" | "text">): void {
    this.#notice = notice;
    this.#showLine();
  }

  /** Show the next moment; to be called once a display frame, with the seconds since the last one. */
  advance(seconds: number): void {
    const instant = this.#playback.advance(seconds, this.#status?.speed ?? 1);
    if (instant) this.#showInstant(instant);
    this.#scene?.render();
  }

  /** See the arm from there. */
  look(from: ViewPoint): void {
    this.#scene?.look(from);
  }

  /** Whether the error's axis is logarithmic. */
  set logarithmic(logarithmic: boolean) {
    this.#learningCurve.logarithmic = logarithmic;
  }

  /** Take on the colours of a theme. */
  paint(theme: Theme): void {
    this.#scene?.paint(theme);
    this.#hemispheres.paint(theme);
    this.#readouts.paint(theme);
    this.#learningCurve.paint(theme);
    this.#speedProfile.paint(theme);
  }

  #showLine(): void {
    const [line, notice] = [this.#line, this.#notice];
    this.#readouts.showLine(line, this.#description !== undefined);
    if (line.kind === "open" && notice?.text) this.#readouts.notify(notice.text, notice.level);
    this.#companions.controls.enabled = line.kind === "open" && this.#description !== undefined;
  }

  #describe(next: Description): void {
    const same = JSON.stringify(next) === JSON.stringify(this.#description);
    if (next.run !== this.#description?.run) {
      this.#readouts.reset();
      this.#learningCurve.reset(next.updates, next.engine);
      this.#speedProfile.begin(1);
      this.#trial = undefined;
    }
    this.#description = next;
    if (!same) this.#load(next);
    this.#showLine();
  }

  #load(next: Description): void {
    const { controls, lesions } = this.#companions;
    this.#readouts.load(next);
    controls.load(next);
    lesions.load(next);
    if (this.#status) controls.show(this.#status);
    this.#hemispheres.load(next.network);
    this.#hemispheres.weigh([]);
    this.#scene?.load(next.arm);
  }

  #beginTrial(next: TrialStarted): void {
    this.#trial = next;
    this.#passed = undefined;
    facts.trial = String(next.trial);
    this.#playback.begin(next.trial, next.timeStep);
    this.#readouts.beginTrial(next);
    this.#speedProfile.begin(next.duration);
    this.#scene?.begin(next);
    this.#showWeights(next.mergeWeights);
    this.#companions.lesions.follow(next);
  }

  #endTrial(ended: TrialEnded): void {
    this.#readouts.endTrial(ended);
    const trial = this.#trial;
    if (ended.trial === trial?.trial) this.#speedProfile.complete(ended.speed, trial.timeStep);
  }

  /** While a trial is shown, its own weights count; the training's are newer than what one sees. */
  #showWeights(weights: readonly number[]): void {
    this.#hemispheres.weigh(this.#trial?.mergeWeights ?? weights);
  }

  #showInstant({ time, frame, passed: frames }: Instant): void {
    const [description, trial] = [this.#description, this.#trial];
    if (!description || !trial) return;
    const path = [];
    for (const { angles, step } of frames) {
      const hand = handPoint(description.arm, angles);
      const before = this.#passed;
      const seconds = before ? (step - before.step) * trial.timeStep : 0;
      const speed = before && seconds > 0
        ? Math.hypot(hand[0] - before.hand[0], hand[1] - before.hand[1]) / seconds
        : 0;
      path.push({ place: hand, speed });
      this.#speedProfile.add(step * trial.timeStep, speed);
      this.#passed = { hand, step };
    }
    this.#scene?.show({ ...frame, goalVisible: time >= trial.goTime, path });
    this.#hemispheres.show(frame);
    const [x, y] = handPoint(description.arm, frame.angles);
    const [goalX, goalY] = trial.goal;
    this.#readouts.showHand(
      Math.hypot(x - goalX, y - goalY),
      Math.hypot(frame.handForce[0], frame.handForce[1]),
    );
    this.#readouts.showActivations(frame.activations);
    facts.angles = Array.from(frame.angles, (angle) => angle.toFixed(4)).join(" ");
  }
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
