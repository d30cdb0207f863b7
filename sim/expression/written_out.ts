/** Kernels as text, for languages in which a value is declared by an expression. */
import { type Computed, isConstant, type Node } from "./graph.ts";
import type { Lowered, Place } from "./lowering.ts";

/** How each operation is written on the names of its operands. */
export type Formats = Readonly<Record<Computed, (...names: string[]) => string>>;

/** What the text of a kernel is made of. */
export interface Language {
  /** The word that declares a value. */
  readonly declaration: string;
  readonly formats: Formats;
  /** A number. */
  readonly literal: (value: number) => string;
  /** A row of an array at the element that is computed. */
  readonly at: (place: Place) => string;
}

/** A declaration for each step, an assignment for each result. */
export function writtenOut({ steps, results }: Lowered, language: Language): string[] {
  const { declaration, formats, literal, at } = language;
  const label = (node: Node) => isConstant(node) ? literal(node.value) : `v${node.id}`;
  const values = steps.map((step) => {
    const { node } = step;
    const value = "from" in step
      ? at(step.from)
      : formats[step.operation](...node.operands.map(label));
    return `${declaration} ${label(node)} = ${value};`;
  });
  return [...values, ...results.map(({ node, place }) => `${at(place)} = ${label(node)};`)];
}
