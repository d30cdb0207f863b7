/**
 * Compiles expression graphs to JavaScript: one straight-line loop body over flat arrays, in double
 * precision, each node a local constant in the order of its creation.
 */
import { type KernelArray, lower } from "./lowering.ts";
import { type Formats, writtenOut } from "./written_out.ts";

/** A compiled kernel. */
export interface Kernel {
  /**
   * Evaluate for `count` elements. Arrays come in the order of the declaration, inputs before
   * outputs; element i of row r is at `r * count + i`. An output may be the same array as an input:
   * each element is read before it is written.
   */
  readonly run: (count: number, ...arrays: Float64Array[]) => void;
  /** How many operations one element takes. */
  readonly operations: number;
  readonly source: string;
}

const formats: Formats = {
  add: (a, b) => `${a} + ${b}`,
  subtract: (a, b) => `${a} - ${b}`,
  multiply: (a, b) => `${a} * ${b}`,
  divide: (a, b) => `${a} / ${b}`,
  negate: (a) => `-${a}`,
  sqrt: (a) => `Math.sqrt(${a})`,
  sin: (a) => `Math.sin(${a})`,
  cos: (a) => `Math.cos(${a})`,
  exp: (a) => `Math.exp(${a})`,
  minimum: (a, b) => `${b} < ${a} ? ${b} : ${a}`,
  maximum: (a, b) => `${b} > ${a} ? ${b} : ${a}`,
  select: (a, b, chosen, other) => `${a} < ${b} ? ${chosen} : ${other}`,
};

/** Where a row starts, as a local variable of the generated function. */
const offset = (row: number) => row === 0 ? "i" : `i + row${row}`;

/**
 * Compile the expressions `outputs` over `inputs`.
 *
 * Every kernel gets a function of its own name, so that V8 keeps its type feedback apart from that of
 * other kernels.
 *
 * @throws {RangeError} when an output needs an input node that no input array holds, or a name is no
 * identifier or is used twice
 */
export function compileKernel(
  name: string,
  inputs: readonly KernelArray[],
  outputs: readonly KernelArray[],
): Kernel {
  const lowered = lower(name, inputs, outputs);
  const body = writtenOut(lowered, {
    declaration: "const",
    formats,
    literal,
    at: ({ array, row }) => `${array}[${offset(row)}]`,
  });
  const rows = Math.max(...[...inputs, ...outputs].map((array) => array.rows.length));
  const strides = Array.from({ length: rows }, (_, row) => `row${row} = ${row} * count`).slice(1);
  const parameters = ["count", ...inputs.map((a) => a.name), ...outputs.map((a) => a.name)];
  const source = [
    `return function ${name}(${parameters.join(", ")}) {`,
    strides.length > 0 ? `const ${strides.join(", ")};` : "",
    "for (let i = 0; i < count; i++) {",
    ...body,
    "}",
    "};",
  ].join("\n");
  return { run: new Function(source)(), operations: lowered.operations, source };
}

/** A number as JavaScript source; negative ones in parentheses so that `a - -b` stays readable. */
function literal(value: number): string {
  return value < 0 ? `(${value})` : `${value}`;
}
