/** What the drawings of all kinds of figures have in common. */
import type { TopLevelSpec } from "vega-lite";
import type { Figure, Panel } from "../../learners/figure.ts";

/** A figure that cannot be drawn as it is. */
export class FigureError extends Error {
  override readonly name = "FigureError";
}

export type LayeredSpec = Extract<TopLevelSpec, { layer: unknown }>;
export type Layer = LayeredSpec["layer"][number];
/** The figures of one kind, each perhaps a panel of another. */
export type Kind<Name extends Panel["kind"]> = Extract<Panel, { kind: Name }>;

/** Where a drawing stands, and what it has in common with those beside it. */
export interface Frame {
  /** About how large a plot's area is, in pixels at 96 to the inch. */
  readonly width: number;
  readonly height: number;
  /** The names that have colours, in their order, where there are more than the drawing's own. */
  readonly names?: readonly string[];
  /** How large the legend's symbols are, in square pixels; as it suits the kind unless given. */
  readonly symbolSize?: number;
  /** What the axes reach besides the drawing's own values. */
  readonly reach?: Reach;
}

/** Values on the axes. */
export interface Reach {
  readonly x?: readonly number[];
  readonly y?: readonly number[];
}

/** A drawing, and what others beside it may have to know of it. */
export interface Drawing {
  readonly spec: LayeredSpec;
  /** How many values it leaves out. */
  readonly leftOut?: number;
  /** Those that it tells apart by colour. */
  readonly names?: readonly string[];
  /** From where to where its axes go, where they are quantities. */
  readonly reach?: Reach;
}

/** The frame of a figure that stands alone. */
export const plot: Frame = { width: 440, height: 280 };

export const ink = "#222222";

/**
 * @throws {FigureError} when there are none
 */
export function requireSome(
  values: readonly unknown[],
  { kind, title }: Pick<Figure, "kind" | "title">,
): void {
  if (values.length === 0) throw new FigureError(`${kind} "${title}" has nothing to draw`);
}

export const canBeShown = (value: number, logarithmic: boolean) =>
  Number.isFinite(value) && (!logarithmic || value > 0);

export const smallest = (values: readonly number[]) =>
  values.reduce((a, b) => Math.min(a, b), Infinity);
export const largest = (values: readonly number[]) =>
  values.reduce((a, b) => Math.max(a, b), -Infinity);

/** The least and the largest. */
export const range = (values: readonly number[]) => [smallest(values), largest(values)];

/** The whole numbers from `first` to `last`. */
export function integers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** A number in three digits. */
export const short = (value: number) => String(Number(value.toPrecision(3)));

/** The expression that gives the name for an index; indices, unlike names, are never alike. */
export const lookUp = (names: readonly string[]) => `${JSON.stringify(names)}[datum.value]`;

/** Each of them once, in the order in which they first come. */
export const distinct = <Value>(values: readonly Value[]): Value[] => [...new Set(values)];

/**
 * The title of an axis of so many pixels, if it has one. Vega takes a letter of it for 9.6 pixels wide, and
 * makes room beyond the axis for a title that it takes for longer.
 */
export function axisTitle(text: string, length: number): string[] | null {
  return text === "" ? null : broken(text, Math.max(12, Math.floor(length / 9.6)));
}

/** Lines of `text` that fit into `width` pixels, at about seven a letter. */
export function wrap(text: string, width: number): string[] {
  return broken(text, Math.max(24, Math.floor(width / 7)));
}

/** Lines of at most so many letters, where words are no longer. */
function broken(text: string, letters: number): string[] {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = `${lines[lines.length - 1]} ${word}`.trim();
    if (line.length <= letters || lines[lines.length - 1] === "") lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}
