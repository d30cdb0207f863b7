/**
 * Shows recorded trials as a run shows its own: it says what a run says, and obeys what concerns the pace,
 * so that whoever shows a run need not know which it is. One trial follows the other, until the last one.
 */
import type { Frame } from "../../cluster/frame.ts";
import type { Command, Status, TrialEnded, TrialStarted } from "../../cluster/protocol.ts";
import type { RecordedTrial, RecordedTrialSummary } from "../../cluster/trial_recording.ts";
import { type RecordedPlace, TimelineAxis } from "./timeline_axis.ts";

/** Real time that the end of a trial stays, s. */
const pauseBetweenTrials = 0.6;
/** The longest stretch of missed time that is made up for, s: a tab that was not seen stands still. */
const longestCatchUp = 0.25;
/** Times are compared with a little room for how they were added up, s. */
const rounding = 1e-9;

/** What a run says of what it shows, but for how its training stands. */
export type ShownStatus = Omit<Status, "training">;

/** What is done with what it says. */
export interface RecordedHandlers {
  onEvent(event: TrialStarted | TrialEnded): void;
  onFrame(frame: Frame): void;
  onStatus(status: ShownStatus): void;
  /** The last recorded trial has been shown. */
  onEnd(): void;
  /** A trial could not be had. */
  onError(error: unknown): void;
}

/** A trial, and how much of it has been shown. */
interface Shown {
  readonly summary: RecordedTrialSummary;
  readonly recorded: RecordedTrial;
  /** Frames that have been said. */
  said: number;
}

/** The recorded trials and a clock that runs through them. */
export class RecordedPlayback {
  readonly #load: (number: number) => Promise<RecordedTrial | undefined>;
  readonly #handlers: RecordedHandlers;
  #axis = new TimelineAxis([]);
  #shown: Shown | undefined;
  /** Within the trial, s. */
  #time = 0;
  #rest = 0;
  /** Which trial is wanted: what was asked for before does not count when it comes. */
  #wish = 0;
  #isLoading = false;
  #paused = false;
  #speed = 1;

  /** @param load a trial by its number; undefined when it is no longer there */
  constructor(
    load: (number: number) => Promise<RecordedTrial | undefined>,
    handlers: RecordedHandlers,
  ) {
    this.#load = load;
    this.#handlers = handlers;
  }

  /** All recorded trials; more may have come, and others may have gone. */
  set trials(trials: readonly RecordedTrialSummary[]) {
    this.#axis = new TimelineAxis(trials);
  }

  /** Where they lie. */
  get axis(): TimelineAxis {
    return this.#axis;
  }

  /** Where the clock is on the axis, s; undefined while nothing is shown. */
  get position(): number | undefined {
    return this.#shown && this.#axis.positionOf(this.#shown.summary.number, this.#time);
  }

  /** The trial that is shown, and the time within it, s. */
  get place(): RecordedPlace | undefined {
    return this.#shown && { trial: this.#shown.summary, time: this.#time };
  }

  /** Go to a time of the axis, s; whether it goes on from there is as before. */
  async seek(position: number): Promise<void> {
    const place = this.#axis.placeAt(position);
    if (place) await this.#goTo(place);
  }

  /** Go on at that pace, or stand still. */
  setPace(pace: { readonly paused: boolean; readonly speed: number }): void {
    this.#paused = pace.paused;
    this.#speed = pace.speed;
    this.sayStatus();
  }

  /** Obey what concerns the pace; what was done cannot be done otherwise. */
  send(command: Command): void {
    switch (command.type) {
      case "pause":
        return this.setPace({ speed: this.#speed, paused: true });
      case "continue":
        if (this.#isAtEnd()) this.seek(0);
        return this.setPace({ speed: this.#speed, paused: false });
      case "speed":
        return this.setPace({ speed: command.factor, paused: this.#paused });
      case "next-trial":
        this.step(1);
        return;
    }
  }

  /** Go to the start of the next trial, or of the one before. */
  async step(direction: 1 | -1): Promise<void> {
    if (!this.#shown) return;
    const trial = this.#axis.neighbour(this.#shown.summary.number, direction);
    if (trial) await this.#goTo({ trial, time: 0 });
    else if (direction > 0) this.#handlers.onEnd();
  }

  /** Show nothing any more. */
  leave(): void {
    this.#wish++;
    this.#shown = undefined;
    this.#isLoading = false;
  }

  /** Move the clock on by so much real time, s; to be called once a display frame. */
  advance(realSeconds: number): void {
    const shown = this.#shown;
    if (!shown || this.#paused || this.#isLoading) return;
    const seconds = Math.min(realSeconds, longestCatchUp);
    if (this.#time < shown.summary.duration) {
      this.#time = Math.min(this.#time + seconds * this.#speed, shown.summary.duration);
      this.#rest = pauseBetweenTrials;
      return this.#say(shown);
    }
    this.#rest -= seconds;
    if (this.#rest <= 0) this.step(1);
  }

  /** Whether nothing follows: whoever goes on then means from the start. */
  #isAtEnd(): boolean {
    const shown = this.#shown;
    return shown !== undefined && this.#time >= shown.summary.duration &&
      this.#axis.neighbour(shown.summary.number, 1) === undefined;
  }

  async #goTo({ trial: summary, time }: RecordedPlace): Promise<void> {
    const wish = ++this.#wish;
    const shown = this.#shown;
    if (shown?.summary.number === summary.number && time >= this.#time) {
      this.#isLoading = false;
      this.#time = time;
      this.#rest = pauseBetweenTrials;
      return this.#say(shown);
    }
    this.#isLoading = true;
    try {
      const recorded = await this.#load(summary.number);
      if (wish !== this.#wish) return;
      this.#isLoading = false;
      if (recorded) return this.#begin({ summary, recorded, said: 0 }, time);
      this.#handlers.onError(new RangeError(`trial ${summary.number + 1} is no longer kept`));
    } catch (error) {
      if (wish !== this.#wish) return;
      this.#isLoading = false;
      this.#handlers.onError(error);
    }
  }

  /** From its start, of which the path of the hand is seen as well. */
  #begin(shown: Shown, time: number): void {
    this.#shown = shown;
    this.#time = time;
    this.#rest = pauseBetweenTrials;
    const { trial, ended } = shown.recorded.header;
    this.#handlers.onEvent(trial);
    // What came of it is known already.
    this.#handlers.onEvent(ended);
    this.sayStatus();
    this.#say(shown);
    this.#fetchAhead(shown);
  }

  /** Say once more at which pace what is shown. */
  sayStatus(): void {
    if (!this.#shown) return;
    const { task, controller, lesion } = this.#shown.recorded.header.trial;
    const [paused, speed] = [this.#paused, this.#speed];
    this.#handlers.onStatus({ type: "status", paused, speed, task, controller, lesion });
  }

  /** Say all frames up to the clock's time. */
  #say(shown: Shown): void {
    const { header, frame } = shown.recorded;
    const { timeStep } = header.trial;
    while (shown.said < header.frames && shown.said * timeStep <= this.#time + rounding) {
      this.#handlers.onFrame(frame(shown.said++));
    }
  }

  /** So that the next trial is there when this one ends. */
  #fetchAhead({ summary }: Shown): void {
    const next = this.#axis.neighbour(summary.number, 1);
    // It is asked for again when it is due, and said then.
    if (next) this.#load(next.number).catch(() => {});
  }
}
