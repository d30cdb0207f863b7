/** Gradient descent with Nesterov's momentum. */
import * as tf from "@tensorflow/tfjs";
import type { Optimiser } from "./optimisers.ts";
import { disposeVariables, readTensors, type Variables, writeVariables } from "./variables.ts";

/**
 * Gradient descent with Nesterov's momentum in the form of Sutskever et al. 2013 ("On the importance of
 * initialization and momentum in deep learning"), as PyTorch's SGD has it:
 * v ← momentum v + g, w ← w − rate (g + momentum v).
 */
export function nesterovDescent(variables: Variables, momentum: number): Optimiser {
  const velocities: Record<string, tf.Variable> = Object.fromEntries(
    Object.entries(variables).map(([name, { shape }]) => [
      `velocity.${name}`,
      tf.tidy(() => tf.variable(tf.zeros(shape), false)),
    ]),
  );
  return {
    apply(gradients, learningRate) {
      tf.tidy(() => {
        for (const [name, gradient] of Object.entries(gradients)) {
          const velocity = velocities[`velocity.${name}`];
          velocity.assign(tf.add(tf.mul(momentum, velocity), gradient));
          const step = tf.add(gradient, tf.mul(momentum, velocity));
          variables[name].assign(tf.sub(variables[name], tf.mul(learningRate, step)));
        }
      });
    },
    save: () => readTensors(velocities),
    load: (saved) => writeVariables(velocities, saved),
    dispose: () => disposeVariables(velocities),
  };
}
