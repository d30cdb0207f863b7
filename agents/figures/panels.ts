/** Panels: figures side by side, drawn alike, with one legend. */
import type { TopLevelSpec } from "vega-lite";
import type { Figure, Panel } from "../../learners/figure.ts";
import { draw } from "./draw.ts";
import {
  distinct,
  type Drawing,
  FigureError,
  type Frame,
  plot,
  type Reach,
  requireSome,
  wrap,
} from "./drawing.ts";

type PanelsFigure = Extract<Figure, { kind: "panels" }>;

type ConcatSpec = Extract<TopLevelSpec, { concat: unknown }>;

/** Between panels, in pixels. */
const gap = 24;

/** A drawing of several. */
export interface PanelsDrawing {
  readonly spec: ConcatSpec;
  /** Of all panels in a row, in pixels. */
  readonly width: number;
  /** How many values they leave out. */
  readonly leftOut: number;
}

/** @throws {FigureError} when there are no panels, or one cannot be drawn */
export function panelsDrawing(figure: PanelsFigure): PanelsDrawing {
  const { panels, columns, common } = figure;
  requireSome(panels, figure);
  if (!Number.isInteger(columns) || columns < 1) {
    throw new FigureError(
      `panels "${figure.title}" have ${columns} columns; give a whole number from 1`,
    );
  }
  const across = Math.min(columns, panels.length);
  const frame = { ...frameOf(across), ...symbolsFor(panels) };
  // Drawn once to see what they have in common, and then with it.
  const apart = panels.map((panel) => draw(panel, frame));
  const shared = { ...frame, ...commonalities(apart, common) };
  const drawings = panels.map((panel) => draw(panel, shared));
  return {
    spec: {
      concat: drawings.map(({ spec }, index) => ({
        ...spec,
        title: heading(panels[index], frame),
      })),
      columns: across,
      spacing: gap,
      resolve: {
        scale: { color: "shared", strokeDash: "shared", shape: "shared" },
      },
    },
    width: across * (frame.width + gap),
    leftOut: drawings.reduce((sum, { leftOut = 0 }) => sum + leftOut, 0),
  };
}

/** The more of them in a row, the smaller. */
function frameOf(across: number): Frame {
  const width = Math.round(Math.max(150, Math.min(plot.width, (860 - gap * across) / across)));
  return { width, height: Math.round(Math.max(120, Math.min(plot.height, 0.72 * width))) };
}

/** Where kinds differ, their legends' symbols, which are one then, are of one size. */
function symbolsFor(panels: readonly Panel[]): Pick<Frame, "symbolSize"> {
  return new Set(panels.map(({ kind }) => kind)).size > 1 ? { symbolSize: 100 } : {};
}

function commonalities(
  drawings: readonly Drawing[],
  common: PanelsFigure["common"],
): Pick<Frame, "names" | "reach"> {
  const along = (axis: keyof Reach) =>
    common === axis || common === "both"
      ? drawings.flatMap(({ reach }) => reach?.[axis] ?? [])
      : [];
  return {
    names: distinct(drawings.flatMap(({ names = [] }) => names)),
    reach: { x: along("x"), y: along("y") },
  };
}

function heading({ title }: Panel, { width }: Frame) {
  return { text: wrap(title, width), fontSize: 12, offset: 6, lineHeight: 14 };
}
