/**
 * The operations that a library of methods for images, graphs, tables and sequences computes with, each
 * as a small computation: what the suite in tensor_backend.ts runs on every backend.
 */
import * as tf from "@tensorflow/tfjs";

/** What an operation's input is made of. */
export interface Input {
  readonly shape: number[];
  /** Default `any`: within ±2 and away from 0; `positive`: from 0.5 to 2.5. */
  readonly range?: "any" | "positive";
}

export interface Operation {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly compute: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** False where there is no derivative, or TensorFlow.js knows none. Default true. */
  readonly differentiable?: boolean;
}

/** An operation on inputs of the given shapes. */
function on(
  name: string,
  shapes: number[][],
  compute: Operation["compute"],
  options: { positive?: boolean; differentiable?: boolean } = {},
): Operation {
  const { positive = false, differentiable = true } = options;
  const range = positive ? "positive" : "any";
  return { name, inputs: shapes.map((shape) => ({ shape, range })), compute, differentiable };
}

const positive = { positive: true };
const valuesOnly = { differentiable: false };

type Images = tf.Tensor4D;

/** A convolution's form. */
interface Convolution {
  readonly input: number[];
  readonly filter: number[];
  readonly stride?: number;
  readonly pad?: "same" | "valid" | tf.backend_util.ExplicitPadding;
  readonly dilation?: number;
}

function dense(
  name: string,
  { input, filter, stride = 1, pad = "same", dilation = 1 }: Convolution,
): Operation {
  return on(
    name,
    [input, filter],
    (x, weights) => tf.conv2d(x as Images, weights as Images, stride, pad, "NHWC", dilation),
  );
}

function depthwise(
  name: string,
  { input, filter, stride = 1, pad = "same", dilation = 1 }: Convolution,
): Operation {
  return on(
    name,
    [input, filter],
    (x, weights) =>
      tf.depthwiseConv2d(x as Images, weights as Images, stride, pad, "NHWC", dilation),
  );
}

const rows = () => tf.tensor1d([2, 0, 2, 1], "int32");

const mask = () => tf.tensor2d([[true, false, true], [false, false, true]], [2, 3], "bool");

const labels = () => tf.oneHot(tf.tensor1d([2, 0, 1, 2], "int32"), 3);

const equations: Readonly<Record<string, number[][]>> = {
  "ij,jk->ik": [[2, 3], [3, 4]],
  "bqhd,bkhd->bhqk": [[2, 3, 2, 2], [2, 3, 2, 2]],
  "nc,c->n": [[4, 3], [3]],
  "ij->ji": [[2, 3]],
  "bij->j": [[2, 2, 3]],
};

/** Operations by kind. */
export const operations: Readonly<Record<string, readonly Operation[]>> = {
  products: [
    on("A·B", [[3, 4], [4, 2]], (a, b) => tf.matMul(a, b)),
    on("Aᵀ·B", [[4, 3], [4, 2]], (a, b) => tf.matMul(a, b, true, false)),
    on("A·Bᵀ", [[3, 4], [2, 4]], (a, b) => tf.matMul(a, b, false, true)),
    on("Aᵀ·Bᵀ", [[4, 3], [2, 4]], (a, b) => tf.matMul(a, b, true, true)),
    on("batch of products", [[3, 2, 4], [3, 4, 2]], (a, b) => tf.matMul(a, b)),
    on("batch of A·Bᵀ", [[3, 2, 4], [3, 3, 4]], (a, b) => tf.matMul(a, b, false, true)),
    on("batch of large products", [[2, 40, 24], [2, 24, 36]], (a, b) => tf.matMul(a, b)),
    on("large Aᵀ·B", [[70, 33], [70, 31]], (a, b) => tf.matMul(a, b, true, false)),
    on("batch by one matrix", [[3, 2, 4], [1, 4, 2]], (a, b) => tf.matMul(a, b)),
    on("matrix and vector", [[3, 4], [4]], (a, b) => tf.dot(a, b)),
    on("outer product", [[3], [4]], (a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D)),
    on(
      "fully connected layer",
      [[3, 4], [4, 2], [2]],
      (x, weights, bias) => tf.relu(tf.add(tf.matMul(x, weights), bias)),
    ),
    ...Object.entries(equations).map(([equation, shapes]) =>
      on(`einsum ${equation}`, shapes, (...operands) => tf.einsum(equation, ...operands))
    ),
  ],

  convolutions: [
    dense("1×1", { input: [2, 3, 3, 3], filter: [1, 1, 3, 2] }),
    dense("3×3", { input: [2, 4, 5, 2], filter: [3, 3, 2, 3] }),
    dense("3×3 without padding", { input: [1, 5, 4, 2], filter: [3, 3, 2, 2], pad: "valid" }),
    dense("3×3, stride 2", { input: [2, 5, 5, 2], filter: [3, 3, 2, 3], stride: 2 }),
    dense("2×2, stride 2 without padding", {
      input: [1, 5, 4, 2],
      filter: [2, 2, 2, 2],
      stride: 2,
      pad: "valid",
    }),
    dense("1×1, stride 2", { input: [1, 5, 5, 2], filter: [1, 1, 2, 3], stride: 2 }),
    dense("3×3, dilation 2", { input: [1, 6, 5, 2], filter: [3, 3, 2, 2], dilation: 2 }),
    dense("3×3, padded unevenly", {
      input: [1, 4, 4, 2],
      filter: [3, 3, 2, 2],
      pad: [[0, 0], [2, 0], [1, 3], [0, 0]],
    }),
    depthwise("depthwise 3×3", { input: [2, 4, 4, 3], filter: [3, 3, 3, 1] }),
    depthwise("depthwise 3×3, stride 2", { input: [1, 5, 5, 2], filter: [3, 3, 2, 1], stride: 2 }),
    depthwise("depthwise 3×3, two outputs a channel", {
      input: [1, 4, 4, 2],
      filter: [3, 3, 2, 2],
    }),
    depthwise("depthwise 3×3, dilation 2", {
      input: [1, 6, 6, 2],
      filter: [3, 3, 2, 1],
      dilation: 2,
    }),
    on(
      "separable 3×3",
      [[1, 4, 4, 2], [3, 3, 2, 1], [1, 1, 2, 3]],
      (x, spatial, pointwise) =>
        tf.separableConv2d(x as Images, spatial as Images, pointwise as Images, 1, "same"),
    ),
    on(
      "transposed 3×3, stride 2",
      [[1, 3, 3, 2], [3, 3, 3, 2]],
      (x, filter) => tf.conv2dTranspose(x as Images, filter as Images, [1, 6, 6, 3], 2, "same"),
    ),
    on(
      "transposed 3×3",
      [[1, 3, 3, 2], [3, 3, 2, 2]],
      (x, filter) => tf.conv2dTranspose(x as Images, filter as Images, [1, 3, 3, 2], 1, "same"),
    ),
    on(
      "of sequences, dilation 4",
      [[2, 11, 2], [3, 2, 2]],
      (x, filter) => tf.conv1d(x as tf.Tensor3D, filter as tf.Tensor3D, 1, "valid", "NWC", 4),
    ),
  ],

  pooling: [
    on("maximum 2×2", [[1, 4, 4, 2]], (x) => tf.maxPool(x as Images, 2, 2, "valid")),
    on("maximum 3×3, stride 2", [[1, 5, 5, 2]], (x) => tf.maxPool(x as Images, 3, 2, "same")),
    on("mean 2×2", [[1, 4, 4, 2]], (x) => tf.avgPool(x as Images, 2, 2, "valid")),
    on("mean 3×3, stride 1", [[1, 4, 4, 2]], (x) => tf.avgPool(x as Images, 3, 1, "same")),
    on("mean over all pixels", [[2, 3, 3, 3]], (x) => tf.mean(x, [1, 2])),
    on(
      "bilinear resizing",
      [[1, 3, 3, 2]],
      (x) => tf.image.resizeBilinear(x as Images, [5, 6]),
    ),
    on(
      "nearest-neighbour resizing",
      [[1, 3, 3, 2]],
      (x) => tf.image.resizeNearestNeighbor(x as Images, [6, 6]),
    ),
  ],

  normalisation: [
    on("mean of a batch", [[2, 3, 3, 2]], (x) => tf.moments(x, [0, 1, 2]).mean),
    on("variance of a batch", [[2, 3, 3, 2]], (x) => tf.moments(x, [0, 1, 2], true).variance),
    on("by a batch's moments", [[6, 3], [3], [3]], (x, scale, offset) => {
      const { mean, variance } = tf.moments(x, 0);
      return tf.batchNorm(
        x,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
        1e-3,
      );
    }),
    on("by a layer's moments", [[3, 6]], (x) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-3)));
    }),
    on("to unit length", [[3, 4]], (x) => tf.div(x, tf.norm(x, 2, -1, true))),
    on("Euclidean norm", [[3, 4]], (x) => tf.norm(x)),
    on("norm of absolute values", [[3, 4]], (x) => tf.norm(x, 1, 1)),
  ],

  probabilities: [
    on("softmax", [[3, 4]], (x) => tf.softmax(x)),
    on("logarithm of softmax", [[3, 4]], (x) => tf.logSoftmax(x)),
    on("logarithm of summed exponentials", [[3, 4]], (x) => tf.logSumExp(x, 1)),
    on("cross-entropy of classes", [[4, 3]], (x) => tf.losses.softmaxCrossEntropy(labels(), x)),
    on("cross-entropy of labels", [[4, 3]], (x) => tf.losses.sigmoidCrossEntropy(labels(), x)),
    on("Huber loss", [[4, 3]], (x) => tf.losses.huberLoss(labels(), x)),
    on("mean squared error", [[4, 3], [4, 3]], (x, y) => tf.losses.meanSquaredError(y, x)),
  ],

  indexing: [
    on("gathered rows", [[3, 2]], (x) => tf.gather(x, rows())),
    on("gathered columns", [[2, 3, 2]], (x) => tf.gather(x, rows(), 1)),
    on("sum by segment", [[4, 3]], (x) => tf.unsortedSegmentSum(x, rows(), 4)),
    on("slice", [[4, 5]], (x) => tf.slice(x, [1, 2], [2, 3])),
    on("choice by a condition", [[2, 3], [2, 3]], (a, b) => tf.where(mask(), a, b)),
    on("one-hot product", [[4, 3]], (x) => tf.sum(tf.mul(x, labels()), 1)),
    on("largest values", [[3, 5]], (x) => tf.topk(x, 2).values, valuesOnly),
    on("places of the largest values", [[3, 5]], (x) => tf.topk(x, 2).indices, valuesOnly),
    on("place of the maximum", [[3, 5]], (x) => tf.argMax(x, 1), valuesOnly),
    on("place of the minimum", [[3, 5]], (x) => tf.argMin(x, 0), valuesOnly),
    on(
      "gathered numbers",
      [[3, 4]],
      (x) => tf.gatherND(x, tf.tensor2d([[0, 1], [2, 3], [1, 1]], [3, 2], "int32")),
      valuesOnly,
    ),
    on(
      "scattered rows, some twice",
      [[4, 2]],
      (x) => tf.scatterND(tf.tensor2d([[1], [0], [1], [4]], [4, 1], "int32"), x, [5, 2]),
      valuesOnly,
    ),
    on(
      "every second row, backwards",
      [[5, 3]],
      (x) => tf.stridedSlice(x, [4, 0], [0, 3], [-2, 1]),
      valuesOnly,
    ),
  ],

  layout: [
    on("concatenation of rows", [[2, 3], [1, 3]], (a, b) => tf.concat([a, b], 0)),
    on("concatenation of columns", [[2, 3], [2, 2]], (a, b) => tf.concat([a, b], 1)),
    on("stack", [[2, 3], [2, 3]], (a, b) => tf.stack([a, b], 1)),
    on("parts of a split", [[2, 5]], (x) => {
      const [first, second] = tf.split(x, [2, 3], 1);
      return tf.matMul(first, second, true, false);
    }),
    on("unstacked rows", [[3, 2]], (x) => {
      const [first, second, third] = tf.unstack(x);
      return tf.mul(tf.add(first, second), third);
    }),
    on("padding", [[2, 3]], (x) => tf.pad(x, [[1, 0], [2, 1]], 0.5)),
    on("padding by reflection", [[3, 4]], (x) => tf.mirrorPad(x, [[1, 1], [2, 0]], "reflect")),
    on("padding by symmetry", [[3, 2]], (x) => tf.mirrorPad(x, [[0, 2], [1, 1]], "symmetric")),
    on("tiling", [[2, 3]], (x) => tf.tile(x, [2, 3])),
    on("reversal", [[2, 3, 2]], (x) => tf.reverse(x, [1])),
    on("transposition", [[2, 3, 2]], (x) => tf.transpose(x, [2, 0, 1])),
    on("reshaping", [[2, 6]], (x) => tf.reshape(tf.square(x), [3, 4])),
    on("broadcast", [[3, 1]], (x) => tf.broadcastTo(x, [2, 3, 4])),
    on("new and dropped axes", [[2, 3]], (x) => tf.squeeze(tf.expandDims(x, 1), [1])),
  ],

  reductions: [
    on("sum of all", [[2, 3, 4]], (x) => tf.sum(x)),
    on("sum over leading axes", [[2, 3, 4]], (x) => tf.sum(x, [0, 1])),
    on("sum over the last axis, kept", [[2, 3, 4]], (x) => tf.sum(x, -1, true)),
    on("sum over the middle axis", [[2, 3, 4]], (x) => tf.sum(x, 1)),
    on("mean", [[2, 3, 4]], (x) => tf.mean(x, [0, 2], true)),
    on("maximum", [[2, 3, 4]], (x) => tf.max(x, 1, true)),
    on("minimum", [[2, 3, 4]], (x) => tf.min(x, [0, 2])),
    on("product", [[2, 3]], (x) => tf.prod(x, 1)),
    on("cumulative sum", [[3, 4]], (x) => tf.cumsum(x, 1)),
    on(
      "cumulative sum from behind, without the own number",
      [[3, 4]],
      (x) => tf.cumsum(x, 0, true, true),
    ),
    on(
      "cumulative sum from behind along a longer axis",
      [[2, 7]],
      (x) => tf.cumsum(x, 1, false, true),
    ),
    on("cumulative product", [[3, 4]], (x) => tf.cumprod(x, 1), valuesOnly),
    on("whether all are positive", [[3, 4]], (x) => tf.all(tf.greater(x, 0), 1), valuesOnly),
    on("whether any is positive", [[3, 4]], (x) => tf.any(tf.greater(x, 0), 0), valuesOnly),
  ],

  arithmetic: [
    on("sum, broadcast", [[2, 3], [3]], (a, b) => tf.add(a, b)),
    on("difference, broadcast", [[2, 3], [2, 1]], (a, b) => tf.sub(a, b)),
    on("product, broadcast", [[2, 1, 3], [4, 1]], (a, b) => tf.mul(a, b)),
    on("quotient, broadcast", [[2, 3], [1, 3]], (a, b) => tf.div(a, b), positive),
    on("power", [[2, 3], [2, 3]], (a, b) => tf.pow(a, b), positive),
    on("cube", [[2, 3]], (x) => tf.pow(x, 3)),
    on("squared difference", [[2, 3], [3]], (a, b) => tf.squaredDifference(a, b)),
    on("greater of two", [[2, 3], [2, 3]], (a, b) => tf.maximum(a, b)),
    on("smaller of two", [[2, 3], [3]], (a, b) => tf.minimum(a, b)),
    on("clipping", [[4, 5]], (x) => tf.clipByValue(x, -1, 1)),
    on("absolute value", [[3, 4]], (x) => tf.abs(x)),
    on("square", [[3, 4]], (x) => tf.square(x)),
    on("square root", [[3, 4]], (x) => tf.sqrt(x), positive),
    on("reciprocal square root", [[3, 4]], (x) => tf.rsqrt(x), positive),
    on("reciprocal", [[3, 4]], (x) => tf.reciprocal(x), positive),
    on("exponential", [[3, 4]], (x) => tf.exp(x)),
    on("exponential less one", [[3, 4]], (x) => tf.expm1(x)),
    on("logarithm", [[3, 4]], (x) => tf.log(x), positive),
    on("logarithm of one more", [[3, 4]], (x) => tf.log1p(x), positive),
    on("sine", [[3, 4]], (x) => tf.sin(x)),
    on("cosine", [[3, 4]], (x) => tf.cos(x)),
    on("error function", [[3, 4]], (x) => tf.erf(x)),
    on("sum of several", [[2, 3], [2, 3], [2, 3]], (...terms) => tf.addN(terms)),
    on("sign", [[3, 4]], (x) => tf.sign(x), valuesOnly),
    on("floor", [[3, 4]], (x) => tf.floor(x), valuesOnly),
    on("rounding", [[3, 4]], (x) => tf.round(x), valuesOnly),
    on(
      "comparisons",
      [[3, 4], [3, 4]],
      (a, b) =>
        tf.stack([
          tf.less(a, b),
          tf.greaterEqual(a, b),
          tf.equal(a, a),
          tf.logicalNot(tf.less(a, b)),
        ]),
      valuesOnly,
    ),
  ],

  activations: [
    on("relu", [[3, 4]], (x) => tf.relu(x)),
    on("relu up to 6", [[3, 4]], (x) => tf.relu6(tf.mul(x, 4))),
    on("leaky relu", [[3, 4]], (x) => tf.leakyRelu(x, 0.1)),
    on("parametric relu", [[3, 4], [4]], (x, slope) => tf.prelu(x, slope)),
    on("elu", [[3, 4]], (x) => tf.elu(x)),
    on("selu", [[3, 4]], (x) => tf.selu(x)),
    on(
      "gelu by the error function",
      [[3, 4]],
      (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
    ),
    on("silu", [[3, 4]], (x) => tf.mul(x, tf.sigmoid(x))),
    on("sigmoid", [[3, 4]], (x) => tf.sigmoid(x)),
    on("logarithm of sigmoid", [[3, 4]], (x) => tf.logSigmoid(x)),
    on("hyperbolic tangent", [[3, 4]], (x) => tf.tanh(x)),
    on("softplus", [[3, 4]], (x) => tf.softplus(x)),
  ],
};
