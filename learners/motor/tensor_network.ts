/**
 * The equations of `controllers/motor_network.ts` as TensorFlow.js operations, stated anew so that the
 * two check each other. Activities are [trials, units].
 */
import * as tf from "@tensorflow/tfjs";
import type { CallosumName } from "../../controllers/callosum.ts";
import type { MotorNetwork } from "../../controllers/motor_network.ts";
import type { Algebra } from "../../sim/expression/algebra.ts";

/** What one pass computes. */
export interface TensorActivity {
  /** [layer][stream], each [trials, units] */
  readonly hidden: readonly (readonly tf.Tensor2D[])[];
  /** Commands, [trials, actuators]. */
  readonly output: tf.Tensor2D;
}

/** κ with its kernel [units, units], if it has one; undefined where nothing is exchanged. */
type TensorCallosum =
  | ((algebra: Algebra<tf.Tensor2D>, from: tf.Tensor2D, kernel: tf.Tensor2D) => tf.Tensor2D)
  | undefined;

const callosa: Readonly<Record<CallosumName, TensorCallosum>> = {
  none: undefined,
  "maxpool-pad": maxpoolPad,
  identity: (_algebra, from) => from,
  "learned-linear": (_algebra, from, kernel) => tf.matMul(from, kernel),
};

/** Max over neighbouring pairs of units, in the last positions, zeros in front. */
function maxpoolPad(algebra: Algebra<tf.Tensor2D>, from: tf.Tensor2D): tf.Tensor2D {
  const [trials, units] = from.shape;
  const pairs = Math.floor(units / 2);
  const inPairs = tf.slice(from, [0, 0], [-1, 2 * pairs]);
  const paired = tf.reshape<tf.Rank.R2>(inPairs, [trials * pairs, 2]);
  const larger = algebra.maximum(algebra.lane(paired, 0), algebra.lane(paired, 1));
  return tf.pad(tf.reshape<tf.Rank.R2>(larger, [trials, pairs]), [[0, 0], [units - pairs, 0]]);
}

/**
 * Commands for `observation` [trials, inputs].
 *
 * @param parameters by their names in `network.layout`
 */
export function applyNetwork(
  algebra: Algebra<tf.Tensor2D>,
  { streams, config }: MotorNetwork,
  parameters: Readonly<Record<string, tf.Tensor>>,
  observation: tf.Tensor2D,
): TensorActivity {
  const dense = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
    tf.add(tf.matMul(x, parameters[`${name}.kernel`]), parameters[`${name}.bias`]);
  /** What enters layer k of each stream, from the activities of the layer before. */
  const exchange = (k: number, hidden: readonly tf.Tensor2D[]): readonly tf.Tensor2D[] => {
    const callosum = callosa[config.callosum];
    if (!callosum || streams.length === 1) return hidden;
    return hidden.map((own, s) => {
      const kernel = parameters[`callosum.${k}.${streams[s]}`] as tf.Tensor2D;
      return tf.add(own, callosum(algebra, hidden[1 - s], kernel));
    });
  };

  const hidden: tf.Tensor2D[][] = [];
  for (let k = 0; k < config.layers; k++) {
    const received = k === 0 ? streams.map(() => observation) : exchange(k, hidden[k - 1]);
    hidden.push(streams.map((stream, s) => tf.tanh(dense(received[s], `${stream}.${k}`))));
  }
  const last = hidden[config.layers - 1];
  const merged: tf.Tensor2D = streams.length === 1
    ? last[0]
    : tf.addN(streams.map((stream, s) => tf.mul(parameters[`merge.${stream}`], last[s])));
  const readout = dense(merged, "output");
  return {
    hidden,
    output: config.outputActivation === "sigmoid" ? tf.sigmoid(readout) : tf.tanh(readout),
  };
}
