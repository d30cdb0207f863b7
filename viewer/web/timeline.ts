/// <reference lib="dom" />
/**
 * What happens now, or what has been recorded: it stands between the run on the server and the view of it,
 * and lets through the one or the other. Whatever is shown, how the training goes is always what happens now.
 */
import type { Frame } from "../../cluster/frame.ts";
import type { Command, Event, Status, TrialEnded, TrialStarted } from "../../cluster/protocol.ts";
import { RecordedPlayback } from "./playback_recorded.ts";
import type { Theme } from "./theme.ts";
import { TimelineBar } from "./timeline_bar.ts";
import { TimelineSource } from "./timeline_source.ts";

/** Time between two looks at what has been recorded, ms. */
const lookEvery = 10_000;
/** A few facts for tests and for the curious, readable and nothing more. */
const facts = document.documentElement.dataset;

/** What shows the run. */
export interface TimelineTargets {
  onEvent(event: Event): void;
  onFrame(frame: Frame): void;
  /** Recorded trials are shown from now on, or not any more. */
  onRecorded(isRecorded: boolean): void;
  /** It is known what has been recorded. */
  onLook(): void;
  /** A recorded trial could not be had. */
  onTrouble(message: string): void;
}

/** The timeline of the run on the server. */
export class Timeline {
  readonly #targets: TimelineTargets;
  readonly #source = new TimelineSource();
  readonly #bar: TimelineBar;
  readonly #playback: RecordedPlayback;
  /** What was said last of what happens now. */
  #now: { trial?: TrialStarted; ended?: TrialEnded; status?: Status } = {};
  #run: string | undefined;
  #isRecorded = false;
  #hasLive = true;
  #isHeld = false;
  #isStopped = false;
  #nextLook: ReturnType<typeof setTimeout> | undefined;
  #lastLook = -Infinity;

  constructor(targets: TimelineTargets) {
    this.#targets = targets;
    this.#playback = new RecordedPlayback((number) => this.#source.trial(number), {
      onEvent: (event) => targets.onEvent(event),
      onFrame: (frame) => targets.onFrame(frame),
      onStatus: (shown) => {
        const training = this.#now.status?.training ?? "stopped";
        targets.onEvent({ ...shown, training });
      },
      onEnd: () => this.#hasLive ? this.#showNow() : this.send({ type: "pause" }),
      onError: (error) => this.#failed(error),
    });
    this.#bar = new TimelineBar({
      onSeek: (position) => {
        this.#isHeld = true;
        this.#seek(position);
      },
      onMove: (seconds) => {
        const { position, axis } = this.#playback;
        this.#seek((position ?? axis.duration) + seconds);
      },
      onRelease: () => this.#isHeld = false,
      onStep: (direction) => this.#step(direction),
      onLive: () => this.#showNow(),
    });
  }

  /** The line to the server is open, and the whole history of the run follows. */
  open(): void {
    this.#source.clear();
    this.#look();
  }

  /** Something has happened in the run. */
  receive(event: Event): void {
    switch (event.type) {
      case "trial":
        this.#now = { ...this.#now, trial: event };
        break;
      case "trial-ended":
        this.#now = { ...this.#now, ended: event };
        this.#lookSoon();
        break;
      case "status":
        this.#now = { ...this.#now, status: event };
        if (this.#isRecorded) this.#playback.sayStatus();
        break;
      case "description":
        if (this.#run !== undefined && event.run !== this.#run) this.#forget();
        this.#run = event.run;
        return this.#targets.onEvent(event);
      default:
        return this.#targets.onEvent(event);
    }
    if (!this.#isRecorded) this.#targets.onEvent(event);
  }

  /** The arm has moved. */
  push(frame: Frame): void {
    if (!this.#isRecorded) this.#targets.onFrame(frame);
  }

  /**
   * Something is asked for.
   * @returns whether it has been done: it concerned what is recorded
   */
  send(command: Command): boolean {
    if (this.#isRecorded) this.#playback.send(command);
    return this.#isRecorded;
  }

  /** The clock goes on; to be called once a display frame, with the seconds since the last one. */
  advance(seconds: number): void {
    if (!this.#isRecorded) return;
    if (!this.#isHeld) this.#playback.advance(seconds);
    this.#show();
  }

  /** Something else is shown instead, and then this again. */
  set isStopped(isStopped: boolean) {
    this.#isStopped = isStopped;
    if (isStopped) this.#showNow();
    else this.#look();
    this.#show();
  }

  /** Whether something happens now, beside what has been recorded. */
  get hasLive(): boolean {
    return this.#hasLive;
  }

  /** Take on the colours of a theme. */
  paint(theme: Theme): void {
    this.#bar.paint(theme);
  }

  #seek(position: number): void {
    this.#showRecorded();
    this.#playback.seek(position);
  }

  #step(direction: 1 | -1): void {
    if (this.#isRecorded) this.#playback.step(direction);
    // Before what happens now lies the last recorded trial.
    else if (direction < 0) this.#seek(this.#playback.axis.duration - lastOf(this.#playback));
  }

  #showRecorded(): void {
    if (this.#isRecorded) return;
    this.#isRecorded = true;
    const { paused = false, speed = 1 } = this.#now.status ?? {};
    this.#playback.setPace({ paused, speed });
    this.#targets.onRecorded(true);
    facts.time = "recorded";
  }

  #showNow(): void {
    facts.time = "now";
    if (!this.#isRecorded) return;
    this.#isRecorded = false;
    this.#isHeld = false;
    this.#playback.leave();
    this.#targets.onRecorded(false);
    const { trial, ended, status } = this.#now;
    for (const event of [trial, ended?.trial === trial?.trial ? ended : undefined, status]) {
      if (event && !this.#isStopped) this.#targets.onEvent(event);
    }
    this.#show();
  }

  /** Another run is on the server. */
  #forget(): void {
    this.#now = {};
    this.#showNow();
    this.#source.clear();
    this.#look();
  }

  #lookSoon(): void {
    const wait = Math.max(0, this.#lastLook + lookEvery - performance.now());
    this.#nextLook ??= setTimeout(() => this.#look(), wait);
  }

  /** See what has been recorded. */
  async #look(): Promise<void> {
    clearTimeout(this.#nextLook);
    this.#nextLook = undefined;
    this.#lastLook = performance.now();
    if (this.#isStopped) return;
    try {
      const { isLive, trials } = await this.#source.index() ?? { isLive: true, trials: [] };
      this.#hasLive = isLive;
      this.#playback.trials = trials;
      facts.recorded = String(trials.length);
      if (!isLive && !this.#isRecorded && trials.length > 0) this.#seek(0);
      this.#show();
      this.#targets.onLook();
    } catch (error) {
      // The server is away, which its line says, and is looked at again when it is back.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.send({ type: "pause" });
    this.#targets.onTrouble(`This recorded trial cannot be shown: ${reason}`);
    this.#look();
  }

  #show(): void {
    const { axis, place } = this.#playback;
    const shown = this.#isRecorded ? place : undefined;
    const [hasLive, isHidden] = [this.#hasLive, this.#isStopped];
    this.#bar.show({ axis, hasLive, isHidden, ...shown && { shown } });
  }
}

/** Motion of the last recorded trial, s. */
const lastOf = ({ axis }: RecordedPlayback) => axis.trials.at(-1)?.duration ?? 0;
