/** How well class scores of a graph's nodes fit the classes of some of them. */
import * as tf from "@tensorflow/tfjs";

/**
 * The classes of the chosen nodes as rows of 0 and 1; the rows of all other nodes are 0.
 *
 * @param labels [nodes]
 * @returns [nodes, classes]
 */
export function oneHotRows(labels: Int32Array, classes: number, chosen: Int32Array): tf.Tensor2D {
  const rows = new Float32Array(labels.length * classes);
  for (const node of chosen) rows[node * classes + labels[node]] = 1;
  return tf.tensor2d(rows, [labels.length, classes]);
}

/**
 * Mean cross entropy of the chosen nodes. The others are multiplied by 0 rather than left out, since
 * gathering rows has no gradient on the WASM backend.
 *
 * @param scores [nodes, classes], logits
 * @param targets `oneHotRows` of the chosen nodes
 */
export function crossEntropy(scores: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const likelihood = tf.sum(tf.mul(targets, tf.logSoftmax(scores)));
  return tf.neg(tf.div(likelihood, tf.sum(targets)));
}

/** How some nodes are classified. */
export interface Judgement {
  /** Mean cross entropy, in nats. */
  readonly loss: number;
  /** Share of the nodes whose own class has the highest score. */
  readonly accuracy: number;
}

/**
 * Judge scores that were read off the backend.
 *
 * @param scores [nodes, classes], row after row, logits
 * @param labels [nodes]
 */
export function judge(scores: Float32Array, labels: Int32Array, chosen: Int32Array): Judgement {
  const classes = scores.length / labels.length;
  let loss = 0;
  let right = 0;
  for (const node of chosen) {
    const row = scores.subarray(node * classes, (node + 1) * classes);
    const highest = Math.max(...row);
    const sum = row.reduce((total, score) => total + Math.exp(score - highest), 0);
    loss += Math.log(sum) + highest - row[labels[node]];
    if (row.indexOf(highest) === labels[node]) right++;
  }
  return { loss: loss / chosen.length, accuracy: right / chosen.length };
}
