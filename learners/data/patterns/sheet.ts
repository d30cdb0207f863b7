/** A look at each kind of pattern data. Images have `contactSheet`. */
import type { Figure } from "../../figure.ts";
import type { BinaryPatterns, PatternExamples } from "./binary_patterns.ts";
import type { ClusteredVariables } from "./clustered_variables.ts";
import type { OutlierRegressionSet } from "./outlier_regression.ts";
import type { TeacherStudentSet } from "./teacher_student.ts";

/**
 * Every pattern, and beside it the first of its examples: white +1, black −1, grey blank. Neurons are laid
 * out row by row in a square, whose last row may end in grey.
 *
 * @throws {RangeError} when there are fewer examples than asked for
 */
export function patternSheet(
  set: BinaryPatterns,
  examples: PatternExamples,
  shown: number,
): Figure {
  if (!Number.isSafeInteger(shown) || shown < 0 || shown > examples.examples) {
    throw new RangeError(`${shown} examples; expected an integer from 0 to ${examples.examples}`);
  }
  const { neurons, patterns } = set;
  const side = Math.ceil(Math.sqrt(neurons));
  const image = (values: Int8Array, index: number) =>
    Array.from(
      { length: side * side },
      (_, i) => i < neurons ? (values[index * neurons + i] + 1) / 2 : 0.5,
    );
  const columns = 1 + shown;
  const cells = Array.from({ length: patterns * columns }, (_, cell) => {
    const [pattern, column] = [Math.floor(cell / columns), cell % columns];
    return column === 0
      ? { label: `pattern ${pattern}`, image: image(set.values, pattern) }
      : { label: "", image: image(examples.values, pattern * examples.examples + column - 1) };
  });
  return {
    kind: "image-grid",
    title: examples.name,
    caption: `Each pattern and its first ${shown} examples; white is +1, black −1, grey blank.`,
    images: cells.map((cell) => cell.image),
    height: side,
    width: side,
    channels: 1,
    labels: cells.map((cell) => cell.label),
    columns,
  };
}

/** How the first teacher sees the last task: its stabilities y W·x/√N, negative where the two disagree. */
export function teacherSheet({ name, tasks, inputCount }: TeacherStudentSet): Figure {
  const { teacher } = tasks[0];
  const { inputs, labels, count } = tasks[tasks.length - 1];
  return {
    kind: "histogram",
    title: name,
    caption:
      "The first teacher's stabilities on the last task; negative ones contradict its labels.",
    xLabel: "y W·x/√N",
    yLabel: "examples",
    bins: 40,
    values: Array.from({ length: count }, (_, example) => {
      const input = inputs.subarray(example * inputCount, (example + 1) * inputCount);
      const field = input.reduce((sum, sign, i) => sum + sign * teacher[i], 0);
      return labels[example] * field / Math.sqrt(inputCount);
    }),
  };
}

/** Targets over the outlying feature, a trace for each group. */
export function outlierSheet(
  { name, count, inputs, inputNames, targets, groups }: OutlierRegressionSet,
): Figure {
  const samples = Array.from({ length: count }, (_, i) => i);
  const traces = [[-1, "negative outliers"], [0, "no outlier"], [1, "positive outliers"]] as const;
  return {
    kind: "scatter",
    title: name,
    caption:
      "The outliers' two signs raise the target alike, so that each sees a slope of its own.",
    xLabel: "x_o",
    yLabel: "y",
    traces: traces.map(([group, label]) => {
      const members = samples.filter((i) => groups[i] === group);
      return {
        name: label,
        x: members.map((i) => inputs[(i + 1) * inputNames.length - 1]),
        y: members.map((i) => targets[i]),
      };
    }),
  };
}

/** The correlations of all pairs of variables. */
export function correlationSheet({ name, columnNames, rows, values }: ClusteredVariables): Figure {
  const width = columnNames.length;
  const columns = columnNames.map((_, column) =>
    centred(Array.from({ length: rows }, (_, row) => values[row * width + column]))
  );
  return {
    kind: "heat-map",
    title: name,
    caption:
      "Correlations: high in the squares on the diagonal, the clusters, and about half across.",
    xLabel: "variable",
    yLabel: "variable",
    rows: columnNames,
    columns: columnNames,
    values: columns.map((one) => columns.map((other) => cosine(one, other))),
  };
}

function centred(values: readonly number[]): number[] {
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - centre);
}

function cosine(one: readonly number[], other: readonly number[]): number {
  const product = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  return product(one, other) / Math.sqrt(product(one, one) * product(other, other));
}
