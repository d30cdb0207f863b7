/** Products of whole matrices, as calls of product kernels. */
import type { KernelSet, LinkedKernel } from "./kernel_set.ts";
import type { Places } from "./memory_plan.ts";
import type { MatrixStatement, PackedWeights } from "./packed_weights.ts";
import { product, type ProductForm } from "./products.ts";

/** What products need that all have in common. */
export interface ProductKit {
  readonly places: Places;
  readonly kernels: KernelSet;
  readonly weights: PackedWeights;
  readonly rowBytes: number;
  /** Address of the panel. */
  readonly panel: number;
}

/** What of a product's form its user decides. */
export type ProductUse = Omit<ProductForm, "inner" | "rowBytes" | "panel">;

/** A product with one pair of x and y. */
export const once = { copies: 1, xBytes: 0, yBytes: 0 } as const;

/** One call of a product kernel. */
interface Call {
  readonly kernel: LinkedKernel;
  /** From the first row of x to the first one that is multiplied. */
  readonly xOffset: number;
  readonly address: number;
}

/** y = activation(start + W x) for a matrix that has its place. */
export class Multiplication {
  readonly #blocks: number;
  readonly #calls: readonly Call[];

  constructor(
    { places, kernels, weights, rowBytes, panel }: ProductKit,
    statement: MatrixStatement,
    use: ProductUse,
  ) {
    const { blocks, parts } = weights.pack(places, statement);
    this.#blocks = blocks;
    this.#calls = parts.map(({ first, inner, address }, part) => {
      const form: ProductForm = {
        ...use,
        start: part === 0 ? use.start : "sum",
        activation: part === parts.length - 1 ? use.activation : "none",
        inner,
        rowBytes,
        panel,
      };
      const { start, activation, copies, xBytes, yBytes } = form;
      const name = ["product", inner, start, activation, copies, xBytes, yBytes].join(" ");
      const kernel = kernels.add(name, () => product(form));
      return { kernel, xOffset: first * rowBytes, address };
    });
  }

  /** Multiply what lies at address `x` into address `y`. */
  run(x: number, y: number): void {
    for (const { kernel, xOffset, address } of this.#calls) {
      kernel.run(x + xOffset, y, address, this.#blocks);
    }
  }
}

/** The products between a layer of one stream and the next one. */
export interface InnerProducts {
  readonly layer: Multiplication;
  /** From the other stream, for a callosum that learns. */
  readonly callosum?: Multiplication;
}
