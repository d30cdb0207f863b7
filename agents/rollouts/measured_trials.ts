/**
 * Measured trials as the contents of a piece.
 *
 * | tensor | type | shape |
 * | --- | --- | --- |
 * | `measures`, `adaptation` | f64 | [trial][name], the names in the labels `measures` and `adaptation`, JSON |
 * | `endpoints` | f64 | [trial][x, y], m |
 * | `loads` | f64 | [trial][x, y], N |
 */
import { z } from "zod";
import type { Point } from "../../sim/arms/kinematics.ts";
import type { Tensor } from "../../learners/nn/safetensors.ts";
import type { MeasuredTrial } from "../../learners/motor/evaluation/evaluator.ts";
import { type PieceContents, PieceError, pieceTensor } from "./piece.ts";

type Row = Readonly<Record<string, number>>;

const tables = ["measures", "adaptation"] as const;

/** Of each trial a point. */
const points = { endpoints: "endpoint", loads: "load" } as const;

/** `trials` as they are sent. */
export function packTrials(trials: readonly MeasuredTrial[]): PieceContents {
  const tensors: Record<string, Tensor> = Object.fromEntries(
    Object.entries(points).map(([tensor, of]) => [tensor, {
      shape: [trials.length, 2],
      data: Float64Array.from(trials.flatMap((trial) => trial[of])),
    }]),
  );
  const labels: Record<string, string> = {};
  for (const table of tables) {
    const rows = trials.map((trial) => trial[table]);
    const names = Object.keys(rows[0] ?? {});
    const data = Float64Array.from(rows.flatMap((row) => names.map((name) => row[name])));
    tensors[table] = { shape: [trials.length, names.length], data };
    labels[table] = JSON.stringify(names);
  }
  return { tensors, labels };
}

/**
 * The trials in `contents`, which should be `count`.
 * @throws {PieceError} when there is anything else in it
 */
export function unpackTrials(contents: PieceContents, count: number): MeasuredTrial[] {
  const [endpoints, loads] = Object.keys(points).map((tensor) => {
    const values = pieceTensor(contents, tensor, Float64Array, [count, 2]);
    return (trial: number): Point => [values[2 * trial], values[2 * trial + 1]];
  });
  const [measures, adaptation] = tables.map((table) => readTable(contents, table, count));
  return measures.map((row, trial) => ({
    measures: row,
    endpoint: endpoints(trial),
    load: loads(trial),
    adaptation: adaptation[trial],
  }));
}

const columnNames = z.array(z.string());

function readTable(contents: PieceContents, table: string, count: number): Row[] {
  const names = readNames(contents, table);
  const data = pieceTensor(contents, table, Float64Array, [count, names.length]);
  return Array.from(
    { length: count },
    (_, trial) =>
      Object.fromEntries(names.map((name, k) => [name, data[trial * names.length + k]])),
  );
}

function readNames({ labels }: PieceContents, table: string): string[] {
  const text = labels[table];
  try {
    return columnNames.parse(JSON.parse(text));
  } catch (cause) {
    throw new PieceError(`label "${table}" is ${text}, expected a JSON array of names`, { cause });
  }
}
