/** The algebra read as a scalar expression graph: a value is an array of nodes, one a lane. */
import type { Algebra } from "./algebra.ts";
import type { Graph, Node } from "./graph.ts";

/** One node a lane. */
export type Lanes = readonly Node[];

/**
 * The algebra that builds nodes of `graph`.
 * @throws {RangeError} (from its operations) when values of different numbers of lanes meet
 */
export function lanesAlgebra(graph: Graph): Algebra<Lanes> {
  const lift =
    <Operands extends Node[]>(operation: (...operands: Operands) => Node) =>
    (...values: { [Operand in keyof Operands]: Lanes }): Lanes => {
      const lanes = Math.max(...values.map((value) => value.length));
      const mismatch = values.find((value) => value.length !== lanes && value.length !== 1);
      if (mismatch) {
        throw new RangeError(`a value of ${mismatch.length} lanes meets one of ${lanes}`);
      }
      return Array.from(
        { length: lanes },
        (_, lane) =>
          operation(...values.map((value) => value[value.length === 1 ? 0 : lane]) as Operands),
      );
    };
  return {
    constant: (values) =>
      (typeof values === "number" ? [values] : values).map((value) => graph.constant(value)),
    add: lift((a: Node, b: Node) => graph.add(a, b)),
    subtract: lift((a: Node, b: Node) => graph.subtract(a, b)),
    multiply: lift((a: Node, b: Node) => graph.multiply(a, b)),
    divide: lift((a: Node, b: Node) => graph.divide(a, b)),
    negate: lift((a: Node) => graph.negate(a)),
    sqrt: lift((a: Node) => graph.sqrt(a)),
    sin: lift((a: Node) => graph.sin(a)),
    cos: lift((a: Node) => graph.cos(a)),
    exp: lift((a: Node) => graph.exp(a)),
    minimum: lift((a: Node, b: Node) => graph.minimum(a, b)),
    maximum: lift((a: Node, b: Node) => graph.maximum(a, b)),
    whereLess: lift((a: Node, b: Node, chosen: Node, other: Node) =>
      graph.select(a, b, chosen, other)
    ),
    sum: (a) => [a.reduce((sum, lane) => graph.add(sum, lane))],
    lane(a, index) {
      if (!(index in a)) throw new RangeError(`lane ${index} of a value of ${a.length} lanes`);
      return [a[index]];
    },
    stack: (parts) => parts.flat(),
    function(value, inputs) {
      value.forEach((node, lane) =>
        graph.declareFunction(node, inputs.map((input) => input[input.length === 1 ? 0 : lane]))
      );
      return value;
    },
  };
}

/** New inputs for a value of so many lanes. */
export function inputLanes(graph: Graph, lanes: number): Lanes {
  return Array.from({ length: lanes }, () => graph.input());
}
