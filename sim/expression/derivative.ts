/** Reverse-mode differentiation of expression graphs. */
import { type Graph, type Node, reachable } from "./graph.ts";

/** How a cotangent of a node reaches one of its operands. */
type Contribution = readonly [operand: Node, cotangent: Node];

function contributions(graph: Graph, node: Node, cotangent: Node): Contribution[] {
  const [a, b, chosen, other] = node.operands;
  const zero = graph.constant(0);
  switch (node.operation) {
    case "constant":
    case "input":
      return [];
    case "add":
      return [[a, cotangent], [b, cotangent]];
    case "subtract":
      return [[a, cotangent], [b, graph.negate(cotangent)]];
    case "multiply":
      return [[a, graph.multiply(cotangent, b)], [b, graph.multiply(cotangent, a)]];
    case "divide": {
      const scaled = graph.divide(cotangent, b);
      return [[a, scaled], [b, graph.negate(graph.multiply(scaled, node))]];
    }
    case "negate":
      return [[a, graph.negate(cotangent)]];
    case "sqrt":
      return [[a, graph.divide(cotangent, graph.multiply(graph.constant(2), node))]];
    case "sin":
      return [[a, graph.multiply(cotangent, graph.cos(a))]];
    case "cos":
      return [[a, graph.negate(graph.multiply(cotangent, graph.sin(a)))]];
    case "exp":
      return [[a, graph.multiply(cotangent, node)]];
    case "minimum":
      return [
        [a, graph.select(b, a, zero, cotangent)],
        [b, graph.select(b, a, cotangent, zero)],
      ];
    case "maximum":
      return [
        [a, graph.select(a, b, zero, cotangent)],
        [b, graph.select(a, b, cotangent, zero)],
      ];
    case "select":
      return [
        [chosen, graph.select(a, b, cotangent, zero)],
        [other, graph.select(a, b, zero, cotangent)],
      ];
  }
}

/** Walks from `seeds` down to `inputs`; `ways` says how a cotangent passes through one node. */
function sweep(
  graph: Graph,
  seeds: readonly Contribution[],
  inputs: readonly Node[],
  ways: (node: Node, cotangent: Node) => readonly Contribution[],
): Node[] {
  const cotangents = new Map<Node, Node>();
  const receive = ([node, cotangent]: Contribution) => {
    const known = cotangents.get(node);
    cotangents.set(node, known ? graph.add(known, cotangent) : cotangent);
  };
  seeds.forEach(receive);
  const stop = new Set(inputs);
  for (const node of reachable(seeds.map(([output]) => output), stop).reverse()) {
    const cotangent = cotangents.get(node);
    if (cotangent && !stop.has(node)) ways(node, cotangent).forEach(receive);
  }
  return inputs.map((input) => cotangents.get(input) ?? graph.constant(0));
}

/** Pull-backs on one graph, sharing the partial derivatives of its declared functions. */
export class Differentiator {
  readonly #partials = new Map<Node, readonly Node[]>();

  constructor(readonly graph: Graph) {}

  /**
   * The pull-back of cotangents: for outputs y with cotangents ȳ, the expressions Σ ȳ ∂y/∂x.
   *
   * @param seeds pairs of an output and its cotangent
   * @param inputs the nodes x to differentiate by; the walk stops at them
   */
  pullBack(seeds: readonly (readonly [output: Node, cotangent: Node])[], inputs: readonly Node[]) {
    return sweep(this.graph, seeds, inputs, (node, cotangent) => this.#ways(node, cotangent));
  }

  #ways(node: Node, cotangent: Node): readonly Contribution[] {
    const inputs = this.graph.functionInputs(node);
    if (!inputs) return contributions(this.graph, node, cotangent);
    let partials = this.#partials.get(node);
    if (!partials) {
      const one = this.graph.constant(1);
      partials = sweep(
        this.graph,
        [[node, one]],
        inputs,
        (inner, scale) => contributions(this.graph, inner, scale),
      );
      this.#partials.set(node, partials);
    }
    return inputs.map((input, i) => [input, this.graph.multiply(cotangent, partials[i])]);
  }
}
