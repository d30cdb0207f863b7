/** What the drawings of all kinds of figures have in common. */
import type { TopLevelSpec } from "vega-lite";
import type { Figure } from "../../learners/figure.ts";

/** A figure that cannot be drawn as it is. */
export class FigureError extends Error {
  override readonly name = "FigureError";
}

export type LayeredSpec = Extract<TopLevelSpec, { layer: unknown }>;
export type Layer = LayeredSpec["layer"][number];
/** The figures of one kind. */
export type Kind<Name extends Figure["kind"]> = Extract<Figure, { kind: Name }>;

/** A drawing, and how many values it leaves out. */
export interface Drawing {
  readonly spec: LayeredSpec;
  readonly leftOut?: number;
}

/** The size of a plot's area, in pixels at 96 to the inch. */
export const plot = { width: 440, height: 280 };

export const ink = "#222222";

/**
 * @throws {FigureError} when there are none
 */
export function requireSome(values: readonly unknown[], { kind, title }: Figure): void {
  if (values.length === 0) throw new FigureError(`${kind} "${title}" has nothing to draw`);
}

export const canBeShown = (value: number, logarithmic: boolean) =>
  Number.isFinite(value) && (!logarithmic || value > 0);

export const smallest = (values: readonly number[]) =>
  values.reduce((a, b) => Math.min(a, b), Infinity);
export const largest = (values: readonly number[]) =>
  values.reduce((a, b) => Math.max(a, b), -Infinity);

/** The whole numbers from `first` to `last`. */
export function integers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** A number in three digits. */
export const short = (value: number) => String(Number(value.toPrecision(3)));

/** The expression that gives the name for an index; indices, unlike names, are never alike. */
export const lookUp = (names: readonly string[]) => `${JSON.stringify(names)}[datum.value]`;

/** Lines of `text` that fit into `width` pixels, at about seven a letter. */
export function wrap(text: string, width: number): string[] {
  const letters = Math.max(24, Math.floor(width / 7));
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = `${lines[lines.length - 1]} ${word}`.trim();
    if (line.length <= letters || lines[lines.length - 1] === "") lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}
