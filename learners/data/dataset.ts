/**
 * What a data set is, as plain typed arrays: images, graphs, tables and regression pairs.
 *
 * Arrays are row-major; a shape such as [count, height, width, channels] names the axes from the slowest
 * to the fastest. Class labels are indices into `classNames`. A set's `name` is for people: figures,
 * reports, messages.
 */

/** Names of the values that an attribute of each image can take, and which one each image has. */
export interface Factor {
  readonly names: readonly string[];
  /** [count], indices into `names`. */
  readonly values: Int32Array;
}

/** Which part of the scene each pixel shows. */
export interface PartMasks {
  /** The parts; index 0 is the background. */
  readonly names: readonly string[];
  /** [count, height, width], indices into `names`: the part that covers most of the pixel. */
  readonly values: Uint8Array;
}

/** Named points of each image. */
export interface Keypoints {
  readonly names: readonly string[];
  /**
   * [count, names.length, 3]: x rightwards and y downwards in pixels from the image's upper left corner
   * (the first pixel's centre is at 0.5), then 1 where the point is within the image and nothing hides
   * it, else 0. Points outside the image keep their position.
   */
  readonly values: Float32Array;
}

/** Rectangles round the visible part of things in each image. */
export interface Boxes {
  /** What each box surrounds. */
  readonly names: readonly string[];
  /** [count, names.length, 4]: left, top, right, bottom in pixels; all 0 where nothing of it is seen. */
  readonly values: Float32Array;
}

/** Labelled images. */
export interface ImageSet {
  readonly name: string;
  readonly count: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  /** 1: grey; 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** [count, height, width, channels], 0 (black) … 1. */
  readonly images: Float32Array;
  /** [count] */
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
  /** Further attributes by name, where they are known. */
  readonly factors?: Readonly<Record<string, Factor>>;
  readonly masks?: PartMasks;
  readonly keypoints?: Keypoints;
  readonly boxes?: Boxes;
}

/** Which nodes or samples serve for what: indices, ascending, none in two splits. */
export interface Splits {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/** An undirected graph whose nodes have features and a class. */
export interface Graph {
  readonly name: string;
  readonly nodes: number;
  readonly featureCount: number;
  /** [nodes, featureCount] */
  readonly features: Float32Array;
  /** [nodes] */
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
  /**
   * [edges, 2]: every edge once, its smaller node first, in ascending order; no node is joined to itself.
   */
  readonly edges: Int32Array;
  /** The nodes' own names, where the data has them. */
  readonly nodeNames?: readonly string[];
  /** [nodes, 2]: where the nodes lie in the plane, for graphs that have a geometry. */
  readonly positions?: Float32Array;
}

/** A graph with the nodes to learn from, to choose by, and to be judged by. */
export interface SplitGraph extends Graph {
  readonly splits: Splits;
}

/** Pairs of input and target vectors. */
export interface RegressionSet {
  readonly name: string;
  readonly count: number;
  /** Each input with its unit, such as "shoulder velocity (rad/s)". */
  readonly inputNames: readonly string[];
  /** [count, inputNames.length] */
  readonly inputs: Float32Array;
  /** Each target with its unit. */
  readonly targetNames: readonly string[];
  /** [count, targetNames.length] */
  readonly targets: Float32Array;
}

/** Numbers in named columns, and perhaps a class for each row. */
export interface Table {
  readonly name: string;
  readonly rows: number;
  readonly columnNames: readonly string[];
  /** [rows, columnNames.length] */
  readonly values: Float64Array;
  /** [rows] */
  readonly labels?: Int32Array;
  readonly classNames?: readonly string[];
}
