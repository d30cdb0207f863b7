/**
 * Optimisers of named variables whose whole state can be read and put back, so that an interrupted
 * training goes on exactly. (TensorFlow.js' own keep theirs by position and without the step count.)
 */
import * as tf from "@tensorflow/tfjs";
import {
  disposeVariables,
  type HostTensor,
  readTensors,
  type Variables,
  writeVariables,
} from "./variables.ts";

/** Changes variables by gradients. */
export interface Optimiser {
  /** One step. Variables without a gradient stay as they are. */
  apply(gradients: Readonly<Record<string, tf.Tensor>>, learningRate: number): void;
  /** The state, off the backend. */
  save(): Promise<Record<string, HostTensor>>;
  /** @throws {RangeError} when the state is not that of these variables */
  load(saved: Readonly<Record<string, HostTensor>>): void;
  dispose(): void;
}

/** Variables of zeros beside `variables`, under `<prefix><name>`. */
function slots(prefix: string, variables: Variables): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [
      prefix + name,
      tf.tidy(() => tf.variable(tf.zeros(variable.shape), false)),
    ]),
  );
}

/**
 * Gradient descent with heavy-ball momentum and L2 weight decay, as PyTorch's SGD has it:
 * v ← momentum v + (g + decay w), w ← w − rate v.
 *
 * @param decay of each variable by name; a number holds for all
 */
export function momentumDescent(
  variables: Variables,
  momentum: number,
  decay: number | ((name: string) => number) = 0,
): Optimiser {
  const velocities = slots("velocity.", variables);
  const decayOf = typeof decay === "number" ? () => decay : decay;
  return {
    apply(gradients, learningRate) {
      tf.tidy(() => {
        for (const [name, gradient] of Object.entries(gradients)) {
          const variable = variables[name];
          const velocity = velocities[`velocity.${name}`];
          const rate = decayOf(name);
          const slope = rate === 0 ? gradient : tf.add(gradient, tf.mul(rate, variable));
          velocity.assign(tf.add(tf.mul(momentum, velocity), slope));
          variable.assign(tf.sub(variable, tf.mul(learningRate, velocity)));
        }
      });
    },
    save: () => readTensors(velocities),
    load: (saved) => writeVariables(velocities, saved),
    dispose: () => disposeVariables(velocities),
  };
}

/** Adam (Kingma & Ba 2015, algorithm 1) with L2 weight decay added to the gradient, as PyTorch's. */
export function adam(
  variables: Variables,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0 } = {},
): Optimiser {
  const first = slots("first.", variables);
  const second = slots("second.", variables);
  const count = { "adam.steps": tf.tidy(() => tf.variable(tf.scalar(0), false)) };
  const state = { ...first, ...second, ...count };
  let steps = 0;
  return {
    apply(gradients, learningRate) {
      steps++;
      const correction1 = 1 - beta1 ** steps;
      const correction2 = 1 - beta2 ** steps;
      tf.tidy(() => {
        for (const [name, gradient] of Object.entries(gradients)) {
          const variable = variables[name];
          const [m, v] = [first[`first.${name}`], second[`second.${name}`]];
          const slope = decay === 0 ? gradient : tf.add(gradient, tf.mul(decay, variable));
          m.assign(tf.add(tf.mul(beta1, m), tf.mul(1 - beta1, slope)));
          v.assign(tf.add(tf.mul(beta2, v), tf.mul(1 - beta2, tf.square(slope))));
          const scale = tf.add(tf.sqrt(tf.div(v, correction2)), epsilon);
          const step = tf.div(tf.div(m, correction1), scale);
          variable.assign(tf.sub(variable, tf.mul(learningRate, step)));
        }
      });
    },
    async save() {
      tf.tidy(() => count["adam.steps"].assign(tf.scalar(steps)));
      return await readTensors(state);
    },
    load(saved) {
      writeVariables(state, saved);
      steps = saved["adam.steps"].data[0];
    },
    dispose: () => disposeVariables(state),
  };
}
