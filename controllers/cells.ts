/**
 * The cells that hidden layers are made of. With x what enters a layer of n units and h' its state, the
 * outputs of the step before, which are 0 at the start of a trial:
 *
 * feed-forward, without a state:
 *
 *   h = tanh(x W + b)
 *
 * gru, the gated recurrent unit of Cho et al. 2014 (arXiv 1406.1078), with the reset gate behind the product
 * (its first version, cuDNN, and Keras' `reset_after`):
 *
 *   z = sigmoid(x W_z + h' U_z + b_z)     update gate: how much of the state is kept
 *   r = sigmoid(x W_r + h' U_r + b_r)     reset gate: how much of the recall counts
 *   m = h' U_m + b_m                      recall
 *   c = tanh(x W_c + b_c + r ∘ m)         candidate
 *   h = z ∘ h' + (1 − z) ∘ c
 *
 * Keras has two biases in each gate, which only ever act as their sum; here it is one.
 *
 * The parts of a cell lie in the order [c, z, r, m], so that W = [W_c, W_z, W_r] reaches the first three,
 * U = [U_z, U_r, U_m] the last three, and b = [b_c, b_z, b_r, b_m] all of them. Arrays are
 * [part][unit][trial].
 */
import { activate, activations, pullActivation } from "../learners/nn/activations.ts";

/** The arrays of one layer of one stream at one step. */
export interface CellValues {
  /** What the parts have come to, [part][unit][trial]; `hidden` itself for a cell of one part. */
  readonly gates: Float64Array;
  /** The outputs h. */
  readonly hidden: Float64Array;
  /** The state h'; 0 where undefined. */
  readonly before: Float64Array | undefined;
}

/** One kind of cell. */
export interface Cell {
  /** Parts of n units each. */
  readonly parts: number;
  /** How many of them, from the first one on, what enters the layer is multiplied into. */
  readonly driven: number;
  /** How many of them, up to the last one, the state is multiplied into; 0 without a state. */
  readonly recurrent: number;
  /** The parts' arguments become their values, and these the outputs. */
  activate(values: CellValues): void;
  /**
   * A cotangent of the outputs becomes those of the parts' arguments.
   * @param ofArguments written, [part][unit][trial]; `cotangent` itself for a cell of one part
   * @param ofState written: the cotangent of the state, without what comes through the arguments
   */
  pullBack(
    values: CellValues,
    cotangent: Float64Array,
    ofArguments: Float64Array,
    ofState: Float64Array | undefined,
  ): void;
}

const feedForward: Cell = {
  parts: 1,
  driven: 1,
  recurrent: 0,
  activate: ({ hidden }) => activate("tanh", hidden),
  pullBack: ({ hidden }, cotangent) => pullActivation("tanh", cotangent, hidden),
};

const { sigmoid } = activations;

const gru: Cell = {
  parts: 4,
  driven: 3,
  recurrent: 3,
  activate({ gates, hidden, before }) {
    const size = hidden.length;
    const [update, reset, recall] = [size, 2 * size, 3 * size];
    for (let i = 0; i < size; i++) {
      const z = gates[update + i] = sigmoid.value(gates[update + i]);
      const r = gates[reset + i] = sigmoid.value(gates[reset + i]);
      const c = gates[i] = Math.tanh(gates[i] + r * gates[recall + i]);
      hidden[i] = z * (before ? before[i] : 0) + (1 - z) * c;
    }
  },
  pullBack({ gates, hidden, before }, cotangent, ofArguments, ofState) {
    const size = hidden.length;
    const [update, reset, recall] = [size, 2 * size, 3 * size];
    for (let i = 0; i < size; i++) {
      const [c, z, r, m] = [gates[i], gates[update + i], gates[reset + i], gates[recall + i]];
      const ofOutput = cotangent[i];
      const ofCandidate = ofOutput * (1 - z) * (1 - c * c);
      ofArguments[i] = ofCandidate;
      ofArguments[update + i] = ofOutput * ((before ? before[i] : 0) - c) * z * (1 - z);
      ofArguments[reset + i] = ofCandidate * m * r * (1 - r);
      ofArguments[recall + i] = ofCandidate * r;
      if (ofState) ofState[i] = ofOutput * z;
    }
  },
};

/** Every kind by name. */
export const cells = { "feed-forward": feedForward, gru } as const satisfies Readonly<
  Record<string, Cell>
>;

export type CellName = keyof typeof cells;

export const cellNames = Object.keys(cells) as CellName[];

/** What hidden layers are made of unless something else is asked for: the cells of the paper. */
export const defaultCell: CellName = "feed-forward";
