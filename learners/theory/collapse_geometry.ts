/** What is measured of a collapsing classifier at a step, beside what the theory predicts for it. */
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { z } from "zod";
import {
  type ClassFeatures,
  classMeans,
  collapseMetrics,
  orthogonalFrame,
} from "../nn/collapse_metrics.ts";
import { type CollapseTheory, predictedFrame } from "./collapse_theory.ts";

const metricsSchema = z.object({
  // JSON has no NaN: it comes back as null.
  withinClass: z.number().nullable().transform((value) => value ?? NaN).or(z.nan()),
  rows: z.number(),
  means: z.number(),
  product: z.number(),
  duality: z.number(),
});

/** A measurement as a snapshot keeps it. */
export const measuredSchema = z.object({
  /** Steps done. */
  steps: z.number(),
  /** Of the objective, decay included. */
  loss: z.number(),
  /** Against the frame that the theory predicts. */
  predicted: metricsSchema,
  /** Against orthogonal directions of equal lengths. */
  equalLengths: metricsSchema,
  /** Lengths of the rows of P, [K]. */
  rows: z.array(z.number()).readonly(),
  /** Lengths of the class means (with a bias, of the centred ones), [K]. */
  means: z.array(z.number()).readonly(),
  /** Those means in the axes of the predicted frame, class after class, [K, K]. */
  meansInFrame: z.array(z.number()).readonly(),
});

export type Measured = Readonly<z.output<typeof measuredSchema>>;

/** The part of it that features and head determine. */
export type Geometry = Omit<Measured, "steps" | "loss">;

/** @param P the product of the head's linear layers, [K, d] */
export function geometryOf(of: ClassFeatures, P: Matrix, theory: CollapseTheory): Geometry {
  const { means, overall } = classMeans(of);
  const seen = theory.problem.bias ? means.subColumnVector(overall.to1DArray()) : means;
  const equal = Array<number>(of.classes).fill(1);
  return {
    predicted: collapseMetrics(of, P, predictedFrame(theory)),
    equalLengths: collapseMetrics(of, P, orthogonalFrame(equal)),
    rows: P.to2DArray().map((row) => Math.hypot(...row)),
    means: seen.transpose().to2DArray().map((mean) => Math.hypot(...mean)),
    meansInFrame: turnedIntoFrame(seen, predictedMeans(theory)).transpose().to1DArray(),
  };
}

/** The lengths that the theory predicts for what `geometryOf` measures. */
export function predictedLengths(
  { problem: { bias, counts }, squaredRows, means }: CollapseTheory,
): { readonly rows: readonly number[]; readonly means: readonly number[] } {
  // Of each vertex of a simplex whose K − 1 directions have the length 1.
  const share = bias ? Math.sqrt(1 - 1 / counts.length) : 1;
  return {
    rows: squaredRows.map((square) => share * Math.sqrt(square)),
    means: means.map((length) => share * length),
  };
}

/** The class means in the axes of the classes, [K, K], as columns. */
function predictedMeans(theory: CollapseTheory): Matrix {
  const { problem: { bias, counts: { length: classes } } } = theory;
  const directions = bias ? Matrix.eye(classes).sub(1 / classes) : Matrix.eye(classes);
  return directions.mulRowVector([...theory.means]);
}

/**
 * Uᵀ μ for the orthonormal columns U [d, K] that bring μ nearest to a frame F [K, K]: U = A Bᵀ of the singular
 * value decomposition μ Fᵀ = A S Bᵀ (Schönemann 1966).
 */
function turnedIntoFrame(means: Matrix, frame: Matrix): Matrix {
  const { leftSingularVectors: A, rightSingularVectors: B } = new SingularValueDecomposition(
    means.mmul(frame.transpose()),
    { autoTranspose: true },
  );
  return B.mmul(A.transpose()).mmul(means);
}
