/** The tensor reading of the algebra against its reading as a scalar expression graph. */
import { deepStrictEqual, ok } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../learners/nn/backend.ts";
import { tensorAlgebra } from "../../learners/nn/tensor_algebra.ts";
import type { Algebra } from "../../sim/expression/algebra.ts";
import { Differentiator } from "../../sim/expression/derivative.ts";
import { Graph } from "../../sim/expression/graph.ts";
import { compileKernel } from "../../sim/expression/kernel.ts";
import { inputLanes, lanesAlgebra } from "../../sim/expression/lanes.ts";
import { randomStream } from "../../sim/random.ts";

const trials = 40;

/** What the expressions are made of: each of three lanes, of one lane, the same for all trials. */
const inputs = [
  { lanes: 3, shared: false },
  { lanes: 1, shared: false },
  { lanes: 3, shared: true },
] as const;

type Expression = <Value>(
  algebra: Algebra<Value>,
  values: { a: Value; b: Value; c: Value },
) => Value;

const expressions: Readonly<Record<string, Expression>> = {
  "add": (x, { a, b, c }) => x.add(x.add(a, b), c),
  "subtract": (x, { a, b, c }) => x.subtract(x.subtract(b, a), c),
  "multiply": (x, { a, b, c }) => x.multiply(x.multiply(a, b), c),
  "divide": (x, { a, b, c }) => x.divide(x.divide(b, a), c),
  "negate": (x, { a }) => x.negate(a),
  "sqrt": (x, { a }) => x.sqrt(a),
  "sin": (x, { a }) => x.sin(a),
  "cos": (x, { a }) => x.cos(a),
  "exp": (x, { a }) => x.exp(a),
  "minimum": (x, { a, b, c }) => x.add(x.minimum(a, c), x.minimum(b, a)),
  "minimum with itself": (x, { a }) => x.minimum(a, a),
  "minimum with a constant": (x, { a }) => x.minimum(a, x.constant(1)),
  "maximum": (x, { a, b, c }) => x.add(x.maximum(a, c), x.maximum(b, a)),
  "maximum with constants": (x, { b }) => x.maximum(x.constant([0.5, 1, 1.5]), b),
  "whereLess": (x, { a, b, c }) => x.whereLess(a, b, x.multiply(a, a), x.sin(c)),
  "whereLess of one lane between several": (x, { a, b, c }) =>
    x.whereLess(b, x.constant(1.2), a, x.multiply(b, c)),
  "whereLess of several lanes between one": (x, { a, b, c }) => x.whereLess(a, c, x.exp(b), b),
  "whereLess with a constant": (x, { a, b }) => x.whereLess(a, b, x.constant([1, 2, 3]), a),
  "whereLess between constants": (x, { a, b }) =>
    x.multiply(a, x.whereLess(a, b, x.constant(2), x.constant(3))),
  "sum": (x, { a, c }) => x.sum(x.multiply(a, c)),
  "lane": (x, { a, c }) => x.multiply(x.lane(a, 2), x.lane(c, 1)),
  "stack": (x, { a, b, c }) => x.stack([b, x.multiply(a, a), c, x.constant(2), b]),
  "function": (x, { a, b }) => x.function(x.exp(x.multiply(a, b)), [a, b]),
  "constants combined": (x, { a }) =>
    x.multiply(
      a,
      x.negate(x.divide(
        x.subtract(x.add(x.constant([1, 2, 3]), x.constant(0.5)), x.constant(4)),
        x.multiply(x.constant(2), x.constant([-1, 1, 2])),
      )),
    ),
  "zeros and ones beside fewer lanes": (x, { b }) => {
    const [zeros, ones] = [x.constant([0, 0, 0]), x.constant([1, 1, 1])];
    return x.stack([
      x.add(b, zeros),
      x.subtract(b, zeros),
      x.multiply(ones, b),
      x.multiply(zeros, b),
    ]);
  },
  "zero and one beside more lanes": (x, { a }) => {
    const [zero, one] = [x.constant(0), x.constant(1)];
    return x.stack([
      x.add(zero, a),
      x.subtract(a, zero),
      x.multiply(a, one),
      x.multiply(a, zero),
      x.multiply(zero, a),
    ]);
  },
};

/** Rows [row][trial] of numbers of which many are equal, so that minima, maxima and selects tie. */
const rows = inputs.map(({ lanes, shared }, i) => {
  const stream = randomStream(3, `input ${i}`);
  const draw = () => (1 + stream.integer(4)) / 2;
  return Float64Array.from(
    Array.from(
      { length: lanes },
      () => shared ? Array(trials).fill(draw()) : Array.from({ length: trials }, draw),
    ).flat(),
  );
});

interface Reading {
  readonly lanes: number;
  /** [trial][lane] */
  readonly value: number[];
  /** For each input [trial][lane], summed over trials where it is shared. */
  readonly gradients: number[][];
}

const transposed = (values: Float64Array, lanes: number): number[] =>
  Array.from(
    { length: trials * lanes },
    (_, i) => values[(i % lanes) * trials + Math.floor(i / lanes)],
  );

/** The cotangent of row `row` in trial `trial`. */
const cotangent = (row: number, trial: number) => Math.fround(Math.cos(1 + 5 * row + trial));

function readAsGraph(expression: Expression): Reading {
  const graph = new Graph();
  const [a, b, c] = inputs.map(({ lanes }) => inputLanes(graph, lanes));
  const output = expression(lanesAlgebra(graph), { a, b, c });
  const seeds = inputLanes(graph, output.length);
  const pulled = new Differentiator(graph)
    .pullBack(output.map((node, lane) => [node, seeds[lane]]), [...a, ...b, ...c]);
  const kernel = compileKernel("reading", [
    { name: "a", rows: a },
    { name: "b", rows: b },
    { name: "c", rows: c },
    { name: "seeds", rows: seeds },
  ], [{ name: "value", rows: output }, { name: "pulled", rows: pulled }]);
  const value = new Float64Array(output.length * trials);
  const gradient = new Float64Array(pulled.length * trials);
  const cotangents = Float64Array.from(
    value,
    (_, i) => cotangent(Math.floor(i / trials), i % trials),
  );
  kernel.run(trials, ...rows, cotangents, value, gradient);
  let from = 0;
  const gradients = inputs.map(({ lanes, shared }) => {
    const part = gradient.subarray(from, from += lanes * trials);
    if (!shared) return transposed(part, lanes);
    return Array.from(
      { length: lanes },
      (_, lane) =>
        part.subarray(lane * trials, (lane + 1) * trials).reduce((sum, share) => sum + share),
    );
  });
  return { lanes: output.length, value: transposed(value, output.length), gradients };
}

function readAsTensors(expression: Expression): Reading {
  return tf.tidy(() => {
    const tensors = inputs.map(({ lanes, shared }, i) =>
      shared
        ? tf.tensor2d(Array.from({ length: lanes }, (_, lane) => rows[i][lane * trials]), [
          1,
          lanes,
        ])
        : tf.tensor2d(transposed(rows[i], lanes), [trials, lanes])
    );
    const evaluate = () => {
      const [a, b, c] = tensors;
      return expression(tensorAlgebra(), { a, b, c });
    };
    const value = evaluate();
    const lanes = value.shape[1];
    const cotangents = tf.tensor2d(
      Array.from({ length: trials * lanes }, (_, i) => cotangent(i % lanes, Math.floor(i / lanes))),
      [trials, lanes],
    );
    const { grads } = tf.engine().gradients(evaluate, tensors, cotangents, true);
    return {
      lanes,
      value: [...value.dataSync()],
      gradients: tensors.map((tensor, i) => [...(grads[i] ?? tf.zerosLike(tensor)).dataSync()]),
    };
  });
}

function assertClose(actual: readonly number[], expected: readonly number[], what: string): void {
  deepStrictEqual(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    const difference = Math.abs(value - expected[i]);
    ok(
      difference <= 2e-5 * (1 + Math.abs(expected[i])),
      `${what} ${i}: ${value}, not ${expected[i]}`,
    );
  });
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`on ${backend} every operation and its gradient equal the expression graph's`, async (t) => {
    await readyBackend(backend);
    const before = tf.memory().numTensors;
    for (const [name, expression] of Object.entries(expressions)) {
      await t.step(name, () => {
        const [actual, expected] = [readAsTensors(expression), readAsGraph(expression)];
        deepStrictEqual(actual.lanes, expected.lanes);
        assertClose(actual.value, expected.value, "value");
        expected.gradients.forEach((gradient, i) =>
          assertClose(actual.gradients[i], gradient, `gradient of ${"abc"[i]}`)
        );
      });
    }
    deepStrictEqual(tf.memory().numTensors, before);
  });
}
