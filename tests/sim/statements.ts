/** Runs stated kernels on plain arrays, in either precision, and compares what comes out. */
import assert from "node:assert/strict";
import type { Precision } from "../../sim/expression/batch.ts";
import { createBatch } from "../../sim/expression/batches.ts";
import type { KernelStatement } from "../../sim/expression/lowering.ts";

/** Numbers by the names of arrays, [row][element]. */
export type Arrays = Readonly<Record<string, ArrayLike<number>>>;

/** The outputs of `statement` for `elements` elements, by name. */
export function runStatement(
  statement: KernelStatement,
  precision: Precision,
  elements: number,
  inputs: Arrays,
): Record<string, Float64Array> {
  const rows = [...statement.inputs, ...statement.outputs]
    .map(({ name, rows }) => [name, rows.length] as const);
  const batch = createBatch(precision, elements, Object.fromEntries(rows));
  const run = batch.compile([
    { take: statement.inputs.map(({ name }) => name) },
    { kernel: statement },
    { publish: statement.outputs.map(({ name }) => name) },
  ]);
  for (const { name } of statement.inputs) batch.array(name).set(inputs[name]);
  run();
  return Object.fromEntries(statement.outputs.map(({ name }) => [name, batch.array(name)]));
}

/** Numbers of single precision. */
export const inSingle = (arrays: Arrays): Record<string, Float64Array> =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, values]) => [name, Float64Array.from(values, Math.fround)]),
  );

/** Every number is `expected`, up to a share `tolerance` of the largest number of its row. */
export function assertRowsClose(
  actual: Arrays,
  expected: Arrays,
  elements: number,
  tolerance: number,
  what: string,
): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    for (let row = 0; row * elements < values.length; row++) {
      const [own, other] = [actual[name], values].map((all) =>
        Array.from({ length: elements }, (_, i) => all[row * elements + i])
      );
      const bound = tolerance * Math.max(...other.map(Math.abs), 1e-3);
      own.forEach((value, i) =>
        assert.ok(
          Math.abs(value - other[i]) <= bound,
          `${what}, ${name}, row ${row}, arm ${i}: ${value}, expected ${other[i]} ± ${bound}`,
        )
      );
    }
  }
}
