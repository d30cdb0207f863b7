/// <reference lib="dom" />
/**
 * The bar under the scene: all recorded trials on one axis, with what came of each, and a place on it that
 * the reader moves.
 */
import { context2d, element, pixelRatio, setText } from "./dom.ts";
import { writeMeasure } from "./measures.ts";
import { css } from "./palette.ts";
import type { Theme } from "./theme.ts";
import type { RecordedPlace, TimelineAxis } from "./timeline_axis.ts";

/** How far an arrow key moves, s. */
const arrowStep = 0.1;

/** What the reader asks for. */
export interface TimelineBarHandlers {
  /** Show that time of the axis, s. */
  onSeek(position: number): void;
  /** Show what lies so much further, s. */
  onMove(seconds: number): void;
  /** The place is let go of. */
  onRelease(): void;
  /** The start of the next trial, or of the one before. */
  onStep(direction: 1 | -1): void;
  /** What happens now. */
  onLive(): void;
}

/** What the bar shows. */
export interface TimelineState {
  readonly axis: TimelineAxis;
  /** Whether something else is shown, to which the recording does not belong. */
  readonly isHidden: boolean;
  /** Whether there is something that happens now. */
  readonly hasLive: boolean;
  /** What is shown of the recording; absent when that is what happens now. */
  readonly shown?: RecordedPlace;
}

/** The timeline's elements. */
export class TimelineBar {
  readonly #panel = element("#timeline", HTMLElement);
  readonly #place = element("#timeline-place", HTMLInputElement);
  readonly #text = element("#timeline-text", HTMLElement);
  readonly #live = element("#timeline-live", HTMLButtonElement);
  readonly #canvas = element("#timeline-errors", HTMLCanvasElement);
  readonly #handlers: TimelineBarHandlers;
  #state: TimelineState | undefined;
  #theme: Theme | undefined;
  #isHeld = false;

  constructor(handlers: TimelineBarHandlers) {
    this.#handlers = handlers;
    this.#place.addEventListener("input", () => {
      this.#isHeld = true;
      handlers.onSeek(this.#place.valueAsNumber);
    });
    this.#place.addEventListener("change", () => {
      this.#isHeld = false;
      handlers.onRelease();
    });
    this.#place.addEventListener("keydown", (event) => this.#key(event));
    this.#live.addEventListener("click", () => handlers.onLive());
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
  }

  /** Show where we are; to be called as often as that changes. */
  show(state: TimelineState): void {
    const isOther = state.axis !== this.#state?.axis;
    this.#state = state;
    const { axis, isHidden, hasLive, shown } = state;
    this.#panel.hidden = isHidden || axis.trials.length === 0;
    this.#live.hidden = !hasLive;
    this.#live.setAttribute("aria-pressed", String(!shown));
    if (isOther) {
      this.#place.max = String(Math.max(axis.duration, Number.MIN_VALUE));
      this.#draw();
    }
    const position = shown ? axis.positionOf(shown.trial.number, shown.time) : axis.duration;
    if (!this.#isHeld) this.#place.value = String(position);
    const words = shown ? wordsOf(shown) : `now · ${trials(axis.trials.length)} recorded`;
    setText(this.#text, words);
    this.#place.setAttribute("aria-valuetext", words);
  }

  /** Take on the colours of a theme. */
  paint(theme: Theme): void {
    this.#theme = theme;
    this.#draw();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { hasLive = false } = this.#state ?? {};
    const actions: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => this.#handlers.onMove(-arrowStep),
      ArrowDown: () => this.#handlers.onMove(-arrowStep),
      ArrowRight: () => this.#handlers.onMove(arrowStep),
      ArrowUp: () => this.#handlers.onMove(arrowStep),
      PageUp: () => this.#handlers.onStep(1),
      PageDown: () => this.#handlers.onStep(-1),
      Home: () => this.#handlers.onMove(-Infinity),
      End: () => hasLive ? this.#handlers.onLive() : this.#handlers.onMove(Infinity),
    };
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  }

  /**
   * A bar a trial, as high as the square root of its final error: the first trials' must not hide by how
   * much the later ones differ. Those of no measured error have none.
   */
  #draw(): void {
    const [state, theme] = [this.#state, this.#theme];
    const { clientWidth, clientHeight } = this.#canvas;
    if (!state || !theme || clientWidth === 0) return;
    const ratio = pixelRatio();
    this.#canvas.width = Math.round(clientWidth * ratio);
    this.#canvas.height = Math.round(clientHeight * ratio);
    const { width, height } = this.#canvas;
    const { trials, duration } = state.axis;
    const largest = trials.reduce((most, { error = 0 }) => Math.max(most, error), 1e-9);
    const context = context2d(this.#canvas);
    context.fillStyle = css(theme.accent, 0.55);
    let time = 0;
    for (const trial of trials) {
      const left = Math.round(width * time / duration);
      time += trial.duration;
      // A gap between neighbours, where there is room for one.
      const wide = Math.round(width * time / duration) - left;
      const high = Math.ceil(height * Math.sqrt((trial.error ?? 0) / largest));
      context.fillRect(left, height - high, Math.max(wide - (wide > 3 ? 1 : 0), 1), high);
    }
  }
}

const trials = (count: number) => count === 1 ? "1 trial" : `${count} trials`;

function wordsOf({ trial: { number, update, error }, time }: RecordedPlace): string {
  const parts = [`trial ${number + 1}`, `after ${update} updates`, `${time.toFixed(2)} s`];
  if (error !== undefined) {
    const { value, unit } = writeMeasure("finalError", error);
    parts.push(`ends ${value} ${unit} from the goal`);
  }
  return parts.join(" · ");
}
