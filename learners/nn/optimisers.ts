/**
 * Optimisers of named variables whose whole state can be read and put back, so that an interrupted
 * training goes on exactly. (TensorFlow.js' own keep theirs by position and without the step count.)
 */
import * as tf from "@tensorflow/tfjs";
import {
  type AdamAttributes,
  adamUpdateName,
  type MomentumAttributes,
  momentumUpdateName,
} from "./kernels/optimiser_updates.ts";
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
          const settings = { learningRate, momentum, decay: decayOf(name) };
          const [moved, pace] = momentumStep({ variable, gradient, velocity }, settings);
          velocity.assign(pace);
          variable.assign(moved);
        }
      });
    },
    save: () => readTensors(velocities),
    load: (saved) => writeVariables(velocities, saved),
    dispose: () => disposeVariables(velocities),
  };
}

/** The variable and its velocity after a step; one operation where the backend has it. */
function momentumStep(
  state: Record<"variable" | "gradient" | "velocity", tf.Tensor>,
  settings: MomentumAttributes,
): tf.Tensor[] {
  if (tf.getKernel(momentumUpdateName, tf.getBackend())) {
    return tf.engine().runKernel<tf.Tensor[]>(momentumUpdateName, state, settings);
  }
  const { learningRate, momentum, decay } = settings;
  const { variable, gradient } = state;
  const slope = decay === 0 ? gradient : tf.add(gradient, tf.mul(decay, variable));
  const velocity = tf.add(tf.mul(momentum, state.velocity), slope);
  return [tf.sub(variable, tf.mul(learningRate, velocity)), velocity];
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
      const corrections = { correction1: 1 - beta1 ** steps, correction2: 1 - beta2 ** steps };
      const settings = { learningRate, beta1, beta2, epsilon, decay, ...corrections };
      tf.tidy(() => {
        for (const [name, gradient] of Object.entries(gradients)) {
          const variable = variables[name];
          const [m, v] = [first[`first.${name}`], second[`second.${name}`]];
          const [moved, mean, square] = adamStep(
            { variable, gradient, first: m, second: v },
            settings,
          );
          m.assign(mean);
          v.assign(square);
          variable.assign(moved);
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

/** The variable and both moments after a step; one operation where the backend has it. */
function adamStep(
  state: Record<"variable" | "gradient" | "first" | "second", tf.Tensor>,
  settings: AdamAttributes,
): tf.Tensor[] {
  if (tf.getKernel(adamUpdateName, tf.getBackend())) {
    return tf.engine().runKernel<tf.Tensor[]>(adamUpdateName, state, settings);
  }
  const { learningRate, beta1, beta2, epsilon, correction1, correction2, decay } = settings;
  const { variable, gradient } = state;
  const slope = decay === 0 ? gradient : tf.add(gradient, tf.mul(decay, variable));
  const first = tf.add(tf.mul(beta1, state.first), tf.mul(1 - beta1, slope));
  const second = tf.add(tf.mul(beta2, state.second), tf.mul(1 - beta2, tf.square(slope)));
  const scale = tf.add(tf.sqrt(tf.div(second, correction2)), epsilon);
  const step = tf.div(tf.div(first, correction1), scale);
  return [tf.sub(variable, tf.mul(learningRate, step)), first, second];
}
