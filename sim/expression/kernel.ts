/**
 * Compiles expression graphs to JavaScript: one straight-line loop body over flat arrays, in double
 * precision, each node a local constant in the order of its creation.
 */
import { isConstant, type Node, type Operation, reachable } from "./graph.ts";

/** One array of a kernel: a row for each node, [row][element]. */
export interface KernelArray {
  /** A JavaScript identifier. */
  readonly name: string;
  readonly rows: readonly Node[];
}

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

const formats: Record<Exclude<Operation, "constant" | "input">, (...names: string[]) => string> = {
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
  requireNames(name, [...inputs, ...outputs]);
  const nodes = reachable(outputs.flatMap(({ rows }) => rows));
  const places = new Map<Node, string>();
  for (const { name: array, rows } of inputs) {
    rows.forEach((node, row) => places.set(node, `${array}[${offset(row)}]`));
  }
  const label = (node: Node) => isConstant(node) ? literal(node.value) : `v${node.id}`;
  const body: string[] = [];
  let operations = 0;
  for (const node of nodes) {
    if (node.operation === "constant") continue;
    const place = places.get(node);
    if (place) {
      body.push(`const ${label(node)} = ${place};`);
    } else if (node.operation === "input") {
      throw new RangeError(`kernel ${name}: input node ${node.id} stands in none of its arrays`);
    } else {
      operations++;
      body.push(`const ${label(node)} = ${formats[node.operation](...node.operands.map(label))};`);
    }
  }
  for (const { name: array, rows } of outputs) {
    rows.forEach((node, row) => body.push(`${array}[${offset(row)}] = ${label(node)};`));
  }
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
  return { run: new Function(source)(), operations, source };
}

function requireNames(kernel: string, arrays: readonly KernelArray[]): void {
  const names = [kernel, ...arrays.map(({ name }) => name)];
  const bad = names.find((name, i) => !/^[A-Za-z]\w*$/.test(name) || names.indexOf(name) !== i);
  if (bad !== undefined) {
    throw new RangeError(`kernel ${kernel}: "${bad}" is no identifier, or is used twice`);
  }
}

/** A number as JavaScript source; negative ones in parentheses so that `a - -b` stays readable. */
function literal(value: number): string {
  return value < 0 ? `(${value})` : `${value}`;
}
