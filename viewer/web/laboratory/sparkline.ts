/// <reference lib="dom" />
/** A curve in little: how something went, without axes. */
import type { Points } from "./mean_curve.ts";
import type { SeriesStyle } from "./series_style.ts";

/** The drawing's own units; it is stretched to its place. */
const box = { width: 200, height: 48, margin: 3 } as const;

const namespace = "http://www.w3.org/2000/svg";

/** What is drawn, and how. */
export interface SparklineCurve {
  readonly points: Points;
  readonly style: SeriesStyle;
}

/** The smallest rectangle around some curves. */
export interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly lower: number;
  readonly upper: number;
}

/** The bounds of all points; undefined without any. */
export function boundsOf(curves: readonly Points[]): Bounds | undefined {
  const x = curves.flatMap(({ x }) => x);
  const y = curves.flatMap(({ y }) => y);
  if (x.length === 0) return undefined;
  return {
    left: Math.min(...x),
    right: Math.max(...x),
    lower: Math.min(...y),
    upper: Math.max(...y),
  };
}

/** `points` as an SVG polyline within `bounds`; what has no extent lies in the middle. */
export function polyline({ x, y }: Points, { left, right, lower, upper }: Bounds): string {
  const { width, height, margin } = box;
  const share = (value: number, from: number, to: number) =>
    to > from ? (value - from) / (to - from) : 0.5;
  return x.map((place, i) => {
    const across = share(place, left, right) * width;
    const down = margin + (1 - share(y[i], lower, upper)) * (height - 2 * margin);
    return `${across.toFixed(1)},${down.toFixed(1)}`;
  }).join(" ");
}

/** A small drawing of curves; what they come to must be said in words beside it. */
export class Sparkline {
  readonly element = document.createElementNS(namespace, "svg");

  constructor() {
    this.element.setAttribute("class", "sparkline");
    this.element.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.setAttribute("aria-hidden", "true");
  }

  /** @param curves the last one lies on top */
  show(curves: readonly SparklineCurve[]): void {
    const bounds = boundsOf(curves.map(({ points }) => points));
    const lines = this.element.children;
    while (lines.length > curves.length) lines[lines.length - 1].remove();
    curves.forEach(({ points, style }, i) => {
      const line = lines[i] ?? this.element.appendChild(newLine());
      line.setAttribute("points", bounds ? polyline(points, bounds) : "");
      line.setAttribute("data-series", String(style.colour));
      line.setAttribute("data-dashed", String(style.dashed));
    });
  }
}

function newLine(): SVGPolylineElement {
  const line = document.createElementNS(namespace, "polyline");
  line.setAttribute("vector-effect", "non-scaling-stroke");
  return line;
}
