/**
 * Products of transposed matrices on TensorFlow.js's WASM backend: transpose first, multiply plain.
 *
 * Only the plain product of two single matrices reaches XNNPACK there; with either operand transposed
 * a scalar loop runs, 15 to 28 times slower, and the gradient of every product is made of those.
 */
import * as tf from "@tensorflow/tfjs";

const backendName = "wasm";

/** The product kernels made here, so that none is built upon another. */
const made = new WeakSet<tf.KernelFunc>();

/**
 * Replace the WASM backend's product kernel. Calling it again changes nothing.
 * @throws {Error} when the WASM backend has not been imported
 */
export function registerTransposedProducts(): void {
  const product = kernel(tf.BatchMatMul);
  if (made.has(product.kernelFunc)) return;
  const kernelFunc = transposingFirst(product.kernelFunc, kernel(tf.Transpose).kernelFunc);
  made.add(kernelFunc);
  tf.unregisterKernel(tf.BatchMatMul, backendName);
  tf.registerKernel({ ...product, kernelFunc });
}

function kernel(name: string): tf.KernelConfig {
  const config = tf.getKernel(name, backendName);
  if (!config) {
    throw new Error(
      `TensorFlow.js has no kernel ${name} for ${backendName}; import its backend first`,
    );
  }
  return config;
}

/** `multiply` that is handed transposed copies instead of being asked to transpose. */
function transposingFirst(multiply: tf.KernelFunc, transpose: tf.KernelFunc): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const { a, b } = inputs as Record<"a" | "b", tf.TensorInfo>;
    const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
    if (!single(a) || !single(b) || !(transposeA || transposeB)) {
      return multiply({ inputs, backend, attrs });
    }
    const turned = (x: tf.TensorInfo) =>
      transpose({ inputs: { x }, backend, attrs: { perm: swapped(x) } }) as tf.TensorInfo;
    const plain = { a: transposeA ? turned(a) : a, b: transposeB ? turned(b) : b };
    const product = multiply({
      inputs: plain,
      backend,
      attrs: { transposeA: false, transposeB: false },
    });
    if (transposeA) (backend as tf.KernelBackend).disposeData(plain.a.dataId);
    if (transposeB) (backend as tf.KernelBackend).disposeData(plain.b.dataId);
    return product;
  };
}

/** Whether `x` holds one matrix (all leading extents are 1). */
function single(x: tf.TensorInfo): boolean {
  return x.shape.slice(0, -2).every((extent) => extent === 1);
}

/** The order of axes with the last two exchanged. */
function swapped({ shape: { length: rank } }: tf.TensorInfo): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return [...axes.slice(0, -2), rank - 1, rank - 2];
}
