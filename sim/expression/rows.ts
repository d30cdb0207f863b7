/** A batch in double precision: flat arrays, [row][element], and kernels in JavaScript. */
import { type Batch, type BatchAction, requireArray, requireElements } from "./batch.ts";
import { compileKernel } from "./kernel.ts";

/** Arrays that are worked on as they are shown: nothing has to be taken or published. */
export class Rows implements Batch {
  readonly #arrays: ReadonlyMap<string, Float64Array>;

  /** Arrays of zeros; see `createBatch`. */
  constructor(readonly elements: number, rows: Readonly<Record<string, number>>) {
    requireElements(elements);
    this.#arrays = new Map(
      Object.entries(rows).map(([name, count]) => [name, new Float64Array(count * elements)]),
    );
  }

  array(name: string): Float64Array {
    return requireArray(this.#arrays, name);
  }

  compile(actions: readonly BatchAction[]): () => void {
    const steps = actions.flatMap((action) => {
      if (!("kernel" in action)) {
        ("take" in action ? action.take : action.publish).forEach((name) => this.array(name));
        return [];
      }
      const { kernel: { name, inputs, outputs }, arrays = {} } = action;
      const kernel = compileKernel(name, inputs, outputs);
      const places = [...inputs, ...outputs].map(({ name }) => this.array(arrays[name] ?? name));
      return [() => kernel.run(this.elements, ...places)];
    });
    return () => steps.forEach((step) => step());
  }
}
