/**
 * Kernels in single precision: each operation, and the plant's kernels against the same in double
 * precision over random states, joint limits included.
 *
 * Inputs, and the arm's joint limits, are rounded to single precision for both: a joint whose rounded
 * angle stands at its unrounded limit would be held by one and move in the other.
 */
import assert from "node:assert/strict";
import { findArm } from "../../sim/arms/catalogue.ts";
import { Graph, type Node } from "../../sim/expression/graph.ts";
import type { KernelArray, KernelStatement } from "../../sim/expression/lowering.ts";
import { writeVectorKernel } from "../../sim/expression/vector_kernel.ts";
import { type FieldPart, fieldParts } from "../../sim/physics/hand_field.ts";
import type { PlantEquations } from "../../sim/physics/plant_equations.ts";
import {
  adjointStatement,
  resetStatement,
  stepStatement,
} from "../../sim/physics/plant_kernels.ts";
import { randomStream } from "../../sim/random.ts";
import { Code, i32, type Value } from "../../sim/webassembly/code.ts";
import { instantiate, moduleOf } from "../../sim/webassembly/module.ts";
import {
  adjointGradients,
  adjointProblem,
  differenceGradients,
  equationsOf,
  randomAngles,
  randomField,
  randomRows,
  randomStates,
  type Variation,
  withSingleLimits,
} from "./plant_problems.ts";
import { type Arrays, assertRowsClose, inSingle, runStatement } from "./statements.ts";

const single = Math.fround;

type Build = (graph: Graph, ...inputs: Node[]) => readonly Node[];

/** A kernel from array "x", a row for each input, to array "y". */
function stated(inputs: number, build: Build): KernelStatement {
  const graph = new Graph();
  const x = Array.from({ length: inputs }, () => graph.input());
  return {
    name: "test",
    inputs: [{ name: "x", rows: x }],
    outputs: [{ name: "y", rows: build(graph, ...x) }],
  };
}

/** The outputs in single precision, [row][element], for inputs [row][element]. */
const compute = (
  build: Build,
  rows: readonly (readonly number[])[],
) => [...runStatement(stated(rows.length, build), "single", rows[0].length, { x: rows.flat() }).y];

// Operations ---------------------------------------------------------------------------------------

const rounded: Readonly<Record<string, readonly [Build, (...numbers: number[]) => number]>> = {
  add: [(g, a, b) => [g.add(a, b)], (a, b) => a + b],
  subtract: [(g, a, b) => [g.subtract(a, b)], (a, b) => a - b],
  multiply: [(g, a, b) => [g.multiply(a, b)], (a, b) => a * b],
  divide: [(g, a, b) => [g.divide(a, b)], (a, b) => a / b],
  negate: [(g, a) => [g.negate(a)], (a) => -a],
  sqrt: [(g, a) => [g.sqrt(g.multiply(a, a))], (a) => Math.sqrt(single(a * a))],
  minimum: [(g, a, b) => [g.minimum(a, b)], Math.min],
  maximum: [(g, a, b) => [g.maximum(a, b)], Math.max],
  select: [(g, a, b) => [g.select(a, b, g.add(a, b), b)], (a, b) => a < b ? a + b : b],
  "select or zero": [(g, a, b) => [g.select(a, b, a, g.constant(0))], (a, b) => a < b ? a : 0],
  "zero or select": [(g, a, b) => [g.select(a, b, g.constant(0), b)], (a, b) => a < b ? 0 : b],
};

for (const [name, [build, value]] of Object.entries(rounded)) {
  Deno.test(`${name} has the bits of the exact result, rounded`, () => {
    const stream = randomStream(1, `vector/${name}`);
    const [a, b] = [0, 1].map(() => Array.from({ length: 100 }, () => single(stream.normal())));
    b.splice(0, 3, ...a.slice(0, 3)); // ties
    const expected = a.map((_, i) => single(value(a[i], b[i])));
    assert.deepEqual(compute(build, [a, b]), expected);
  });
}

Deno.test("sines and cosines of one angle, exponentials and roots are those of Math", () => {
  const build: Build = (graph, x) => [graph.sin(x), graph.cos(x), graph.exp(x), graph.cos(x)];
  const numbers = Array.from({ length: 50 }, (_, i) => single(-3 + i / 8));
  const expected = [Math.sin, Math.cos, Math.exp, Math.cos].flatMap((f) => numbers.map(f));
  compute(build, [numbers]).forEach((value, i) => {
    const tolerance = 2e-7 * Math.max(1, Math.abs(expected[i]));
    assert.ok(Math.abs(value - expected[i]) <= tolerance, `${value}, expected ${expected[i]}`);
  });
});

Deno.test("what is not a number is not hidden by a bound, and is chosen as in double precision", () => {
  const build: Build = (graph, x) => {
    const [zero, one] = [graph.constant(0), graph.constant(1)];
    return [
      graph.minimum(x, one),
      graph.maximum(x, zero),
      graph.select(x, one, zero, one),
      graph.select(x, one, x, zero),
      graph.select(one, x, zero, x),
    ];
  };
  const statement = stated(1, build);
  const { y: expected } = runStatement(statement, "double", 1, { x: [NaN] });
  assert.deepEqual(compute(build, [[NaN]]), [...expected]);
});

Deno.test("constants are rounded once, and are compared as they are rounded", () => {
  const bound = 0.1; // not a number of single precision
  const build: Build = (graph, x) => {
    const [limit, one] = [graph.constant(bound), graph.constant(1)];
    return [
      graph.minimum(x, limit),
      graph.select(limit, x, one, graph.negate(one)),
      graph.select(x, limit, one, graph.negate(one)),
      graph.constant(-2.7),
    ];
  };
  assert.deepEqual(compute(build, [[single(bound)]]), [single(bound), -1, -1, single(-2.7)]);
});

// Places -------------------------------------------------------------------------------------------

/** Runs a kernel on tiles of 8 in a memory whose first numbers are `numbers`. */
function runAt(
  [inputs, outputs]: readonly [readonly KernelArray[], readonly KernelArray[]],
  place: (code: Code, array: string) => Value<"i32">,
  numbers: readonly number[],
): Float32Array {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const all = new Float32Array(memory.buffer);
  all.set(numbers);
  const code = new Code(["i32"]);
  writeVectorKernel(code, inputs, outputs, (array) => place(code, array), 8);
  instantiate(moduleOf({ run: code }, 1), memory).run(256);
  return all;
}

const first8 = [1, 2, 3, 4, 5, 6, 7, 8];

Deno.test("arrays may lie at fixed addresses and at those of a parameter", () => {
  const graph = new Graph();
  const [a, b] = [graph.input(), graph.input()];
  const arrays = [
    [{ name: "from", rows: [a, b] }],
    [{ name: "to", rows: [graph.add(a, b), graph.constant(3), a] }],
  ] as const;
  const numbers = [...first8, ...first8.map((value) => 10 * value)];
  const expected = [...first8.map((value) => 11 * value), ...new Array(8).fill(3), ...first8];
  const fixed = runAt(arrays, (_, name) => i32.constant(name === "from" ? 0 : 256), numbers);
  const given = runAt(
    arrays,
    (code, name) => name === "from" ? i32.constant(0) : code.parameter(0, "i32"),
    numbers,
  );
  for (const memory of [fixed, given]) {
    assert.deepEqual([...memory.subarray(64, 64 + 24)], expected);
    assert.equal(memory[64 + 24], 0, "nothing is written behind");
  }
});

Deno.test("a kernel may write over what it reads, element by element", () => {
  const graph = new Graph();
  const [a, b] = [graph.input(), graph.input()];
  const memory = runAt(
    [[{ name: "before", rows: [a, b] }], [{ name: "after", rows: [b, graph.add(a, b)] }]],
    () => i32.constant(0),
    [...first8, ...first8.map((value) => 10 * value)],
  );
  const expected = [...first8.map((value) => 10 * value), ...first8.map((value) => 11 * value)];
  assert.deepEqual([...memory.subarray(0, 16)], expected);
});

Deno.test("tiles of a size that four does not divide are refused by it", () => {
  for (const elements of [0, -4, 3, 6, 4.5, NaN]) {
    assert.throws(() => writeVectorKernel(new Code([]), [], [], () => i32.constant(0), elements), {
      name: "RangeError",
      message: new RegExp(`of ${elements} elements`),
    });
  }
});

Deno.test("a kernel that lacks one of its inputs is refused by the input", () => {
  const graph = new Graph();
  const [x, y] = [graph.input(), graph.input()];
  const outputs = [{ name: "output", rows: [graph.add(x, y)] }];
  const inputs = [{ name: "input", rows: [x] }];
  assert.throws(
    () => writeVectorKernel(new Code([]), inputs, outputs, () => i32.constant(0), 4),
    { name: "RangeError", message: new RegExp(`node ${y.id}`) },
  );
});

// The plant ----------------------------------------------------------------------------------------

const arm26 = withSingleLimits(findArm("arm26"));
const human3 = withSingleLimits(findArm("human3"));

const plants: readonly (readonly [name: string, Variation, parts: readonly FieldPart[]])[] = [
  ["Arm26 with Hill muscles", { arm: arm26 }, []],
  ["Arm26 with Hill muscles in a field", { arm: arm26 }, fieldParts],
  ["Arm26 with Hill muscles, Runge-Kutta", { arm: arm26, integrator: "rk4" }, ["load"]],
  ["Arm26 with Thelen's muscles", { arm: arm26, actuator: "thelen-muscle" }, []],
  ["Arm26 with MuJoCo's muscles", { arm: arm26, actuator: "mujoco-muscle" }, []],
  ["Arm26 with motors", { arm: arm26, actuator: "torque-motor" }, ["viscosity"]],
  ["an arm of three joints with motors", { arm: human3, actuator: "torque-motor" }, fieldParts],
];

/** Random states, commands and fields; the first eight arms stand at joint limits. */
function stepInputs(equations: PlantEquations, parts: readonly FieldPart[], arms: number): Arrays {
  const stream = randomStream(4, `vector/${equations.arm.name}/${equations.actuator.name}`);
  const { count, command } = equations.actuator;
  return inSingle({
    state: randomStates(equations, stream, arms),
    command: randomRows(stream, count * arms, command.low - 0.2, command.high + 0.2),
    ...randomField(stream, parts, arms),
  });
}

for (const [name, variation, parts] of plants) {
  const equations = equationsOf(variation);

  Deno.test(`a reset and a step are those of double precision: ${name}`, () => {
    const arms = 500;
    const stream = randomStream(3, `vector/reset/${name}`);
    const angles = inSingle({ angles: randomAngles(equations.arm, stream, arms) });
    const inputs = stepInputs(equations, parts, arms);
    // The forces of muscles at rest are small differences of large numbers.
    const cases: readonly (readonly [KernelStatement, Arrays, tolerance: number])[] = [
      [resetStatement(equations), angles, 1e-5],
      [stepStatement(equations, parts), inputs, 2e-6],
    ];
    for (const [statement, given, tolerance] of cases) {
      const [actual, expected] = (["single", "double"] as const).map((precision) =>
        runStatement(statement, precision, arms, given)
      );
      assertRowsClose(actual, expected, arms, tolerance, statement.name);
    }
  });

  Deno.test(`the adjoint is the derivative of the step in double precision: ${name}`, () => {
    const problem = adjointProblem(equations, parts, 2, name);
    const { arms } = problem;
    const given = {
      arms,
      inputs: inSingle(problem.inputs),
      cotangents: problem.cotangents.map(({ ofState, ofSensed }) => ({
        ofState: Float64Array.from(ofState, single),
        ofSensed: Float64Array.from(ofSensed, single),
      })),
    };
    const byLoss = (gradients: readonly Float64Array[]) => Object.fromEntries(gradients.entries());
    const actual = byLoss(adjointGradients(equations, parts, given, "single"));
    const exact = byLoss(adjointGradients(equations, parts, given, "double"));
    const differences = byLoss(differenceGradients(equations, parts, given));
    assertRowsClose(actual, exact, arms, 3e-6, "by the adjoint");
    assertRowsClose(actual, differences, arms, 3e-6, "by differences");
  });
}

Deno.test("an arm's step and adjoint have the same bits wherever the arm stands in a tile", () => {
  const equations = equationsOf({ arm: arm26 });
  const arms = 70; // a tile of 64, and another that is filled in part
  for (const statement of [stepStatement(equations, []), adjointStatement(equations, [], 2)]) {
    const stream = randomStream(5, `vector/places/${statement.name}`);
    const given = inSingle({
      ...stepInputs(equations, [], arms),
      ...Object.fromEntries(
        statement.inputs.slice(2)
          .map(({ name, rows }) => [name, randomRows(stream, rows.length * arms, -1, 1)]),
      ),
    });
    const together = runStatement(statement, "single", arms, given);
    for (const shift of [1, 6, 27]) {
      const moved = (values: ArrayLike<number>) =>
        Float64Array.from(values, (_, i) => {
          const [row, arm] = [Math.floor(i / arms), i % arms];
          return values[row * arms + (arm + shift) % arms];
        });
      const shifted = Object.fromEntries(
        Object.entries(given).map(([name, values]) => [name, moved(values)]),
      );
      const results = runStatement(statement, "single", arms, shifted);
      for (const [name, values] of Object.entries(together)) {
        assert.deepEqual(results[name], moved(values), `${name}, shifted by ${shift}`);
      }
    }
  }
});

Deno.test("two instances of a kernel give the same bits", () => {
  const equations = equationsOf({ arm: arm26 });
  const inputs = stepInputs(equations, fieldParts, 64);
  const [first, second] = [0, 1].map(() =>
    runStatement(stepStatement(equations, fieldParts), "single", 64, inputs)
  );
  assert.deepEqual(first, second);
  assert.ok(Object.values(first).every((values) => values.every(Number.isFinite)));
});
