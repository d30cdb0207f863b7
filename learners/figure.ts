/**
 * Figures as data: what a method wants to show, without saying how it is drawn. The report draws them as
 * SVG and writes what they show as CSV, the page draws them as it likes.
 */

/** One line or one set of points. */
export interface Trace {
  /** What the legend calls it. Traces of one name, such as several trials, are drawn alike. */
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Half-width of a band about y, such as a standard deviation over seeds. */
  readonly spread?: readonly number[];
  /** Where there is no such spread: the ends of a band, such as a confidence interval. */
  readonly interval?: readonly (readonly [low: number, high: number])[];
}

interface Axes {
  /** With its unit. */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xLogarithmic?: boolean;
  readonly yLogarithmic?: boolean;
}

/** Axes of places, both in one unit. */
interface Plane extends Axes {
  /** Whether a unit is equally long on both axes, as on a map; the axes are linear then. */
  readonly equalScales?: boolean;
}

/** What may be drawn, of each kind. */
type Content =
  | ({
    readonly kind: "line";
    readonly traces: readonly Trace[];
    /** Points on top of the lines, such as where they begin and where they are to end. */
    readonly marks?: readonly Trace[];
  } & Plane)
  | ({ readonly kind: "scatter"; readonly traces: readonly Trace[] } & Plane)
  | ({
    readonly kind: "bars";
    readonly names: readonly string[];
    readonly values: readonly number[];
    readonly spread?: readonly number[];
  } & Omit<Axes, "xLogarithmic">)
  | ({
    readonly kind: "grouped-bars";
    /** Side by side, with a bar for each of the series in every one: such as models, and tasks. */
    readonly groups: readonly string[];
    /** Of one colour each. */
    readonly series: readonly string[];
    /** [group][series]; NaN leaves a place empty. */
    readonly values: readonly (readonly number[])[];
    /** [group][series] where its interval begins and ends, if it has one. */
    readonly intervals?: readonly (readonly (readonly [low: number, high: number] | undefined)[])[];
    /** [group][series][…] what its value is the mean of, such as one of each seed. */
    readonly points?: readonly (readonly (readonly number[])[])[];
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
  };

/** A figure within a figure, under its own title. */
export type Panel = { readonly title: string } & Content;

/** Several figures that are to be compared: names that recur have one colour, and one legend, in all. */
interface Panels {
  readonly kind: "panels";
  readonly panels: readonly Panel[];
  /** Panels in a row. */
  readonly columns: number;
  /** The axes on which all panels have one range, where they have such axes; none unless given. */
  readonly common?: "x" | "y" | "both";
}

/** Something to draw. */
export type Figure =
  & {
    readonly title: string;
    /** One sentence: what one should see. */
    readonly caption: string;
  }
  & (Content | Panels);
