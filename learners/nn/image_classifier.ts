/** What an image classifier is, whatever its layers. */
import type * as tf from "@tensorflow/tfjs";
import { disposeVariables, type Variables } from "./variables.ts";

/** How a network is asked. */
export interface Pass {
  /** Whether batch norms use, and move on by, the batch's own statistics. */
  readonly training: boolean;
  /** Share of the phase that is done, 0 … 1. */
  readonly progress: number;
}

/** Says how likely each class is. */
export interface ImageClassifier {
  /** @param images [batch, height, width, channels] → [batch, classes] */
  logits(images: tf.Tensor4D, pass: Pass): tf.Tensor2D;
}

/** A network's numbers. */
export interface ClassifierParameters {
  /** Trained. */
  readonly variables: Variables;
  /** Running averages. */
  readonly statistics: Variables;
}

/** Free the memory of a network's numbers. */
export function disposeParameters({ variables, statistics }: ClassifierParameters): void {
  disposeVariables(variables);
  disposeVariables(statistics);
}
