/**
 * Einstein sums of one or two tensors on the WASM backend, which TensorFlow.js lacks there: a product of
 * matrices between two changes of layout.
 *
 * A label of two operands is either kept from both (one matrix for each of its values), kept from one (a
 * row or a column), or summed over (the inner axis). A label that only one operand has, and that the
 * result has not, is summed over first.
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { type KernelRequest, runKernel, wasmKernel } from "./wasm_backend.ts";

/** `equation` as in "bij,bjk->bik"; operands float32, named 0 and 1. */
export const einsum = wasmKernel(tf.Einsum, einsteinSum);

/** A tensor whose axes have labels. */
interface Labelled {
  readonly tensor: tf.TensorInfo;
  readonly labels: string;
}

function einsteinSum(
  { inputs, attrs: { equation }, backend }: KernelRequest<tf.TensorInfo[], tf.EinsumAttrs>,
): tf.TensorInfo {
  const operands = Object.values(inputs);
  // Refuses what TensorFlow.js refuses on every backend, in its words.
  const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, operands.length);
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, operands as tf.Tensor[]);
  const result = equation.replace(/\s/g, "").split("->")[1];
  const layout = new Layout(backend);
  const labelled = operands.map((tensor, i): Labelled => {
    const labels = idDims[i].map((dimension) => allDims[dimension]).join("");
    const kept = result +
      operands.flatMap((_, other) =>
        other === i ? [] : idDims[other].map((dimension) => allDims[dimension])
      ).join("");
    return layout.sumOver({ tensor, labels }, without(labels, kept));
  });
  const combined = labelled.length === 1 ? labelled[0] : contract(layout, labelled, result);
  return layout.finish(layout.order(combined, result).tensor);
}

/** The sum over the labels that both operands have and the result has not. */
function contract(layout: Layout, [a, b]: readonly Labelled[], result: string): Labelled {
  const shared = common(a.labels, b.labels);
  const batch = common(shared, result);
  const inner = without(shared, result);
  const rows = without(a.labels, b.labels);
  const columns = without(b.labels, a.labels);
  const extent = (operand: Labelled, labels: string) =>
    tf.util.sizeFromShape(layout.extents(operand, labels));
  const [matrices, height, width] = [extent(a, batch), extent(a, rows), extent(b, columns)];
  const depth = extent(a, inner);
  const [left, right] = [
    layout.order(a, batch + rows + inner),
    layout.order(b, batch + inner + columns),
  ];
  const factors = {
    a: layout.reshape(left.tensor, [matrices, height, depth]),
    b: layout.reshape(right.tensor, [matrices, depth, width]),
  };
  const product = depth === 1
    ? layout.run(tf.Multiply, factors)
    : layout.run(tf.BatchMatMul, factors, { transposeA: false, transposeB: false });
  const shape = [
    ...layout.extents(a, batch),
    ...layout.extents(a, rows),
    ...layout.extents(b, columns),
  ];
  return { tensor: layout.reshape(product, shape), labels: batch + rows + columns };
}

/** Changes of layout, and the tensors that they make on the way. */
class Layout {
  readonly #backend: BackendWasm;
  readonly #made: tf.TensorInfo[] = [];

  constructor(backend: BackendWasm) {
    this.#backend = backend;
  }

  run(kernelName: string, inputs: tf.NamedTensorInfoMap, attrs?: object): tf.TensorInfo {
    const result = runKernel(this.#backend, kernelName, inputs, attrs);
    this.#made.push(result);
    return result;
  }

  extents({ tensor, labels }: Labelled, chosen: string): number[] {
    return [...chosen].map((label) => tensor.shape[labels.indexOf(label)]);
  }

  order({ tensor, labels }: Labelled, ordered: string): Labelled {
    if (labels === ordered) return { tensor, labels };
    const perm = [...ordered].map((label) => labels.indexOf(label));
    return { tensor: this.run(tf.Transpose, { x: tensor }, { perm }), labels: ordered };
  }

  sumOver(operand: Labelled, labels: string): Labelled {
    if (labels === "") return operand;
    const axis = [...labels].map((label) => operand.labels.indexOf(label));
    return {
      tensor: this.run(tf.Sum, { x: operand.tensor }, { axis, keepDims: false }),
      labels: without(operand.labels, labels),
    };
  }

  reshape(tensor: tf.TensorInfo, shape: number[]): tf.TensorInfo {
    return this.run(tf.Reshape, { x: tensor }, { shape });
  }

  /** Dispose of all that was made but the result. */
  finish(tensor: tf.TensorInfo): tf.TensorInfo {
    const result = this.#made.includes(tensor) ? tensor : this.run(tf.Identity, { x: tensor });
    for (const tensor of this.#made) {
      if (tensor !== result) this.#backend.disposeData(tensor.dataId);
    }
    return result;
  }
}

function common(labels: string, others: string): string {
  return [...labels].filter((label) => others.includes(label)).join("");
}

function without(labels: string, others: string): string {
  return [...labels].filter((label) => !others.includes(label)).join("");
}
