/**
 * Gradient of Einstein sums, which TensorFlow.js lacks on every backend.
 *
 * An operand's gradient is again an Einstein sum: of the cotangent and the other operand, with the
 * operand's own labels as the result. A label that neither of the two has was summed over in that operand
 * alone, so every value along it gets the same gradient.
 */
import * as tf from "@tensorflow/tfjs";

export const einsumGradient: tf.GradConfig = {
  kernelName: tf.Einsum,
  saveAllInputs: true,
  gradFunc: (cotangent, saved, attributes) => {
    const [left, result] = String(attributes.equation).replace(/\s/g, "").split("->");
    const operands = left.split(",").map((labels, i): Labelled => ({ labels, tensor: saved[i] }));
    const pulledBack = operands.map((operand, i) => {
      const others = operands.filter((_, other) => other !== i);
      return [
        i,
        () => pullBack({ labels: result, tensor: cotangent as tf.Tensor }, others, operand),
      ];
    });
    return Object.fromEntries(pulledBack); // the operands are inputs by position
  },
};

/** A tensor whose axes have labels. */
interface Labelled {
  readonly labels: string;
  readonly tensor: tf.Tensor;
}

/** The gradient of `operand`. */
function pullBack(
  cotangent: Labelled,
  others: readonly Labelled[],
  { labels, tensor: { shape } }: Labelled,
): tf.Tensor {
  const wanted = cotangent.labels + labels;
  const factors = [cotangent, ...others.map((other) => sumOutside(other, wanted))];
  const known = factors.map((factor) => factor.labels).join();
  const present = [...labels].filter((label) => known.includes(label)).join("");
  const sum = tf.einsum(`${known}->${present}`, ...factors.map(({ tensor }) => tensor));
  const extents = shape.map((extent, axis) => known.includes(labels[axis]) ? extent : 1);
  return tf.broadcastTo(tf.reshape(sum, extents), shape);
}

/** The sum over the labels that nothing else has; TensorFlow.js's CPU kernel gets those wrong. */
function sumOutside({ labels, tensor }: Labelled, wanted: string): Labelled {
  const axes = [...labels].flatMap((label, axis) => wanted.includes(label) ? [] : [axis]);
  if (axes.length === 0) return { labels, tensor };
  const kept = [...labels].filter((label) => wanted.includes(label)).join("");
  return { labels: kept, tensor: tf.sum(tensor, axes) };
}
