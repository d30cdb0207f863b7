/**
 * Scalar expression graphs: the intermediate form of the plant's equations, from which kernels and
 * their adjoints are compiled.
 *
 * Nodes are hash-consed (equal expressions are one node) and simplified on construction; a node's id
 * grows with its creation, so ascending ids are a topological order.
 */

export type Operation =
  | "constant"
  | "input"
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  | "negate"
  | "sqrt"
  | "sin"
  | "cos"
  | "exp"
  | "minimum"
  | "maximum"
  /** `select(a, b, x, y)` is x where a < b, else y. */
  | "select";

/** One scalar expression. */
export interface Node {
  readonly id: number;
  readonly operation: Operation;
  readonly operands: readonly Node[];
  /** The number of a constant; of no meaning in other nodes. */
  readonly value: number;
}

/** What each operation computes, on plain numbers. */
export const evaluateOperation: Readonly<
  Record<Exclude<Operation, "constant" | "input">, (...operands: number[]) => number>
> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  negate: (a) => -a,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  exp: Math.exp,
  minimum: Math.min,
  maximum: Math.max,
  select: (a, b, chosen, other) => a < b ? chosen : other,
};

/** The operations that compute something. */
export type Computed = keyof typeof evaluateOperation;

/** A builder that owns one model's nodes. */
export class Graph {
  readonly #known = new Map<string, Node>();
  readonly #functions = new Map<Node, readonly Node[]>();
  #size = 0;

  #intern(operation: Operation, operands: readonly Node[], value = NaN): Node {
    const key = `${operation} ${operands.map((operand) => operand.id).join(" ")} ${value}`;
    let node = this.#known.get(key);
    if (!node) {
      node = { id: this.#size++, operation, operands, value };
      this.#known.set(key, node);
    }
    return node;
  }

  #compute(operation: Computed, ...operands: Node[]): Node {
    if (operands.every((operand) => isConstant(operand))) {
      return this.constant(evaluateOperation[operation](...operands.map(({ value }) => value)));
    }
    return this.#intern(operation, operands);
  }

  /** A number. Zero has one node, whatever its sign. */
  constant(value: number): Node {
    return this.#intern("constant", [], value === 0 ? 0 : value);
  }

  /** A new input; inputs are never merged. */
  input(): Node {
    return this.#intern("input", [], this.#size);
  }

  add(a: Node, b: Node): Node {
    if (isConstant(a, 0)) return b;
    if (isConstant(b, 0)) return a;
    if (b.operation === "negate") return this.subtract(a, b.operands[0]);
    if (a.operation === "negate") return this.subtract(b, a.operands[0]);
    return a.id <= b.id ? this.#compute("add", a, b) : this.#compute("add", b, a);
  }

  subtract(a: Node, b: Node): Node {
    if (isConstant(b, 0)) return a;
    if (isConstant(a, 0)) return this.negate(b);
    if (a === b) return this.constant(0);
    if (b.operation === "negate") return this.add(a, b.operands[0]);
    return this.#compute("subtract", a, b);
  }

  multiply(a: Node, b: Node): Node {
    if (isConstant(a, 0) || isConstant(b, 0)) return this.constant(0);
    if (isConstant(a, 1)) return b;
    if (isConstant(b, 1)) return a;
    if (isConstant(a, -1)) return this.negate(b);
    if (isConstant(b, -1)) return this.negate(a);
    if (a.operation === "negate") return this.negate(this.multiply(a.operands[0], b));
    if (b.operation === "negate") return this.negate(this.multiply(a, b.operands[0]));
    return a.id <= b.id ? this.#compute("multiply", a, b) : this.#compute("multiply", b, a);
  }

  /** Division by a constant becomes multiplication by its reciprocal. */
  divide(a: Node, b: Node): Node {
    if (isConstant(a, 0)) return a;
    if (isConstant(b)) return this.multiply(a, this.constant(1 / b.value));
    return this.#compute("divide", a, b);
  }

  negate(a: Node): Node {
    if (a.operation === "negate") return a.operands[0];
    if (a.operation === "subtract") return this.subtract(a.operands[1], a.operands[0]);
    return this.#compute("negate", a);
  }

  sqrt(a: Node): Node {
    return this.#compute("sqrt", a);
  }

  sin(a: Node): Node {
    return this.#compute("sin", a);
  }

  cos(a: Node): Node {
    return this.#compute("cos", a);
  }

  exp(a: Node): Node {
    return this.#compute("exp", a);
  }

  minimum(a: Node, b: Node): Node {
    return a === b ? a : this.#compute("minimum", a, b);
  }

  maximum(a: Node, b: Node): Node {
    return a === b ? a : this.#compute("maximum", a, b);
  }

  /** `chosen` where a < b, else `other`. */
  select(a: Node, b: Node, chosen: Node, other: Node): Node {
    return chosen === other ? chosen : this.#compute("select", a, b, chosen, other);
  }

  /**
   * Promise that `node` depends on `inputs` only. Pull-backs then use its partial derivatives, which
   * are derived once, instead of walking through its inside for each of them.
   * @throws {RangeError} when the promise is not kept
   */
  declareFunction(node: Node, inputs: readonly Node[]): void {
    const promised = new Set(inputs);
    const stranger = reachable([node], promised)
      .find((inner) => inner.operation === "input" && !promised.has(inner));
    if (stranger) {
      throw new RangeError(
        `node ${node.id} is declared without input ${stranger.id} that it needs`,
      );
    }
    const free = [...new Set(inputs)].filter((input) => !isConstant(input));
    if (!isConstant(node) && !free.includes(node)) this.#functions.set(node, free);
  }

  /** The inputs declared for `node`, if any. */
  functionInputs(node: Node): readonly Node[] | undefined {
    return this.#functions.get(node);
  }
}

/** Whether `node` is a constant, or just the constant `value`. */
export function isConstant(node: Node, value?: number): boolean {
  return node.operation === "constant" && (value === undefined || node.value === value);
}

/** Every node that `outputs` depend on, themselves included, in topological order. */
export function reachable(outputs: readonly Node[], stopAt?: ReadonlySet<Node>): Node[] {
  const seen = new Set<Node>();
  const pending = [...outputs];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (!stopAt?.has(node)) pending.push(...node.operands);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
