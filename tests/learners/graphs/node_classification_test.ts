/** Training of node classifiers: what it is judged by, when it stops, what it may not look at. */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { contactGraph } from "../../../learners/data/contact_graphs.ts";
import {
  type NodeTraining,
  type TrainedNodes,
  trainNodeClassifier,
} from "../../../learners/graphs/node_classification.ts";
import { decoupledNetwork, gcnNetwork } from "../../../learners/graphs/node_networks.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { noDropout } from "../../../learners/nn/dropout.ts";
import { symmetricNormalisation } from "../../../learners/nn/graphs/adjacency.ts";
import { linearMap } from "../../../learners/nn/graphs/linear_map.ts";
import { crossEntropy, judge, oneHotRows } from "../../../learners/nn/graphs/node_scores.ts";
import { fullMatrix, sparseOf } from "../../../learners/nn/graphs/sparse_matrix.ts";
import { disposeVariables } from "../../../learners/nn/variables.ts";
import { randomStream } from "../../../sim/random.ts";

await readyBackend("wasm");

const graph = contactGraph({ seed: 1, nodes: 120, validation: 40 });
const features = sparseOf(graph.nodes, graph.featureCount, graph.features);
const Â = linearMap(symmetricNormalisation(graph));
const sizes = { features: graph.featureCount, hidden: 16, classes: graph.classNames.length };
const stream = (name: string) => randomStream(5, name);

const training: NodeTraining = {
  epochs: 40,
  learningRate: 0.01,
  weightDecay: 0.005,
  dropout: 0.5,
  patience: 100,
};

/** Train a perceptron on the features alone. */
async function trainMlp(
  settings: Partial<NodeTraining> = {},
  labels = graph.labels,
): Promise<TrainedNodes> {
  const classifier = decoupledNetwork(Â, sizes, 0, (Z) => Z, stream);
  const run = trainNodeClassifier(
    classifier,
    { graph: { ...graph, labels }, features },
    { ...training, ...settings },
    {
      backend: "wasm",
      stream,
      file: (name) => Promise.reject(new Error(name)),
      signal: new AbortController().signal,
      restore: () => undefined,
      checkpoint: () => Promise.resolve(),
    },
  );
  try {
    for (;;) {
      const { done, value } = await run.next();
      if (done) return value;
    }
  } finally {
    disposeVariables(classifier.variables);
  }
}

Deno.test("the loss on the backend and the judgement off it agree", () => {
  const classes = 4;
  const labels = Int32Array.of(0, 1, 2, 3, 0, 1);
  const random = randomStream(0, "scores");
  const drawn = tf.tensor2d(Float32Array.from({ length: 24 }, () => 3 * random.normal()), [6, 4]);
  const chosen = Int32Array.of(1, 2, 5);
  const loss = crossEntropy(drawn, oneHotRows(labels, classes, chosen)).dataSync()[0];
  const values = drawn.dataSync() as Float32Array;
  ok(Math.abs(judge(values, labels, chosen).loss - loss) < 1e-6);
});

Deno.test("accuracy counts the nodes whose own class scores highest", () => {
  const scores = Float32Array.of(1, 0, 0, 1, 2, 3, 5, 4);
  deepStrictEqual(judge(scores, Int32Array.of(0, 1, 0, 0), Int32Array.of(0, 1, 2)).accuracy, 2 / 3);
  strictEqual(judge(scores, Int32Array.of(0, 1, 0, 0), Int32Array.of(3)).accuracy, 1);
});

Deno.test("the result is that of the epoch with the lowest validation loss", async () => {
  const trained = await trainMlp({ dropout: 0, learningRate: 0.05 });
  const losses = trained.series["validation loss"].y;
  strictEqual(trained.bestEpoch, losses.indexOf(Math.min(...losses)));
  ok(trained.bestEpoch < losses.length - 1, "the last epoch is the best, which shows nothing");
  const { validation, test } = graph.splits;
  const validated = judge(trained.scores, graph.labels, validation);
  strictEqual(trained.validationLoss, validated.loss);
  strictEqual(trained.validationAccuracy, validated.accuracy);
  strictEqual(trained.testAccuracy, judge(trained.scores, graph.labels, test).accuracy);
});

Deno.test("multiply-adds are counted for each epoch's forward, backward and judging pass", async () => {
  const { multiplyAdds } = await trainMlp({ epochs: 3 });
  const { hidden, classes } = sizes;
  const forward = features.values.length * hidden + graph.nodes * hidden * classes;
  strictEqual(multiplyAdds, 3 * (forward + 2 * forward + forward));
});

Deno.test("the classes of test nodes change nothing but the test accuracy", async () => {
  const labels = graph.labels.slice();
  for (const node of graph.splits.test) labels[node] = (labels[node] + 1) % sizes.classes;
  const [{ testAccuracy, ...usual }, { testAccuracy: other, ...blind }] = [
    await trainMlp(),
    await trainMlp({}, labels),
  ];
  deepStrictEqual(blind, usual);
  ok(testAccuracy !== other);
});

Deno.test("a training that gets worse stops just after half of its epochs, no other does", async () => {
  const overfitting = await trainMlp({ dropout: 0, weightDecay: 0, learningRate: 0.05 });
  strictEqual(overfitting.epochs, training.epochs / 2 + 2);
  const improving = await trainMlp({ learningRate: 1e-4 });
  strictEqual(improving.epochs, training.epochs);
});

Deno.test("a training that diverges says in which epoch, and what to do", async () => {
  await rejects(
    trainMlp({ learningRate: 1e30 }),
    /the loss is \S+ in epoch 0; lower the rate, 1e\+30/,
  );
});

Deno.test("a stack of graph convolutions is Â ReLU(Â X W + b) W + b", () => {
  const classifier = gcnNetwork(Â, sizes, 2, stream);
  const [A, X] = [symmetricNormalisation(graph), features].map((matrix) =>
    tf.tensor2d(fullMatrix(matrix), [matrix.rows, matrix.columns])
  );
  const { "bias.0": b0, "bias.1": b1, "weights.0": W0, "weights.1": W1 } = classifier.variables;
  b0.assign(tf.tensor1d(Array.from({ length: 16 }, (_, i) => i / 16 - 0.5)));
  const H = tf.relu(tf.add(tf.matMul(A, tf.matMul(X, W0)), b0));
  const expected = tf.add(tf.matMul(A, tf.matMul(H, W1)), b1).dataSync();
  const scores = classifier.scores(linearMap(features), noDropout).dataSync();
  scores.forEach((score, i) => ok(Math.abs(score - expected[i]) < 1e-5));
  disposeVariables(classifier.variables);
});
