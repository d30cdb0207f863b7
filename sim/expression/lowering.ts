/**
 * What every emitter of kernels starts from: the expressions of a kernel in the order in which they are
 * to be computed, where its inputs come from and where its outputs go. `kernel.ts` makes JavaScript of
 * it, `vector_kernel.ts` WebAssembly, `wgsl_kernel.ts` WGSL.
 *
 * The order is that of the nodes' creation, which keeps values that belong together close: registers
 * then have to be spilled less than in a depth-first order. Inputs are read where they are first used.
 */
import { type Computed, isConstant, type Node, reachable } from "./graph.ts";

/** One array of a kernel: a row for each node, [row][element]. */
export interface KernelArray {
  /** An identifier. */
  readonly name: string;
  readonly rows: readonly Node[];
}

/** A kernel as it is stated: the expressions of its outputs over its inputs. */
export interface KernelStatement {
  /** An identifier. */
  readonly name: string;
  readonly inputs: readonly KernelArray[];
  readonly outputs: readonly KernelArray[];
}

/** A row of one of the kernel's arrays. */
export interface Place {
  readonly array: string;
  readonly row: number;
}

/** One value: read from an input, or computed. Constants are no steps. */
export type Step =
  | { readonly node: Node; readonly from: Place }
  | { readonly node: Node; readonly operation: Computed };

/** A kernel, ready to be written in some language. */
export interface Lowered {
  /** All that is needed, operands before their use. */
  readonly steps: readonly Step[];
  /** What is to be written where, once all inputs have been read. */
  readonly results: readonly { readonly node: Node; readonly place: Place }[];
  /** How many operations one element takes. */
  readonly operations: number;
}

/**
 * Prepare the expressions `outputs` over `inputs`.
 * @param kernel its name, for errors
 * @throws {RangeError} when an output needs an input node that no input array holds, or a name is no
 * identifier or is used twice
 */
export function lower(
  kernel: string,
  inputs: readonly KernelArray[],
  outputs: readonly KernelArray[],
): Lowered {
  requireNames(kernel, [...inputs, ...outputs]);
  const sources = new Map(places(inputs).map(({ node, place }) => [node, place]));
  const results = places(outputs);
  const needed = reachable(results.map(({ node }) => node), new Set(sources.keys()))
    .filter((node) => !isConstant(node));
  const steps = readLate(needed, sources).map((node): Step => {
    const from = sources.get(node);
    return from ? { node, from } : { node, operation: requireComputed(kernel, node) };
  });
  return { steps, results, operations: steps.filter((step) => "operation" in step).length };
}

function requireComputed(kernel: string, { id, operation }: Node): Computed {
  if (operation !== "input" && operation !== "constant") return operation;
  throw new RangeError(`kernel ${kernel}: ${operation} node ${id} stands in none of its arrays`);
}

/** The same nodes, each input where it is first used; inputs that are only passed on come last. */
function readLate(nodes: readonly Node[], sources: ReadonlyMap<Node, Place>): Node[] {
  const ordered = new Set<Node>();
  for (const node of nodes) {
    if (sources.has(node)) continue;
    for (const operand of node.operands) if (sources.has(operand)) ordered.add(operand);
    ordered.add(node);
  }
  return [...ordered, ...nodes.filter((node) => !ordered.has(node))];
}

function places(arrays: readonly KernelArray[]) {
  return arrays.flatMap(({ name: array, rows }) =>
    rows.map((node, row) => ({ node, place: { array, row } }))
  );
}

function requireNames(kernel: string, arrays: readonly KernelArray[]): void {
  const names = [kernel, ...arrays.map(({ name }) => name)];
  const bad = names.find((name, i) => !/^[A-Za-z]\w*$/.test(name) || names.indexOf(name) !== i);
  if (bad !== undefined) {
    throw new RangeError(`kernel ${kernel}: "${bad}" is no identifier, or is used twice`);
  }
}
