/**
 * Training of node classifiers on one graph: full batch, Adam on the cross entropy of the labelled
 * nodes, the weights with the lowest validation loss, early stopping.
 *
 * An interrupted training goes on to the bit-equal result: dropout masks come from a stream that is
 * named after the epoch, and a snapshot holds the weights, the best weights, the optimiser's state and
 * all that was measured so far.
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { RandomStream } from "../../sim/random.ts";
import type { JobContext, JobProgress, Series, Snapshot } from "../method.ts";
import { type Dropout, dropout, noDropout } from "../nn/dropout.ts";
import { type LinearMap, linearMap } from "../nn/graphs/linear_map.ts";
import { crossEntropy, judge, oneHotRows } from "../nn/graphs/node_scores.ts";
import { droppedEntries, type SparseMatrix } from "../nn/graphs/sparse_matrix.ts";
import { adam, type Optimiser } from "../nn/optimisers.ts";
import { groupOf, joinGroups } from "../nn/tensor_groups.ts";
import { type HostTensor, readTensors, type Variables, writeVariables } from "../nn/variables.ts";
import type { NodeTask } from "./node_task.ts";

/** Gives every node a score for every class. */
export interface NodeClassifier {
  /** All that is trained. */
  readonly variables: Variables;
  /**
   * @param X the features as a map [nodes, features], dropout applied
   * @param drop what to do to the inputs of later layers
   * @returns [nodes, classes], logits
   */
  scores(X: LinearMap, drop: Dropout): tf.Tensor2D;
  /** Multiply-adds of that. */
  multiplyAdds(X: LinearMap): number;
}

/** How it is learnt. */
export interface NodeTraining {
  readonly epochs: number;
  readonly learningRate: number;
  /** L2, of every variable. */
  readonly weightDecay: number;
  /** Rate of the dropout of features and hidden layers. */
  readonly dropout: number;
  /**
   * In the second half of the epochs, training stops when the validation loss exceeds its mean over
   * this many epochs before.
   */
  readonly patience: number;
}

/** What a training results in. */
export interface TrainedNodes {
  /** The epoch with the lowest validation loss, counted from 0; what follows is by its weights. */
  readonly bestEpoch: number;
  readonly validationLoss: number;
  /** Share of the nodes that are classified rightly. */
  readonly validationAccuracy: number;
  readonly testAccuracy: number;
  /** [nodes, classes], row after row, without dropout. */
  readonly scores: Float32Array;
  /** Epochs until the training stopped. */
  readonly epochs: number;
  /** Of all epochs, taking a backward pass for two forward passes; dropout saves none. */
  readonly multiplyAdds: number;
  /** Curves over epochs. */
  readonly series: Readonly<Record<string, Series>>;
}

/** Numbers of the epochs done. */
const historySchema = z.object({
  /** Of the training nodes, with dropout, before the epoch's step. What follows: without, after it. */
  loss: z.array(z.number()),
  validationLoss: z.array(z.number()),
  validationAccuracy: z.array(z.number()),
  testAccuracy: z.array(z.number()),
});

type History = z.output<typeof historySchema>;

/** Epochs between two checkpoints. */
const checkpointInterval = 25;

/**
 * Train a classifier, which has the best epoch's weights in the end.
 * @throws {RangeError} when the snapshot is of another classifier, or a loss is not finite
 */
export async function* trainNodeClassifier(
  classifier: NodeClassifier,
  { graph, features }: NodeTask,
  training: NodeTraining,
  context: JobContext,
): AsyncGenerator<JobProgress, TrainedNodes> {
  const { variables } = classifier;
  const { labels, classNames, splits } = graph;
  const optimiser = adam(variables, { decay: training.weightDecay });
  const targets = oneHotRows(labels, classNames.length, splits.train);
  const X = linearMap(features);
  try {
    const { history, best } = resume(context.restore(), variables, optimiser);
    while (history.loss.length < training.epochs && !stopsEarly(history.validationLoss, training)) {
      const epoch = history.loss.length;
      const stream = context.stream(`dropout/${epoch}`);
      const loss = await step(classifier, features, targets, optimiser, training, stream);
      const scores = await inference(classifier, X);
      const validated = judge(scores, labels, splits.validation);
      checkFinite(loss + validated.loss, epoch, training);
      if (validated.loss < Math.min(...history.validationLoss)) {
        Object.assign(best, await readTensors(variables));
      }
      history.loss.push(loss);
      history.validationLoss.push(validated.loss);
      history.validationAccuracy.push(validated.accuracy);
      history.testAccuracy.push(judge(scores, labels, splits.test).accuracy);
      if ((epoch + 1) % checkpointInterval === 0 || context.signal.aborted) {
        await context.checkpoint(await snapshot(variables, best, optimiser, history));
      }
      yield progress(history, training.epochs);
    }
    writeVariables(variables, best);
    // Of each epoch: forwards and backwards to learn, forwards to judge.
    const multiplyAdds = 4 * history.loss.length * classifier.multiplyAdds(X);
    return { ...trained(history), scores: await inference(classifier, X), multiplyAdds };
  } finally {
    X.dispose();
    targets.dispose();
    optimiser.dispose();
  }
}

/** One step on the training nodes, with dropout. @returns the loss before it */
async function step(
  { variables, scores }: NodeClassifier,
  features: SparseMatrix,
  targets: tf.Tensor2D,
  optimiser: Optimiser,
  { dropout: rate, learningRate }: NodeTraining,
  stream: RandomStream,
): Promise<number> {
  const X = linearMap(droppedEntries(features, rate, stream));
  const drop = dropout(rate, stream);
  const { value, grads } = tf.variableGrads(
    () => crossEntropy(scores(X, drop), targets),
    Object.values(variables),
  );
  const gradients = Object.entries(variables).map(([name, { name: id }]) => [name, grads[id]]);
  optimiser.apply(Object.fromEntries(gradients), learningRate);
  const [loss] = await value.data();
  tf.dispose([value, grads]);
  X.dispose();
  return loss;
}

/** Scores without dropout [nodes, classes], off the backend. */
async function inference({ scores }: NodeClassifier, X: LinearMap): Promise<Float32Array> {
  const tensor = tf.tidy(() => scores(X, noDropout));
  const values = await tensor.data<"float32">();
  tensor.dispose();
  return values;
}

/** Whether the last of these epochs was one too many. */
function stopsEarly(
  validationLoss: readonly number[],
  { epochs, patience }: NodeTraining,
): boolean {
  const last = validationLoss.length - 1;
  if (last <= epochs / 2) return false;
  const before = validationLoss.slice(Math.max(0, last - patience), last);
  return validationLoss[last] > before.reduce((sum, loss) => sum + loss, 0) / before.length;
}

function checkFinite(loss: number, epoch: number, { learningRate }: NodeTraining): void {
  if (Number.isFinite(loss)) return;
  throw new RangeError(`the loss is ${loss} in epoch ${epoch}; lower the rate, ${learningRate}`);
}

/** What the training goes on with: the snapshot's state, or that of a beginning. */
function resume(
  saved: Snapshot | undefined,
  variables: Variables,
  optimiser: Optimiser,
): { readonly history: History; readonly best: Record<string, HostTensor> } {
  if (!saved) {
    const history = { loss: [], validationLoss: [], validationAccuracy: [], testAccuracy: [] };
    return { history, best: {} };
  }
  writeVariables(variables, groupOf(saved.tensors, "weights"));
  optimiser.load(groupOf(saved.tensors, "optimiser"));
  return { history: historySchema.parse(saved.values), best: groupOf(saved.tensors, "best") };
}

async function snapshot(
  variables: Variables,
  best: Readonly<Record<string, HostTensor>>,
  optimiser: Optimiser,
  history: History,
): Promise<Snapshot> {
  const weights = await readTensors(variables);
  return {
    step: history.loss.length,
    tensors: joinGroups({ weights, best, optimiser: await optimiser.save() }),
    values: structuredClone(history),
  };
}

function progress(
  { loss, validationLoss, validationAccuracy }: History,
  steps: number,
): JobProgress {
  const last = loss.length - 1;
  const metrics = {
    "loss": loss[last],
    "validation loss": validationLoss[last],
    "validation accuracy": validationAccuracy[last],
  };
  return { step: loss.length, steps, metrics };
}

function trained(history: History): Omit<TrainedNodes, "scores" | "multiplyAdds"> {
  const { loss, validationLoss, validationAccuracy, testAccuracy } = history;
  const bestEpoch = validationLoss.indexOf(Math.min(...validationLoss));
  const curve = (y: readonly number[]): Series => ({ x: y.map((_, epoch) => epoch), y });
  return {
    bestEpoch,
    validationLoss: validationLoss[bestEpoch],
    validationAccuracy: validationAccuracy[bestEpoch],
    testAccuracy: testAccuracy[bestEpoch],
    epochs: loss.length,
    series: {
      "loss": curve(loss),
      "validation loss": curve(validationLoss),
      "validation accuracy": curve(validationAccuracy),
    },
  };
}
