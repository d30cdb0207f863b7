/// <reference lib="dom" />
/** Hand paths over one another, seen from above, in the arm's plane and to scale. */
import { context2d, pixelRatio } from "./dom.ts";
import type { Point } from "./kinematics.ts";
import { css } from "./palette.ts";
import type { Theme } from "./theme.ts";

/** Radius of a goal, m: the distance at which a reach counts as settled. */
const goalRadius = 0.02;
/** The least that is shown, so that a hand that hardly moves is not blown up, m. */
const smallestExtent = 0.12;
/** CSS pixels; the scale bar has its place below the paths. */
const margin = 14;
const scaleBarHeight = 18;
const scaleBarInset = 8;
/** Lengths of the scale bar, m; the longest that is shorter than a third of the plot. */
const scaleBars = [0.02, 0.05, 0.1, 0.2, 0.5];

/** How a path is drawn. */
export interface PathStyle {
  readonly colour: string;
  /** CSS pixels. */
  readonly width: number;
}

/** The paths of one kind. */
export interface DrawnPaths {
  readonly style: PathStyle;
  readonly paths: readonly (readonly Point[])[];
}

/** What is drawn. */
export interface PathPicture {
  readonly starts: readonly Point[];
  readonly goals: readonly Point[];
  /** From the lowest to the topmost. */
  readonly kinds: readonly DrawnPaths[];
}

/** From the arm's plane to the canvas. */
interface Projection {
  readonly place: (point: Point) => Point;
  /** CSS pixels of a metre. */
  readonly scale: number;
}

/** A plot that fills its host. */
export class PathPlot {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #picture: PathPicture | undefined;
  #theme: Theme | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = context2d(canvas);
    new ResizeObserver(() => this.#draw()).observe(canvas.parentElement ?? canvas);
  }

  /** Show other paths, or none. */
  show(picture: PathPicture | undefined): void {
    this.#picture = picture;
    this.#draw();
  }

  /** Take on the colours of a theme; those of the paths come with them. */
  paint(theme: Theme): void {
    this.#theme = theme;
    this.#draw();
  }

  #draw(): void {
    const { width, height } = this.#fit();
    const [context, theme, picture] = [this.#context, this.#theme, this.#picture];
    context.clearRect(0, 0, width, height);
    if (!theme || !picture || width === 0) return;
    const projection = project(picture, width, height);
    this.#drawScaleBar(theme, projection, width, height);
    for (const start of picture.starts) this.#drawStart(theme, projection, start);
    for (const goal of picture.goals) this.#drawGoal(theme, projection, goal);
    for (const kind of picture.kinds) {
      for (const path of kind.paths) this.#drawPath(kind.style, projection, path);
    }
  }

  #drawPath({ colour, width }: PathStyle, { place }: Projection, path: readonly Point[]): void {
    const context = this.#context;
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = width;
    context.lineJoin = context.lineCap = "round";
    context.beginPath();
    path.forEach((point, i) => {
      if (i === 0) context.moveTo(...place(point));
      else context.lineTo(...place(point));
    });
    context.stroke();
    const end = path.at(-1);
    if (end) this.#disc(place(end), width + 1.5);
  }

  #drawStart(theme: Theme, { place }: Projection, start: Point): void {
    this.#context.fillStyle = css(theme.muted);
    this.#disc(place(start), 2.5);
  }

  #drawGoal(theme: Theme, { place, scale }: Projection, goal: Point): void {
    const context = this.#context;
    context.strokeStyle = css(theme.ink, 0.55);
    context.lineWidth = 1;
    context.beginPath();
    context.arc(...place(goal), Math.max(goalRadius * scale, 3), 0, 2 * Math.PI);
    context.stroke();
  }

  #drawScaleBar(theme: Theme, { scale }: Projection, width: number, height: number): void {
    const context = this.#context;
    const length = scaleBars.findLast((length) => length * scale < width / 3) ?? scaleBars[0];
    const [right, y] = [width - scaleBarInset, height - scaleBarInset];
    context.strokeStyle = context.fillStyle = css(theme.muted);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(right - length * scale, y);
    context.lineTo(right, y);
    context.stroke();
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "right";
    context.textBaseline = "bottom";
    context.fillText(`${Math.round(100 * length)} cm`, right, y - 2);
  }

  #disc([x, y]: Point, radius: number): void {
    this.#context.beginPath();
    this.#context.arc(x, y, radius, 0, 2 * Math.PI);
    this.#context.fill();
  }

  /** As many pixels as the display has there. */
  #fit(): { width: number; height: number } {
    const { clientWidth: width, clientHeight: height } = this.#canvas.parentElement ?? this.#canvas;
    const ratio = pixelRatio();
    const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== columns || this.#canvas.height !== rows) {
      this.#canvas.width = columns;
      this.#canvas.height = rows;
    }
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return { width, height };
  }
}

/** All of the picture within the canvas, its middle in the middle, y upwards. */
function project({ starts, goals, kinds }: PathPicture, width: number, height: number): Projection {
  const points = [...starts, ...goals, ...kinds.flatMap(({ paths }) => paths.flat())];
  const bounds = ([0, 1] as const).map((axis) => {
    const values = points.map((point) => point[axis]);
    const [lower, upper] = [Math.min(...values), Math.max(...values)];
    return { middle: (lower + upper) / 2, extent: Math.max(upper - lower, smallestExtent) };
  });
  const scale = Math.min(
    (width - 2 * margin) / bounds[0].extent,
    (height - 2 * margin - scaleBarHeight) / bounds[1].extent,
  );
  return {
    scale,
    place: ([x, y]) => [
      width / 2 + (x - bounds[0].middle) * scale,
      (height - scaleBarHeight) / 2 - (y - bounds[1].middle) * scale,
    ],
  };
}
