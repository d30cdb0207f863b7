/**
 * Products of transposed matrices and of batches of matrices on TensorFlow.js's WASM backend: transpose
 * first, multiply plain, one matrix after the other.
 *
 * Only the plain product of two single matrices reaches XNNPACK there; with either operand transposed,
 * or with a batch of matrices, a scalar loop runs, up to 28 times slower. The gradient of every product
 * is made of transposed ones, and attention of batches.
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import {
  floats,
  type KernelRequest,
  releaseView,
  runKernel,
  viewOf,
  wasmKernel,
} from "./wasm_backend.ts";

type Request = KernelRequest<Factors, tf.BatchMatMulAttrs>;

interface Factors {
  readonly a: tf.TensorInfo;
  readonly b: tf.TensorInfo;
}

const plain: tf.BatchMatMulAttrs = { transposeA: false, transposeB: false };

/** The backend's kernel, asked for plain products of single matrices wherever that is faster. */
export function throughPlainProducts(own: tf.KernelConfig): tf.KernelConfig {
  const product = (backend: BackendWasm, { a, b }: Factors, attrs: tf.BatchMatMulAttrs) =>
    own.kernelFunc({ inputs: { a, b }, backend, attrs: { ...attrs } }) as tf.TensorInfo;

  const { kernelFunc } = wasmKernel(
    tf.BatchMatMul,
    ({ inputs: { a, b }, backend, attrs: { transposeA, transposeB } }: Request) => {
      const one = matrices(a) === 1 && matrices(b) === 1;
      if (!one && !worthSplitting(a, b, transposeA)) {
        return product(backend, { a, b }, { transposeA, transposeB });
      }
      const factors = {
        a: transposeA ? turned(backend, a) : a,
        b: transposeB ? turned(backend, b) : b,
      };
      const result = one
        ? product(backend, factors, plain)
        : oneByOne(backend, factors, (pair) => product(backend, pair, plain));
      if (transposeA) backend.disposeData(factors.a.dataId);
      if (transposeB) backend.disposeData(factors.b.dataId);
      return result;
    },
  );
  return { ...own, kernelFunc };
}

/** How many matrices a tensor holds. */
function matrices({ shape }: tf.TensorInfo): number {
  return tf.util.sizeFromShape(shape.slice(0, -2));
}

/** Multiplications of one product from which on the call that it costs is less than what it saves. */
const multiplicationsWorthACall = 2 ** 14;

function worthSplitting(a: tf.TensorInfo, b: tf.TensorInfo, transposeA: boolean): boolean {
  const matched = matrices(a) === 1 || matrices(b) === 1 ||
    tf.util.arraysEqual(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [rows, columns] = a.shape.slice(-2);
  const inner = transposeA ? rows : columns;
  const others = tf.util.sizeFromShape(b.shape.slice(-2)) / inner;
  return matched && a.dtype === "float32" && b.dtype === "float32" &&
    rows * columns * others >= multiplicationsWorthACall;
}

/** A copy of each matrix transposed. */
function turned(backend: BackendWasm, x: tf.TensorInfo): tf.TensorInfo {
  const rank = x.shape.length;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const perm = [...axes.slice(0, -2), rank - 1, rank - 2];
  return runKernel(backend, tf.Transpose, { x }, { perm });
}

/** The products of a batch. A factor of one matrix is that of every product. */
function oneByOne(
  backend: BackendWasm,
  { a, b }: Factors,
  product: (pair: Factors) => tf.TensorInfo,
): tf.TensorInfo {
  const [rows, inner] = a.shape.slice(-2);
  const columns = b.shape[b.shape.length - 1];
  const batch = tf.backend_util.assertAndGetBroadcastShape(
    a.shape.slice(0, -2),
    b.shape.slice(0, -2),
  );
  const result = backend.makeOutput([...batch, rows, columns], "float32");
  const [stepA, stepB] = [
    matrices(a) === 1 ? 0 : rows * inner,
    matrices(b) === 1 ? 0 : inner * columns,
  ];
  for (let i = 0; i < tf.util.sizeFromShape(batch); i++) {
    const pair = {
      a: viewOf(backend, a, i * stepA, [rows, inner]),
      b: viewOf(backend, b, i * stepB, [inner, columns]),
    };
    const one = product(pair);
    floats(backend, result).set(floats(backend, one), i * rows * columns);
    backend.disposeData(one.dataId);
    releaseView(backend, pair.a);
    releaseView(backend, pair.b);
  }
  return result;
}
