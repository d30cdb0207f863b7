/** What is told apart by its name: the colour, dash and shape of each, and the legend. */
import { categoryColours } from "./colours.ts";
import { lookUp } from "./drawing.ts";

/** From the eighth on, lines take the colours again, dashed. */
const dashes = [[1, 0], [6, 3], [2, 2]];

/** Points differ in shape, too. */
const shapes = ["circle", "square", "triangle-up", "diamond", "cross"];

/** Encodings of the field `series`, which holds the index of a name. */
export class SeriesStyle {
  readonly #names: readonly string[];
  readonly #symbolSize: number;

  /** @param symbolSize that of the legend's symbols, square pixels */
  constructor(names: readonly string[], symbolSize: number) {
    this.#names = names;
    this.#symbolSize = symbolSize;
  }

  /** The index of a name. */
  indexOf(name: string): number {
    return this.#names.indexOf(name);
  }

  /** The colour of the name with an index. */
  colourOf(index: number): string {
    return categoryColours[index % categoryColours.length];
  }

  get colour() {
    return this.#encoding(categoryColours, 1);
  }

  get dash() {
    return this.#encoding(dashes, categoryColours.length);
  }

  get shape() {
    return this.#encoding(shapes, 1);
  }

  /** For each name one of `values` in turn, the next one after every `run` names. */
  #encoding<Value>(values: readonly Value[], run: number) {
    const names = this.#names;
    return {
      field: "series",
      type: "nominal" as const,
      scale: {
        domain: [...names.keys()],
        range: names.map((_, index) => values[Math.floor(index / run) % values.length]),
      },
      // A name alone needs none.
      legend: names.length > 1
        ? { title: null, labelExpr: lookUp(names), symbolSize: this.#symbolSize }
        : null,
    };
  }
}
