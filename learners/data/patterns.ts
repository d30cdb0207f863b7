/**
 * `patterns`: small random worlds with known statistics, for associative memories, perceptrons, energy models
 * and studies of optimisation.
 *
 * | function | what | labels or targets | source |
 * | --- | --- | --- | --- |
 * | `dilutedPatterns` | K patterns over N neurons, ±1 or blank; independent or stratified | | Agliari et al. 2023 |
 * | `noisyExamples` | M noisy copies of each pattern; correlated patterns | the pattern | Agliari et al. 2023 |
 * | `teacherStudent` | αN inputs ±1 for each of several tasks, teachers of a given overlap | sign(W·x) | Li et al. 2023 |
 * | `outlierRegression` | x = (x_b, x_o) with a rare large x_o | β·x_b + κ\|x_o\| | Rosenfeld & Risteski 2024 |
 * | `clusteredVariables` | correlated variables in clusters that share a cause | the clusters | Chen et al. 2024 |
 * | `binaryShapes` | 8×8 binary pictures of six shapes, pixels turned over, perhaps shifted | the shape | for Feng et al. 2023 |
 *
 * Each function's file states its law in full. All labels follow from what is drawn, so they are exact.
 *
 * **Splits.** Samples of different `split` names are independent draws of one distribution; what is fixed in
 * a world (patterns, teachers, β) depends on the seed alone. A larger set begins with the smaller one.
 */
export type {
  BinaryPatterns,
  ExampleOptions,
  PatternExamples,
  PatternOptions,
} from "./patterns/binary_patterns.ts";
export { dilutedPatterns, noisyExamples } from "./patterns/binary_patterns.ts";
export type { BinaryShapeOptions } from "./patterns/binary_shapes.ts";
export { binaryShapes, shapeNames } from "./patterns/binary_shapes.ts";
export type {
  ClusteredVariableOptions,
  ClusteredVariables,
} from "./patterns/clustered_variables.ts";
export { clusteredMoments, clusteredVariables } from "./patterns/clustered_variables.ts";
export type {
  OutlierRegressionOptions,
  OutlierRegressionSet,
} from "./patterns/outlier_regression.ts";
export { outlierRegression } from "./patterns/outlier_regression.ts";
export { correlationSheet, outlierSheet, patternSheet, teacherSheet } from "./patterns/sheet.ts";
export type {
  TeacherStudentOptions,
  TeacherStudentSet,
  TeacherTask,
} from "./patterns/teacher_student.ts";
export { teacherStudent } from "./patterns/teacher_student.ts";

/** Raised whenever equal options give other data than before. */
export const patternsVersion = 1;
