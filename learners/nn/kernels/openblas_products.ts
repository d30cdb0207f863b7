/**
 * Products of matrices on the WASM backend by OpenBLAS: transposed or not, of batches, and with bias and
 * activation. Nothing is copied: OpenBLAS reads and writes WASM memory.
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { Matrix, OpenBlas } from "./openblas.ts";
import { floats, type KernelRequest, runKernel, wasmKernel } from "./wasm_backend.ts";

interface Factors {
  readonly a: tf.TensorInfo;
  readonly b: tf.TensorInfo;
}

/** The products of two tensors, each of one matrix or of as many as the other. */
interface Product {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** How many there are. */
  readonly count: number;
  /** Numbers from one's first factor to the next one's, 0 where all have the same. */
  readonly stepA: number;
  readonly stepB: number;
  /** Of all of them together. */
  readonly shape: number[];
}

/** `BatchMatMul` by OpenBLAS; what is wrong with its operands the backend's own kernel says. */
export function productBy(blas: OpenBlas, own: tf.KernelConfig): tf.KernelConfig {
  const { kernelFunc } = wasmKernel(
    tf.BatchMatMul,
    ({ inputs: { a, b }, attrs, backend }: KernelRequest<Factors, tf.BatchMatMulAttrs>) => {
      const product = productOf(a, b, attrs);
      if (!product) {
        return own.kernelFunc({ inputs: { a, b }, backend, attrs: { ...attrs } }) as tf.TensorInfo;
      }
      return multiply(blas, backend, a, b, product);
    },
  );
  return { ...own, kernelFunc };
}

interface FusedFactors extends Factors {
  readonly bias?: tf.TensorInfo;
  readonly preluActivationWeights?: tf.TensorInfo;
}

/** `_FusedMatMul` by OpenBLAS: activation(a · b + bias), the bias one number for each column. */
export function fusedProductBy(blas: OpenBlas, own: tf.KernelConfig): tf.KernelConfig {
  const { kernelFunc } = wasmKernel(
    tf._FusedMatMul,
    ({ inputs, attrs, backend }: KernelRequest<FusedFactors, tf._FusedMatMulAttrs>) => {
      const { a, b, bias } = inputs;
      const product = productOf(a, b, attrs);
      const known = Object.hasOwn(activations, attrs.activation);
      const biasFits = !bias || (bias.shape.length === 1 && bias.shape[0] === product?.columns);
      if (!product || !known || !biasFits) {
        return own.kernelFunc({
          inputs: { ...inputs },
          backend,
          attrs: { ...attrs },
        }) as tf.TensorInfo;
      }
      const sum = multiply(blas, backend, a, b, product, bias);
      const activation = activations[attrs.activation as keyof typeof activations];
      if (!activation) return sum;
      const result = runKernel(backend, activation, {
        x: sum,
        ...(inputs.preluActivationWeights && { alpha: inputs.preluActivationWeights }),
      }, { alpha: attrs.leakyreluAlpha });
      backend.disposeData(sum.dataId);
      return result;
    },
  );
  return { ...own, kernelFunc };
}

/** The kernels of the activations that a product may be fused with. */
const activations = {
  linear: undefined,
  relu: tf.Relu,
  relu6: tf.Relu6,
  prelu: tf.Prelu,
  leakyrelu: tf.LeakyRelu,
  sigmoid: tf.Sigmoid,
  elu: tf.Elu,
} as const;

/** How the product is made, unless its operands do not fit, are empty, or are broadcast both ways. */
function productOf(
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
): Product | undefined {
  const [rows, inner] = lastTwo(a.shape, transposeA);
  const [otherInner, columns] = lastTwo(b.shape, transposeB);
  const numbers = a.dtype === "float32" && b.dtype === "float32";
  if (inner !== otherInner || !numbers || sizeOf(a) * sizeOf(b) === 0) return undefined;
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [countA, countB] = [sizeFrom(batchA), sizeFrom(batchB)];
  if (countA > 1 && countB > 1 && !tf.util.arraysEqual(batchA, batchB)) return undefined;
  const batch = tf.backend_util.assertAndGetBroadcastShape(batchA, batchB);
  const shared = { transposeA, transposeB, inner, columns, shape: [...batch, rows, columns] };
  if (!transposeA && countB === 1) {
    // All of them are one product of a matrix with as many rows as they have together.
    return { ...shared, rows: rows * countA, count: 1, stepA: 0, stepB: 0 };
  }
  return {
    ...shared,
    rows,
    count: Math.max(countA, countB),
    stepA: countA === 1 ? 0 : rows * inner,
    stepB: countB === 1 ? 0 : inner * columns,
  };
}

function lastTwo(shape: number[], turned: boolean): [number, number] {
  const [first, second] = shape.slice(-2);
  return turned ? [second, first] : [first, second];
}

const sizeFrom = tf.util.sizeFromShape;
const sizeOf = ({ shape }: tf.TensorInfo) => sizeFrom(shape);

function multiply(
  blas: OpenBlas,
  backend: BackendWasm,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  product: Product,
  bias?: tf.TensorInfo,
): tf.TensorInfo {
  const { transposeA, transposeB, rows, inner, columns } = product;
  const result = backend.makeOutput(product.shape, "float32");
  const into = floats(backend, result);
  if (bias) fillRows(into, floats(backend, bias));
  const [strideA, strideB] = [transposeA ? rows : inner, transposeB ? inner : columns];
  const [fromA, fromB] = [floats(backend, a), floats(backend, b)];
  for (let i = 0; i < product.count; i++) {
    blas.multiply(
      matrix(fromA, i * product.stepA, strideA),
      transposeA,
      matrix(fromB, i * product.stepB, strideB),
      transposeB,
      matrix(into, i * rows * columns, columns),
      rows,
      inner,
      columns,
      bias ? 1 : 0,
    );
  }
  return result;
}

function matrix(numbers: Float32Array, start: number, stride: number): Matrix {
  return { numbers: start === 0 ? numbers : numbers.subarray(start), stride };
}

function fillRows(into: Float32Array, row: Float32Array): void {
  for (let start = 0; start < into.length; start += row.length) into.set(row, start);
}
