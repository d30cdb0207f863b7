/**
 * The equations of `controllers/motor_network.ts` as TensorFlow.js operations, stated anew so that the
 * two check each other. Activities are [trials, units].
 */
import * as tf from "@tensorflow/tfjs";
import type { CallosumName } from "../../controllers/callosum.ts";
import { type CellName, defaultCell } from "../../controllers/cells.ts";
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

/** By its name in the layer that it belongs to. */
type LayerParameter = (name: "kernel" | "recurrent" | "bias") => tf.Tensor;

/** The outputs of a layer [trials, units] for what enters it and its state, 0 where undefined. */
type TensorCell = (
  x: tf.Tensor2D,
  state: tf.Tensor2D | undefined,
  of: LayerParameter,
) => tf.Tensor2D;

const cells: Readonly<Record<CellName, TensorCell>> = {
  "feed-forward": (x, _state, of) => tf.tanh(tf.add(tf.matMul(x, of("kernel")), of("bias"))),
  gru: gatedRecurrentUnit,
};

/** Cho et al. 2014 with the reset gate behind the product, as `controllers/cells.ts` has it. */
function gatedRecurrentUnit(
  x: tf.Tensor2D,
  state: tf.Tensor2D | undefined,
  of: LayerParameter,
): tf.Tensor2D {
  const units = of("recurrent").shape[0];
  const before: tf.Tensor2D = state ?? tf.zeros([x.shape[0], units]);
  const [bc, bz, br, bm] = tf.split(of("bias") as tf.Tensor1D, 4);
  const [c, z, r] = tf.split(tf.matMul<tf.Tensor2D>(x, of("kernel")), 3, 1);
  const [fromZ, fromR, fromM] = tf.split(tf.matMul<tf.Tensor2D>(before, of("recurrent")), 3, 1);
  const update = tf.sigmoid(tf.addN([z, fromZ, tf.broadcastTo(bz, z.shape)]));
  const reset = tf.sigmoid(tf.addN([r, fromR, tf.broadcastTo(br, r.shape)]));
  const recall = tf.mul(reset, tf.add(fromM, bm));
  const candidate = tf.tanh(tf.add(tf.add(c, bc), recall));
  return tf.add(candidate, tf.mul(update, tf.sub(before, candidate)));
}

/**
 * Commands for `observation` [trials, inputs].
 *
 * @param parameters by their names in `network.layout`
 * @param before hidden activities of the step before; none at the start of a trial
 */
export function applyNetwork(
  algebra: Algebra<tf.Tensor2D>,
  { streams, config }: MotorNetwork,
  parameters: Readonly<Record<string, tf.Tensor>>,
  observation: tf.Tensor2D,
  before?: TensorActivity["hidden"],
): TensorActivity {
  /** What enters layer k of each stream, from the activities of the layer before. */
  const exchange = (k: number, hidden: readonly tf.Tensor2D[]): readonly tf.Tensor2D[] => {
    const callosum = callosa[config.callosum];
    if (!callosum || streams.length === 1) return hidden;
    return hidden.map((own, s) => {
      const kernel = parameters[`callosum.${k}.${streams[s]}`] as tf.Tensor2D;
      return tf.add(own, callosum(algebra, hidden[1 - s], kernel));
    });
  };

  const cell = cells[config.hemispheres ?? defaultCell];
  const hidden: tf.Tensor2D[][] = [];
  for (let k = 0; k < config.layers; k++) {
    const received = k === 0 ? streams.map(() => observation) : exchange(k, hidden[k - 1]);
    hidden.push(
      streams.map((stream, s) =>
        cell(received[s], before?.[k][s], (name) => parameters[`${stream}.${k}.${name}`])
      ),
    );
  }
  const last = hidden[config.layers - 1];
  const merged: tf.Tensor2D = streams.length === 1
    ? last[0]
    : tf.addN(streams.map((stream, s) => tf.mul(parameters[`merge.${stream}`], last[s])));
  const readout: tf.Tensor2D = tf.add(
    tf.matMul(merged, parameters["output.kernel"]),
    parameters["output.bias"],
  );
  return {
    hidden,
    output: config.outputActivation === "sigmoid" ? tf.sigmoid(readout) : tf.tanh(readout),
  };
}
