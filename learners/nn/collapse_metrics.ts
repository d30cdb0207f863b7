/**
 * How far a classifier's last features and linear head are from neural collapse (Papyan, Han & Donoho 2020,
 * https://arxiv.org/abs/2008.08186; against general orthogonal frames as Dang et al. 2023,
 * https://arxiv.org/abs/2301.00437). In double precision, for any classifier that ends in linear layers.
 *
 * H [d, N] features with labels 0 … K − 1, μ [d, K] their class means, P [K, d] the head's product; nf(A) = A/‖A‖.
 *
 *     NC1       tr(Σ_W Σ_B⁺)/K              features lie at their class mean
 *     NC2-W     ‖nf(P Pᵀ) − nf(rows)‖       the rows form the frame
 *     NC2-H     ‖nf(μᵀ μ) − nf(means)‖      the class means form it
 *     NC3-WH    ‖nf(P μ) − nf(product)‖     rows and means share their directions,
 *     NC3-dual  ‖nf(P) − nf(diag(ratio) μᵀ)‖     and are proportional, class by class
 *
 *     Σ_W = 1/N Σ_i (h_i − μ_y)(h_i − μ_y)ᵀ,   Σ_B = 1/K Σ_k (μ_k − μ_G)(μ_k − μ_G)ᵀ,   μ_G = mean of all h_i
 *
 * Only NC1 always takes μ_G away; the others do for a centred frame, as a free bias brings one about.
 */
import { Matrix, SingularValueDecomposition } from "ml-matrix";

/** What rows and class means are compared with, up to their scale. */
export interface ClassFrame {
  /** Of P Pᵀ, [K, K]. */
  readonly rows: Matrix;
  /** Of μᵀ μ, [K, K]. */
  readonly means: Matrix;
  /** Of P μ, [K, K]. */
  readonly product: Matrix;
  /** How many times as long row k of P is as μ_k, [K]. */
  readonly ratio: readonly number[];
  /** Whether class means are those of features from which the mean of all is taken. */
  readonly centred: boolean;
}

/** Each 0 where collapse is complete, NC2 and NC3 at most 2. */
export interface CollapseMetrics {
  /** NaN where all class means coincide: there is nothing to compare the spread with. */
  readonly withinClass: number;
  /** NC2-W. */
  readonly rows: number;
  /** NC2-H. */
  readonly means: number;
  /** NC3-WH. */
  readonly product: number;
  /** NC3-dual. */
  readonly duality: number;
}

/** Features with their classes. */
export interface ClassFeatures {
  /** [d, N] */
  readonly features: Matrix;
  /** [N], 0 … classes − 1. */
  readonly labels: ArrayLike<number>;
  readonly classes: number;
}

/** Orthogonal directions, one for each class, with these lengths of rows and class means. */
export function orthogonalFrame(
  rows: readonly number[],
  means: readonly number[] = rows,
): ClassFrame {
  return {
    rows: Matrix.diag(rows.map((length) => length ** 2)),
    means: Matrix.diag(means.map((length) => length ** 2)),
    product: Matrix.diag(rows.map((length, k) => length * means[k])),
    ratio: rows.map((length, k) => means[k] > 0 ? length / means[k] : 0),
    centred: false,
  };
}

/** The simplex equiangular tight frame: K directions of equal lengths, all at cosines −1/(K − 1). */
export function simplexFrame(classes: number): ClassFrame {
  const gram = Matrix.eye(classes).sub(1 / classes);
  return { rows: gram, means: gram, product: gram, ratio: Array(classes).fill(1), centred: true };
}

/**
 * The mean of each class [d, K] and of all features [d, 1].
 * @throws {RangeError} when labels and features differ in number, or a class has no sample
 */
export function classMeans(
  { features, labels, classes }: ClassFeatures,
): { readonly means: Matrix; readonly overall: Matrix } {
  const { rows: width, columns: samples } = features;
  if (labels.length !== samples) {
    throw new RangeError(`${labels.length} labels for ${samples} columns of features`);
  }
  const counts = new Array<number>(classes).fill(0);
  const means = Matrix.zeros(width, classes);
  for (let i = 0; i < samples; i++) {
    const label = labels[i];
    if (!(label in counts)) throw new RangeError(`label ${label} of ${classes} classes`);
    counts[label]++;
    for (let u = 0; u < width; u++) means.set(u, label, means.get(u, label) + features.get(u, i));
  }
  const empty = counts.indexOf(0);
  if (empty >= 0) throw new RangeError(`class ${empty} of ${classes} has no sample`);
  const overall = Matrix.columnVector(means.sum("row")).div(samples);
  return { means: means.divRowVector(counts), overall };
}

/**
 * The metrics of a classifier against a frame.
 * @param P the product of the head's linear layers, [K, d]
 * @throws {RangeError} when the shapes do not fit
 */
export function collapseMetrics(of: ClassFeatures, P: Matrix, frame: ClassFrame): CollapseMetrics {
  const { features: { rows: width }, classes } = of;
  if (P.rows !== classes || P.columns !== width || frame.ratio.length !== classes) {
    throw new RangeError(
      `a head [${P.rows}, ${P.columns}] and a frame of ${frame.ratio.length} classes; expected ` +
        `[${classes}, ${width}] and ${classes}`,
    );
  }
  const { means, overall } = classMeans(of);
  const centred = Matrix.sub(means, overall.mmul(Matrix.ones(1, classes)));
  const μ = frame.centred ? centred : means;
  const scaled = μ.transpose().mulColumnVector([...frame.ratio]); // [K, d]
  return {
    withinClass: relativeSpread(of, means, centred),
    rows: shapeDistance(P.mmul(P.transpose()), frame.rows),
    means: shapeDistance(μ.transpose().mmul(μ), frame.means),
    product: shapeDistance(P.mmul(μ), frame.product),
    duality: shapeDistance(P, scaled),
  };
}

/** Between-class directions that are this much weaker than the strongest count as none. */
const cutOff = 1e-8;

/**
 * NC1. Σ_B⁺ acts within the span of the centred means, U S Vᵀ = (μ − μ_G)/√K, so that Σ_W is needed along the
 * columns u of U only: tr(Σ_W Σ_B⁺) = Σ_u (uᵀ Σ_W u)/s².
 */
function relativeSpread(
  { features, labels, classes }: ClassFeatures,
  means: Matrix,
  centred: Matrix,
): number {
  const { leftSingularVectors: U, diagonal } = new SingularValueDecomposition(
    Matrix.div(centred, Math.sqrt(classes)),
    { autoTranspose: true },
  );
  const kept = diagonal.map((s) => s ** 2).map((variance, u) => ({ variance, u }))
    .filter(({ variance }) => variance > cutOff * diagonal[0] ** 2);
  if (kept.length === 0) return NaN;
  const sides = U.transpose();
  const [seen, centres] = [sides.mmul(features), sides.mmul(means)]; // [≤ K, N], [≤ K, K]
  const samples = features.columns;
  const spread = ({ variance, u }: { variance: number; u: number }) => {
    let sum = 0;
    for (let i = 0; i < samples; i++) sum += (seen.get(u, i) - centres.get(u, labels[i])) ** 2;
    return sum / samples / variance;
  };
  return kept.reduce((sum, direction) => sum + spread(direction), 0) / classes;
}

/** ‖nf(A) − nf(B)‖, where nf of zero is zero. */
export function shapeDistance(A: Matrix, B: Matrix): number {
  return Matrix.sub(normalised(A), normalised(B)).norm("frobenius");
}

function normalised(A: Matrix): Matrix {
  const norm = A.norm("frobenius");
  return norm > 0 ? Matrix.div(A, norm) : A;
}
