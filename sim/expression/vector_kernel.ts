/**
 * Writes expression graphs as WebAssembly: a straight-line loop body over tiles of elements in single
 * precision, four elements at a time, each node a local in the order of its creation.
 *
 * Constants are rounded to single precision once and set before the loop. Operations are strict, so the
 * results have the same bits on every machine, and an element's do not depend on where it stands in its
 * tile.
 */
import type { Code, Value } from "../webassembly/code.ts";
import { four, i32 } from "../webassembly/code.ts";
import { cosOf, exp, type HalfTurns, halfTurns, sinOf } from "../webassembly/functions.ts";
import { bits, f32x4 } from "../webassembly/vector.ts";
import { type Computed, isConstant, type Node } from "./graph.ts";
import { type KernelArray, lower, type Place } from "./lowering.ts";

type Vector = Value<"v128">;

/** Bytes of a number of single precision, and of four. */
const numberBytes = 4;
const vectorBytes = 16;

/** Operations that need nothing but their operands. */
const written: Readonly<
  Record<
    Exclude<Computed, "sin" | "cos" | "select">,
    (code: Code, ...operands: Vector[]) => Vector
  >
> = {
  add: (_, a, b) => f32x4.add(a, b),
  subtract: (_, a, b) => f32x4.sub(a, b),
  multiply: (_, a, b) => f32x4.mul(a, b),
  divide: (_, a, b) => f32x4.div(a, b),
  negate: (_, a) => f32x4.negate(a),
  sqrt: (_, a) => f32x4.sqrt(a),
  exp,
  minimum: (_, a, b) => f32x4.smaller(a, b),
  maximum: (_, a, b) => f32x4.larger(a, b),
};

/**
 * Write the expressions `outputs` over `inputs` for a tile of elements.
 *
 * An output array may lie where an input array does: each element is read before it is written.
 *
 * @param place the address of an array, in bytes; row r lies at place + r · elements · 4
 * @param elements how many elements a tile has, a multiple of 4
 * @throws {RangeError} when an output needs an input node that no input array holds, a name is no
 * identifier or is used twice, or `elements` is no positive multiple of 4
 */
export function writeVectorKernel(
  code: Code,
  inputs: readonly KernelArray[],
  outputs: readonly KernelArray[],
  place: (array: string) => Value<"i32">,
  elements: number,
): void {
  if (!(Number.isSafeInteger(elements) && elements > 0 && elements % four.width === 0)) {
    throw new RangeError(`tiles of ${elements} elements; a positive multiple of 4 is needed`);
  }
  const lowered = lower("vector", inputs, outputs);
  const starts = new Map(
    [...inputs, ...outputs].map(({ name }) => [name, code.keepUnlessKnown(place(name))]),
  );
  const rowBytes = elements * numberBytes;
  code.loop(i32.constant(0), i32.constant(rowBytes), i32.constant(vectorBytes), (at) => {
    const addresses = new Map(
      [...starts].map(([name, start]) => [name, rowAddress(code, start, at)]),
    );
    const locate = ({ array, row }: Place) => {
      const { address, offset } = addresses.get(array)!;
      return [address, offset + row * rowBytes] as const;
    };
    const values = new ValuesOf(code);
    for (const step of lowered.steps) {
      const value = "from" in step
        ? four.load(...locate(step.from))
        : values.compute(step.operation, step.node.operands);
      values.set(step.node, value);
    }
    for (const { node, place } of lowered.results) {
      const [address, offset] = locate(place);
      code.store(address, values.get(node), offset);
    }
  });
}

/** Where a row's group of elements lies: an address, and bytes behind it. */
interface RowAddress {
  readonly address: Value<"i32">;
  readonly offset: number;
}

/** A known start goes into the instructions; then all arrays share one address. */
function rowAddress(code: Code, start: Value<"i32">, at: Value<"i32">): RowAddress {
  return start.known === undefined
    ? { address: code.keep(i32.add(start, at)), offset: 0 }
    : { address: at, offset: start.known };
}

/** The values of nodes as they are computed. */
class ValuesOf {
  readonly #values = new Map<Node, Vector>();
  readonly #comparisons = new Map<string, Vector>();
  readonly #angles = new Map<Node, HalfTurns>();

  constructor(readonly code: Code) {}

  set(node: Node, value: Vector): void {
    this.#values.set(node, this.code.keep(value));
  }

  get(node: Node): Vector {
    return isConstant(node) ? this.code.constant(node.value) : this.#values.get(node)!;
  }

  compute(operation: Computed, operands: readonly Node[]): Vector {
    if (operation === "select") return this.#select(operands);
    if (operation === "sin") return sinOf(this.code, this.#angle(operands[0]));
    if (operation === "cos") return cosOf(this.code, this.#angle(operands[0]));
    return written[operation](this.code, ...operands.map((operand) => this.get(operand)));
  }

  #select([a, b, chosen, other]: readonly Node[]): Vector {
    const mask = this.#less(a, b);
    if (isConstant(other, 0)) return bits.and(this.get(chosen), mask);
    if (isConstant(chosen, 0)) return bits.andNot(this.get(other), mask);
    return bits.select(this.get(chosen), this.get(other), mask);
  }

  /** An angle reduced once, for its sine and its cosine. */
  #angle(node: Node): HalfTurns {
    let angle = this.#angles.get(node);
    if (!angle) this.#angles.set(node, angle = halfTurns(this.code, this.get(node)));
    return angle;
  }

  /** Where a < b; adjoints choose by the same comparison again and again. */
  #less(a: Node, b: Node): Vector {
    const key = `${a.id} ${b.id}`;
    let mask = this.#comparisons.get(key);
    if (!mask) {
      mask = this.code.keep(f32x4.less(this.get(a), this.get(b)));
      this.#comparisons.set(key, mask);
    }
    return mask;
  }
}
