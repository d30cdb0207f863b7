/**
 * The contract of networks that policies and value functions are: functions of a batch of columns, whose
 * parameters are one flat vector with a named layout, and which can be pulled back. What a network is made
 * of, and in which precision it computes, is its own business.
 *
 * Batches are laid out [row][column]: the values of one unit for all columns stand side by side.
 */
import type { ParameterLayout } from "./parameters.ts";

/**
 * In single precision networks compute as WebAssembly on four numbers at a time; in double precision, in
 * JavaScript, they are the oracle of the former.
 */
export type Precision = "single" | "double";

/** A network's structure; its parameters are one vector that is passed in. */
export interface Network {
  readonly inputs: number;
  readonly outputs: number;
  readonly layout: ParameterLayout;
  /**
   * Parameters before training: orthogonal matrices and biases of 0, as policy-gradient methods begin.
   * @param outputGain the gain of the last matrix
   */
  initialParameters(seed: number, outputGain: number): Float64Array;
  /** Put parameters back to where they may be, after an update. */
  project(parameters: Float64Array): void;
  /** Passes through the network in batches of `columns` columns; in single precision unless asked otherwise. */
  pass(columns: number, precision?: Precision): NetworkPass;
}

/** Passes of one batch size; owns the memory that they work in. */
export interface NetworkPass {
  readonly columns: number;
  /** Take over parameters; they count until others are taken over. */
  load(parameters: Float64Array): void;
  /**
   * The outputs for `input` [input][column].
   * @returns [output][column], a view that the next pass overwrites
   */
  forward(input: Float64Array): Float64Array;
  /**
   * Pull the cotangent of the outputs of the last forward pass back.
   * @param cotangent ∂loss/∂output, [output][column]
   * @param gradient added to: ∂loss/∂parameters; left out where it is not asked for
   * @param input written: ∂loss/∂input, [input][column]; left out where it is not asked for
   */
  pullBack(cotangent: Float64Array, gradient?: Float64Array, input?: Float64Array): void;
}

/** The gain that keeps the size of activities in hidden layers, √2 (Engstrom et al. 2020, arXiv 2005.12729). */
export const hiddenGain = Math.SQRT2;
