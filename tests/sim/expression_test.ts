/**
 * Expression graphs: what equal expressions become, what every operation computes and how it is
 * differentiated, declared functions, and the kernels compiled from all of it.
 */
import assert from "node:assert/strict";
import { hillLaw } from "../../sim/actuators/muscle_laws.ts";
import { Differentiator } from "../../sim/expression/derivative.ts";
import { Graph, isConstant, type Node, reachable } from "../../sim/expression/graph.ts";
import { compileKernel, type Kernel } from "../../sim/expression/kernel.ts";
import { lower } from "../../sim/expression/lowering.ts";
import { inputLanes, type Lanes, lanesAlgebra } from "../../sim/expression/lanes.ts";
import { randomStream } from "../../sim/random.ts";

/** Expressions of some inputs. */
type Build = (graph: Graph, ...inputs: Node[]) => Node[];

const inputsOf = (graph: Graph, count: number) =>
  Array.from({ length: count }, () => graph.input());

/** A kernel from one array of `count` inputs to one array of the outputs. */
function compile(count: number, build: Build): Kernel {
  const graph = new Graph();
  const inputs = inputsOf(graph, count);
  return compileKernel("expression", [{ name: "input", rows: inputs }], [
    { name: "output", rows: build(graph, ...inputs) },
  ]);
}

/** The values of one element. */
function run(kernel: Kernel, outputs: number, ...inputs: number[]): number[] {
  const output = new Float64Array(outputs);
  kernel.run(1, Float64Array.from(inputs), output);
  return [...output];
}

const compute = (build: Build, outputs: number, ...inputs: number[]) =>
  run(compile(inputs.length, build), outputs, ...inputs);

/** The values when the inputs are constants, so that the graph itself works them out. */
function fold(build: Build, ...inputs: number[]): number[] {
  const graph = new Graph();
  return build(graph, ...inputs.map((value) => graph.constant(value))).map((node) => {
    assert.ok(isConstant(node), `${node.operation} of constants is no constant`);
    return node.value;
  });
}

/** Σ ȳ y pulled back to the inputs of `build`, for given cotangents ȳ. */
const pulledBack = (build: Build, cotangents: readonly number[]): Build => (graph, ...inputs) => {
  const seeds = build(graph, ...inputs).map((output, i) =>
    [output, graph.constant(cotangents[i])] as const
  );
  return new Differentiator(graph).pullBack(seeds, inputs);
};

/** ∂(Σ ȳ y)/∂x by central differences of the compiled kernel. */
function centralDifferences(
  build: Build,
  cotangents: readonly number[],
  inputs: readonly number[],
): number[] {
  const kernel = compile(inputs.length, build);
  const weighted = (at: readonly number[]) =>
    run(kernel, cotangents.length, ...at).reduce((sum, y, i) => sum + cotangents[i] * y, 0);
  return inputs.map((x, i) => {
    const step = 1e-6 * Math.max(1, Math.abs(x));
    const moved = (by: number) => inputs.map((value, j) => j === i ? value + by : value);
    return (weighted(moved(step)) - weighted(moved(-step))) / (2 * step);
  });
}

function assertClose(actual: readonly number[], expected: readonly number[], tolerance: number) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i])),
      `element ${i} of [${actual}] is not within ${tolerance} of [${expected}]`,
    )
  );
}

interface Case {
  readonly operands: number;
  readonly build: (graph: Graph, ...operands: Node[]) => Node;
  readonly value: (...operands: number[]) => number;
  /** Whether the operands have to be positive. */
  readonly positive?: boolean;
}

const operations: Readonly<Record<string, Case>> = {
  add: { operands: 2, build: (g, a, b) => g.add(a, b), value: (a, b) => a + b },
  subtract: { operands: 2, build: (g, a, b) => g.subtract(a, b), value: (a, b) => a - b },
  multiply: { operands: 2, build: (g, a, b) => g.multiply(a, b), value: (a, b) => a * b },
  divide: {
    operands: 2,
    build: (g, a, b) => g.divide(a, b),
    value: (a, b) => a / b,
    positive: true,
  },
  negate: { operands: 1, build: (g, a) => g.negate(a), value: (a) => -a },
  sqrt: { operands: 1, build: (g, a) => g.sqrt(a), value: Math.sqrt, positive: true },
  sin: { operands: 1, build: (g, a) => g.sin(a), value: Math.sin },
  cos: { operands: 1, build: (g, a) => g.cos(a), value: Math.cos },
  exp: { operands: 1, build: (g, a) => g.exp(a), value: Math.exp },
  minimum: { operands: 2, build: (g, a, b) => g.minimum(a, b), value: Math.min },
  maximum: { operands: 2, build: (g, a, b) => g.maximum(a, b), value: Math.max },
  select: {
    operands: 4,
    build: (g, a, b, chosen, other) => g.select(a, b, chosen, other),
    value: (a, b, chosen, other) => a < b ? chosen : other,
  },
};

for (const [name, { operands, build, value, positive }] of Object.entries(operations)) {
  const stream = randomStream(1, `expression/${name}`);
  const points = Array.from(
    { length: 20 },
    () => Array.from({ length: operands }, () => stream.uniform(positive ? 0.1 : -2, 2)),
  );
  const outputs: Build = (graph, ...inputs) => [build(graph, ...inputs)];

  Deno.test(`${name} computes the same compiled, folded and in plain numbers`, () => {
    const kernel = compile(operands, outputs);
    for (const point of points) {
      assert.deepEqual(run(kernel, 1, ...point), [value(...point)], `at ${point}`);
      // Division by a constant is multiplication by its reciprocal: one more rounding.
      assertClose(fold(outputs, ...point), [value(...point)], name === "divide" ? 1e-15 : 0);
    }
  });

  Deno.test(`the derivative of ${name} is that of central differences`, () => {
    const derivative = compile(operands, pulledBack(outputs, [1.7]));
    for (const point of points) {
      assertClose(
        run(derivative, operands, ...point),
        centralDifferences(outputs, [1.7], point),
        1e-8,
      );
    }
  });
}

Deno.test("at a tie the gradient of minimum and of maximum goes to the first operand", () => {
  for (const name of ["minimum", "maximum"]) {
    const outputs: Build = (graph, ...inputs) => [operations[name].build(graph, ...inputs)];
    assert.deepEqual(compute(pulledBack(outputs, [3]), 2, 0.5, 0.5), [3, 0], name);
  }
});

Deno.test("at a tie select takes the other value, and what it compares gets no gradient", () => {
  const outputs: Build = (graph, a, b, chosen, other) => [graph.select(a, b, chosen, other)];
  assert.deepEqual(compute(outputs, 1, 0.5, 0.5, 7, 9), [9]);
  assert.deepEqual(compute(pulledBack(outputs, [3]), 4, 0.5, 0.5, 7, 9), [0, 0, 0, 3]);
  assert.deepEqual(compute(pulledBack(outputs, [3]), 4, 0.4, 0.5, 7, 9), [0, 0, 3, 0]);
});

Deno.test("minimum and maximum do not hide a value that is not a number behind its bound", () => {
  const bounded: Build = (graph, x) => [
    graph.minimum(x, graph.constant(1)),
    graph.maximum(x, graph.constant(0)),
  ];
  assert.deepEqual(fold(bounded, NaN), [NaN, NaN], "folded");
  assert.deepEqual(compute(bounded, 2, NaN), [NaN, NaN], "compiled");
});

Deno.test("equal expressions are one node, in either order where that makes no difference", () => {
  const graph = new Graph();
  const [x, y] = inputsOf(graph, 2);
  assert.equal(graph.sin(graph.add(x, y)), graph.sin(graph.add(x, y)));
  assert.equal(graph.add(x, y), graph.add(y, x));
  assert.equal(graph.multiply(x, y), graph.multiply(y, x));
  assert.notEqual(graph.subtract(x, y), graph.subtract(y, x));
  assert.notEqual(graph.divide(x, y), graph.divide(y, x));
  assert.notEqual(graph.minimum(x, y), graph.maximum(x, y));
  assert.equal(graph.constant(0.1), graph.constant(0.1));
  assert.notEqual(graph.constant(0.1), graph.constant(0.1 + 2e-17 + 1e-16));
  assert.equal(graph.constant(-0), graph.constant(0));
  assert.notEqual(graph.input(), graph.input());
});

Deno.test("expressions are simplified as they are built", () => {
  const graph = new Graph();
  const [x, y] = inputsOf(graph, 2);
  const [zero, one, minusOne] = [0, 1, -1].map((value) => graph.constant(value));
  const minus = (node: Node) => graph.negate(node);
  const simplifications: readonly (readonly [what: string, built: Node, simple: Node])[] = [
    ["x + 0", graph.add(x, zero), x],
    ["0 + x", graph.add(zero, x), x],
    ["x + (−y)", graph.add(x, minus(y)), graph.subtract(x, y)],
    ["(−x) + y", graph.add(minus(x), y), graph.subtract(y, x)],
    ["x − 0", graph.subtract(x, zero), x],
    ["0 − x", graph.subtract(zero, x), minus(x)],
    ["x − x", graph.subtract(x, x), zero],
    ["x − (−y)", graph.subtract(x, minus(y)), graph.add(x, y)],
    ["x · 0", graph.multiply(x, zero), zero],
    ["0 · x", graph.multiply(zero, x), zero],
    ["x · 1", graph.multiply(x, one), x],
    ["1 · x", graph.multiply(one, x), x],
    ["x · −1", graph.multiply(x, minusOne), minus(x)],
    ["−1 · x", graph.multiply(minusOne, x), minus(x)],
    ["(−x) y", graph.multiply(minus(x), y), minus(graph.multiply(x, y))],
    ["x (−y)", graph.multiply(x, minus(y)), minus(graph.multiply(x, y))],
    ["(−x)(−y)", graph.multiply(minus(x), minus(y)), graph.multiply(x, y)],
    ["0 / x", graph.divide(zero, x), zero],
    ["x / 4", graph.divide(x, graph.constant(4)), graph.multiply(x, graph.constant(0.25))],
    ["−(−x)", minus(minus(x)), x],
    ["−(x − y)", minus(graph.subtract(x, y)), graph.subtract(y, x)],
    ["min(x, x)", graph.minimum(x, x), x],
    ["max(x, x)", graph.maximum(x, x), x],
    ["x < y ? x : x", graph.select(x, y, x, x), x],
  ];
  for (const [what, built, simple] of simplifications) {
    assert.equal(built, simple, `${what} is ${built.operation} ${built.value}`);
  }
});

Deno.test("what an expression depends on is listed once, operands before their use", () => {
  const graph = new Graph();
  const [x, y] = inputsOf(graph, 2);
  graph.exp(y);
  const product = graph.multiply(x, y);
  const output = graph.add(graph.sin(product), product);
  const nodes = reachable([output, product]);
  assert.deepEqual(new Set(nodes), new Set([x, y, product, graph.sin(product), output]));
  assert.equal(nodes.length, 5);
  nodes.forEach((node, place) =>
    node.operands.forEach((operand) => assert.ok(nodes.indexOf(operand) < place))
  );
  assert.deepEqual(reachable([output], new Set([product])).includes(x), false, "stops as told");
});

/** Values that are used more than once, and every kind of branch. */
const composite: Build = (graph, x, y, z) => {
  const radius = graph.sqrt(graph.add(graph.constant(1), graph.multiply(x, x)));
  const wave = graph.divide(graph.sin(graph.multiply(x, y)), radius);
  const bounded = graph.minimum(graph.maximum(wave, graph.constant(-0.3)), graph.constant(0.4));
  const branch = graph.select(y, z, graph.multiply(bounded, z), graph.cos(graph.subtract(z, wave)));
  return [graph.exp(branch), graph.multiply(wave, radius), graph.subtract(branch, x)];
};

Deno.test("a pull-back adds up what comes from all outputs and along all paths", () => {
  const cotangents = [0.7, -1.3, 2.1];
  const derivative = compile(3, pulledBack(composite, cotangents));
  const stream = randomStream(2, "expression/composite");
  for (let i = 0; i < 50; i++) {
    const point = Array.from({ length: 3 }, () => stream.uniform(-2, 2));
    assertClose(
      run(derivative, 3, ...point),
      centralDifferences(composite, cotangents, point),
      1e-7,
    );
  }
});

Deno.test("a pull-back stops at the nodes by which it differentiates", () => {
  const graph = new Graph();
  const [x, unused] = inputsOf(graph, 2);
  const inner = graph.sin(x);
  const output = graph.multiply(x, inner);
  const one = graph.constant(1);
  const gradient = new Differentiator(graph).pullBack([[output, one]], [x, inner, unused]);
  assert.deepEqual(gradient, [inner, x, graph.constant(0)]);
  const itself = new Differentiator(graph).pullBack([[x, inner]], [x]);
  assert.deepEqual(itself, [inner]);
});

/** Two losses pulled back through three muscles' forces, each used twice. */
function muscleAdjoint(declared: boolean): Kernel {
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const [activation, length, velocity, first, second] = Array.from(
    { length: 5 },
    () => inputLanes(graph, 3),
  );
  const inputs = [activation, length, velocity];
  const share = hillLaw().force(algebra, activation, length, velocity);
  const force = declared ? algebra.function(share, inputs) : share;
  const outputs = algebra.stack([force, algebra.sin(force)]);
  const differentiator = new Differentiator(graph);
  const pulled = [first, second].map((loss) =>
    differentiator.pullBack(
      outputs.map((output, i) => [output, loss[i % 3]] as const),
      inputs.flat(),
    )
  );
  return compileKernel("muscles", [
    { name: "state", rows: inputs.flat() },
    { name: "losses", rows: [...first, ...second] },
  ], [{ name: "gradients", rows: pulled.flat() }]);
}

Deno.test("pull-backs that share a function's partial derivatives cost less and find the same", () => {
  const [plain, shared] = [false, true].map(muscleAdjoint);
  assert.ok(
    shared.operations < 0.8 * plain.operations,
    `${shared.operations} operations shared, ${plain.operations} without`,
  );
  const count = 20;
  const stream = randomStream(3, "expression/muscles");
  const rows = (low: number, high: number) =>
    Array.from({ length: 3 * count }, () => stream.uniform(low, high));
  const state = Float64Array.from([...rows(0.01, 1), ...rows(0.5, 1.6), ...rows(-0.3, 0.3)]);
  const losses = Float64Array.from([...rows(-1, 1), ...rows(-1, 1)]);
  const [expected, actual] = [plain, shared].map((kernel) => {
    const gradients = new Float64Array(18 * count);
    kernel.run(count, state, losses, gradients);
    return [...gradients];
  });
  assert.ok(expected.every((gradient) => Number.isFinite(gradient)));
  assertClose(actual, expected, 1e-12);
});

Deno.test("functions within functions, and of constants, are differentiated through", () => {
  const declared = (declare: boolean): Build => (graph, x, y) => {
    const algebra = lanesAlgebra(graph);
    const promise = (value: Node, ...inputs: Node[]) =>
      declare ? algebra.function([value], inputs.map((input) => [input]))[0] : value;
    const two = graph.constant(2);
    const inner = promise(graph.multiply(graph.sin(x), graph.multiply(two, x)), x, two);
    const outer = promise(graph.multiply(graph.exp(inner), y), inner, y);
    return [graph.multiply(outer, inner)];
  };
  const [actual, expected] = [true, false].map((declare) =>
    compute(pulledBack(declared(declare), [1.5]), 2, 0.7, -0.4)
  );
  assertClose(actual, expected, 1e-14);
});

Deno.test("a function that gets one value as two of its inputs counts each path once", () => {
  const square: Build = (graph, x) => {
    const output = graph.multiply(x, x);
    graph.declareFunction(output, [x, x]);
    return [output];
  };
  assert.deepEqual(compute(pulledBack(square, [1]), 1, 3), [6]);
});

Deno.test("a kernel may write over what it reads, element by element", () => {
  const graph = new Graph();
  const [x, y] = inputsOf(graph, 2);
  const kernel = compileKernel("fibonacci", [{ name: "before", rows: [x, y] }], [
    { name: "after", rows: [y, graph.add(x, y)] },
  ]);
  const pairs = Float64Array.of(0, 1, 10, 1, 2, 20); // [row][element], three elements
  kernel.run(3, pairs, pairs);
  assert.deepEqual([...pairs], [1, 2, 20, 1, 3, 30]);
});

Deno.test("a kernel takes several arrays, inputs before outputs, and writes only its outputs", () => {
  const graph = new Graph();
  const [a, b, c] = inputsOf(graph, 3);
  const kernel = compileKernel("several", [
    { name: "first", rows: [a, b] },
    { name: "second", rows: [c] },
  ], [
    { name: "sums", rows: [graph.add(a, c), graph.add(b, c)] },
    { name: "others", rows: [c, graph.constant(-2.5)] },
  ]);
  const [first, second] = [Float64Array.of(1, 2, 3, 4), Float64Array.of(10, 20)];
  const [sums, others] = [new Float64Array(4), new Float64Array(4)];
  kernel.run(2, first, second, sums, others);
  assert.deepEqual([...sums], [11, 22, 13, 24]);
  assert.deepEqual([...others], [10, 20, -2.5, -2.5]);
  assert.deepEqual([[...first], [...second]], [[1, 2, 3, 4], [10, 20]]);
});

Deno.test("constants of every kind reach the compiled code unchanged", () => {
  for (const value of [-2, 1 / 3, 1e-300, -1e21, 2 ** 53, Infinity, -Infinity]) {
    const outputs: Build = (graph, x) => [
      graph.add(x, graph.constant(value)),
      graph.subtract(graph.constant(value), x),
      graph.multiply(x, graph.constant(value)),
      graph.select(x, graph.constant(value), x, graph.constant(value)),
    ];
    const expected = [0.5 + value, value - 0.5, 0.5 * value, 0.5 < value ? 0.5 : value];
    assert.deepEqual(compute(outputs, 4, 0.5), expected, `${value}`);
  }
});

Deno.test("a kernel computes each expression once and nothing that no output needs", () => {
  const kernel = compile(2, (graph, x, y) => {
    const shared = graph.multiply(x, y);
    graph.exp(graph.sin(shared));
    return [graph.add(shared, x), graph.sqrt(shared), graph.multiply(y, x)];
  });
  assert.equal(kernel.operations, 3);
  assert.ok(!kernel.source.includes("Math.exp"), kernel.source);
});

Deno.test("a kernel reads each input once, right before its first use", () => {
  const graph = new Graph();
  const [x, unused, y, passedOn] = inputsOf(graph, 4);
  const root = graph.sqrt(x);
  const sum = graph.add(graph.sin(root), y);
  const { steps, operations } = lower(
    "late",
    [{ name: "first", rows: [x, unused, y] }, { name: "second", rows: [passedOn] }],
    [{ name: "output", rows: [graph.multiply(sum, y), passedOn, graph.constant(2)] }],
  );
  assert.deepEqual(steps.map(({ node }) => node), [
    x,
    root,
    graph.sin(root),
    y,
    sum,
    graph.multiply(sum, y),
    passedOn,
  ]);
  assert.deepEqual(steps.filter((step) => "from" in step).map(({ from }) => from), [
    { array: "first", row: 0 },
    { array: "first", row: 2 },
    { array: "second", row: 0 },
  ]);
  assert.equal(operations, 4);
});

Deno.test("a kernel that lacks one of its inputs is refused by name", () => {
  const graph = new Graph();
  const [x, y] = inputsOf(graph, 2);
  const outputs = [{ name: "output", rows: [graph.add(x, y)] }];
  assert.throws(() => compileKernel("incomplete", [{ name: "input", rows: [x] }], outputs), {
    name: "RangeError",
    message: new RegExp(`incomplete.*node ${y.id}`),
  });
});

const values = (lanes: Lanes) => lanes.map(({ value }) => value);

Deno.test("lanes: operations work lane by lane and one lane meets any number of them", () => {
  const { constant, add, divide, whereLess, sum, lane, stack } = lanesAlgebra(new Graph());
  const three = constant([1, 2, 4]);
  assert.deepEqual(values(add(three, constant([10, 20, 30]))), [11, 22, 34]);
  assert.deepEqual(values(divide(constant(8), three)), [8, 4, 2]);
  assert.deepEqual(values(whereLess(three, constant(2), constant(0), three)), [0, 2, 4]);
  assert.deepEqual(values(sum(three)), [7]);
  assert.deepEqual(values(lane(three, 2)), [4]);
  assert.deepEqual(values(stack([three, constant(5), constant([6, 7])])), [1, 2, 4, 5, 6, 7]);
});

Deno.test("lanes: values of different numbers of lanes are refused by both numbers", () => {
  const { constant, add, whereLess } = lanesAlgebra(new Graph());
  const [two, three, one] = [constant([1, 2]), constant([1, 2, 3]), constant(1)];
  const refusal = { name: "RangeError", message: /\b2 lanes\b.*\b3\b/ };
  assert.throws(() => add(two, three), refusal);
  assert.throws(() => add(three, two), refusal);
  assert.throws(() => whereLess(one, three, one, two), refusal);
});

Deno.test("lanes: a function's inputs are those of its own lane, one lane serves all", () => {
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const [wide, narrow] = [inputLanes(graph, 2), inputLanes(graph, 1)];
  const products = algebra.function(algebra.multiply(wide, narrow), [wide, narrow]);
  assert.deepEqual(products.map((node) => graph.functionInputs(node)), [
    [wide[0], narrow[0]],
    [wide[1], narrow[0]],
  ]);
});
