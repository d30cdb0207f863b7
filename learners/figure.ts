/**
 * Figures as data: what a method wants to show, without saying how it is drawn. The report draws them as
 * SVG, the page as it likes.
 */

/** One line or one set of points. */
export interface Trace {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Half-width of a band about y, such as a standard deviation over seeds. */
  readonly spread?: readonly number[];
}

interface Titled {
  readonly title: string;
  /** One sentence: what one should see. */
  readonly caption: string;
}

interface Axes {
  /** With its unit. */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xLogarithmic?: boolean;
  readonly yLogarithmic?: boolean;
}

/** Something to draw. */
export type Figure =
  & Titled
  & (
    | ({ readonly kind: "line"; readonly traces: readonly Trace[] } & Axes)
    | ({ readonly kind: "scatter"; readonly traces: readonly Trace[] } & Axes)
    | ({
      readonly kind: "bars";
      readonly names: readonly string[];
      readonly values: readonly number[];
      readonly spread?: readonly number[];
    } & Omit<Axes, "xLogarithmic">)
    | ({
      readonly kind: "histogram";
      readonly values: readonly number[];
      readonly bins: number;
    } & Axes)
    | ({
      readonly kind: "heat-map";
      /** [row][column] */
      readonly values: readonly (readonly number[])[];
      readonly rows: readonly string[];
      readonly columns: readonly string[];
    } & Omit<Axes, "xLogarithmic" | "yLogarithmic">)
    | {
      readonly kind: "image-grid";
      /** Pixels 0 … 1, each image [height][width][channel] flat. */
      readonly images: readonly (readonly number[])[];
      readonly height: number;
      readonly width: number;
      readonly channels: 1 | 3;
      readonly labels?: readonly string[];
      /** Images in a row. */
      readonly columns: number;
    }
    | {
      readonly kind: "graph";
      /** [node][x, y] */
      readonly positions: readonly (readonly [number, number])[];
      readonly edges: readonly (readonly [number, number])[];
      /** A number for each node: its colour. */
      readonly colours: readonly number[];
      /** A number for each node: its size, 1 is usual. */
      readonly sizes?: readonly number[];
    }
  );
