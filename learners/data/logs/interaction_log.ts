/** What an interaction log is: rows of categorical fields and past behaviour, each with one label a task. */
import { randomStream } from "../../../sim/random.ts";

/** A categorical column. */
export interface LogField {
  readonly name: string;
  /** Values are 0 … cardinality − 1. */
  readonly cardinality: number;
}

/** What was done before each row, by kind of behaviour, in order. */
export interface BehaviourSequence {
  readonly name: string;
  /** The field whose values the sequence holds. */
  readonly field: string;
  /** Steps; every sequence is full. */
  readonly length: number;
  /** [rows, length] */
  readonly values: Int32Array;
}

/** Rows of fields, behaviour and labels, with the probabilities that the labels were drawn by. */
export interface InteractionLog {
  readonly name: string;
  readonly rows: number;
  readonly fields: readonly LogField[];
  /** [rows, fields.length] */
  readonly values: Int32Array;
  readonly sequences: readonly BehaviourSequence[];
  readonly taskNames: readonly string[];
  /** [rows, taskNames.length], 0 or 1 */
  readonly labels: Uint8Array;
  /** [rows, taskNames.length]: the probability of label 1, which no model can better. */
  readonly probabilities: Float64Array;
}

/** How a world of hidden effects is chosen, which rows and splits share. */
export interface WorldOptions {
  /** An integer of at least 0; 0 unless given. Rows of different seeds are of one world. */
  readonly worldSeed?: number;
}

/** `count` independent normals of mean 0 from the world's stream of that name. */
export function worldNormals(
  worldSeed: number,
  name: string,
  count: number,
  deviation: number,
): Float64Array {
  const stream = randomStream(worldSeed, `logs/world/${name}`);
  return Float64Array.from({ length: count }, () => stream.normal(0, deviation));
}

/** 1/(1 + exp(−z)) */
export function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
