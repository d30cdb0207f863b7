/**
 * Batch normalisation by the batch's own moments, and its gradient, on the WASM backend: a few passes over
 * memory in place of some dozen operations of TensorFlow.js. Sums are kept in double precision until
 * they are complete.
 *
 * Forward (Ioffe & Szegedy 2015, algorithm 1), for each column c of the matrix x [rows, columns]:
 *
 *   x̂ = (x − mean_c) / √(variance_c + ε),    y = γ_c x̂ + β_c
 *
 * Backward, with g = ∂L/∂y and means over the rows:
 *
 *   ∂L/∂β = Σ g,   ∂L/∂γ = Σ g x̂,   ∂L/∂x = γ_c / √(variance_c + ε) · (g − mean g − x̂ · mean(g x̂))
 */
import type * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { addToSum, completeSums, sumRows, wideSums } from "./sum.ts";
import { address, floats, type KernelRequest, wasmKernel } from "./wasm_backend.ts";
import { i32 } from "../../../sim/webassembly/code.ts";
import { routine } from "./wasm_routine.ts";

/** The names by which the kernels are run. Backends that lack them do the same by single operations. */
export const batchNormName = "BatchNormByBatch";
export const batchNormGradientName = "BatchNormByBatchGrad";

export type BatchNormAttributes = {
  /** ε, added to the variance. */
  readonly epsilon: number;
  /** Share of the batch's moments in the running ones. */
  readonly momentum: number;
};

export type BatchNormInputs<T> = Record<"x" | "gamma" | "beta" | "mean" | "variance", T>;

/**
 * x [rows, columns]; gamma, beta and the running mean and variance [columns] → [y and x̂ of x's shape;
 * γ/√(variance + ε) and the running mean and variance moved on by the batch's, each [columns]]. The
 * variance that moves the running one is unbiased: of rows − 1.
 */
export const batchNorm = wasmKernel(
  batchNormName,
  ({ inputs, attrs, backend }: KernelRequest<
    BatchNormInputs<tf.TensorInfo>,
    BatchNormAttributes
  >): tf.TensorInfo[] => {
    const { x, gamma, beta } = inputs;
    const [rows, width] = x.shape;
    const [y, standard] = [0, 1].map(() => backend.makeOutput([rows, width], "float32"));
    const columns = () => backend.makeOutput([width], "float32");
    const [mean, variance, slope, inverse] = [columns(), columns(), columns(), columns()];
    sumRows(backend, x, rows, width, mean);
    divide(backend, mean, rows);
    centreRows(backend, x, mean, standard, variance);
    divide(backend, variance, rows);
    const [variances, inverses, slopes, gammas] = [variance, inverse, slope, gamma].map((tensor) =>
      floats(backend, tensor)
    );
    variances.forEach((value, c) => inverses[c] = 1 / Math.sqrt(value + attrs.epsilon));
    inverses.forEach((value, c) => slopes[c] = gammas[c] * value);
    scaleRows(backend, {
      standard: address(backend, standard),
      inverse: address(backend, inverse),
      gamma: address(backend, gamma),
      beta: address(backend, beta),
      y: address(backend, y),
      rows,
      width,
    });
    backend.disposeData(inverse.dataId);
    move(backend, inputs.mean, mean, attrs.momentum, 1);
    move(backend, inputs.variance, variance, attrs.momentum, rows / (rows - 1));
    return [y, standard, slope, mean, variance];
  },
);

/**
 * dy = ∂L/∂y and x̂ [rows, columns], slope = γ/√(variance + ε) [columns] → the gradients of
 * [x, gamma, beta].
 */
export const batchNormGradient = wasmKernel(
  batchNormGradientName,
  ({ inputs: { dy, standard, slope }, backend }: KernelRequest<
    Record<"dy" | "standard" | "slope", tf.TensorInfo>,
    unknown
  >): tf.TensorInfo[] => {
    const [rows, width] = dy.shape;
    const dx = backend.makeOutput([rows, width], "float32");
    const [dGamma, dBeta] = [0, 1].map(() => backend.makeOutput([width], "float32"));
    sumRows(backend, dy, rows, width, dBeta);
    const sums = wideSums(backend, width);
    const shared = {
      dy: address(backend, dy),
      standard: address(backend, standard),
      dGamma: address(backend, dGamma),
      rows,
      width,
    };
    addProducts(backend, { ...shared, sums: address(backend, sums) });
    backend.disposeData(sums.dataId);
    pullBackRows(backend, {
      ...shared,
      slope: address(backend, slope),
      dBeta: address(backend, dBeta),
      dx: address(backend, dx),
      share: 1 / rows,
    });
    return [dx, dGamma, dBeta];
  },
);

function divide(backend: BackendWasm, sums: tf.TensorInfo, count: number): void {
  const values = floats(backend, sums);
  for (let c = 0; c < values.length; c++) values[c] /= count;
}

/** Make a batch's moments, scaled, the running ones moved on by them. */
function move(
  backend: BackendWasm,
  running: tf.TensorInfo,
  moments: tf.TensorInfo,
  share: number,
  scale: number,
): void {
  const [before, values] = [floats(backend, running), floats(backend, moments)];
  for (let c = 0; c < values.length; c++) {
    values[c] = (1 - share) * before[c] + share * scale * values[c];
  }
}

/** x − mean, and the sums of its squares. */
function centreRows(
  backend: BackendWasm,
  x: tf.TensorInfo,
  mean: tf.TensorInfo,
  centred: tf.TensorInfo,
  squares: tf.TensorInfo,
): void {
  const [rows, width] = x.shape;
  const sums = wideSums(backend, width);
  centrePass(backend, {
    x: address(backend, x),
    mean: address(backend, mean),
    centred: address(backend, centred),
    squares: address(backend, squares),
    sums: address(backend, sums),
    rows,
    width,
  });
  backend.disposeData(sums.dataId);
}

const centrePass = routine(
  {
    x: "i32",
    mean: "i32",
    centred: "i32",
    squares: "i32",
    sums: "i32",
    rows: "i32",
    width: "i32",
  },
  (code, { x, mean, centred, squares, sums, rows, width }) => {
    code.forEachInRows(rows, width, (lanes, column, place) => {
      const { load, sub, widen, mulWide } = lanes;
      const value = code.keep(sub(load(i32.add(x, place)), load(i32.add(mean, column))));
      code.store(i32.add(centred, place), value);
      const wide = widen(value);
      addToSum(code, lanes, sums, column, mulWide(wide, wide));
    });
    completeSums(code, sums, width, squares);
  },
);

/** x̂ from the centred numbers, in their place, and y. */
const scaleRows = routine(
  {
    standard: "i32",
    inverse: "i32",
    gamma: "i32",
    beta: "i32",
    y: "i32",
    rows: "i32",
    width: "i32",
  },
  (code, { standard, inverse, gamma, beta, y, rows, width }) =>
    code.forEachInRows(rows, width, ({ load, add, mul }, column, place) => {
      const at = i32.add(standard, place);
      const value = code.keep(mul(load(at), load(i32.add(inverse, column))));
      code.store(at, value);
      const scaled = mul(value, load(i32.add(gamma, column)));
      code.store(i32.add(y, place), add(scaled, load(i32.add(beta, column))));
    }),
);

/** Σ g x̂. */
const addProducts = routine(
  { dy: "i32", standard: "i32", dGamma: "i32", sums: "i32", rows: "i32", width: "i32" },
  (code, { dy, standard, dGamma, sums, rows, width }) => {
    code.forEachInRows(rows, width, (lanes, column, place) => {
      const { load, widen, mulWide } = lanes;
      const [g, s] = [dy, standard].map((matrix) => widen(code.keep(load(i32.add(matrix, place)))));
      addToSum(code, lanes, sums, column, mulWide(g, s));
    });
    completeSums(code, sums, width, dGamma);
  },
);

/** ∂L/∂x; `share` is 1 over the number of rows. */
const pullBackRows = routine(
  {
    dy: "i32",
    standard: "i32",
    slope: "i32",
    dGamma: "i32",
    dBeta: "i32",
    dx: "i32",
    rows: "i32",
    width: "i32",
    share: "f32",
  },
  (code, { dy, standard, slope, dGamma, dBeta, dx, rows, width, share }) =>
    code.forEachInRows(rows, width, ({ load, all, sub, mul }, column, place) => {
      const meanSlope = mul(all(share), load(i32.add(dBeta, column)));
      const meanProduct = mul(all(share), load(i32.add(dGamma, column)));
      const rest = sub(
        sub(load(i32.add(dy, place)), meanSlope),
        mul(load(i32.add(standard, place)), meanProduct),
      );
      code.store(i32.add(dx, place), mul(load(i32.add(slope, column)), rest));
    }),
);
