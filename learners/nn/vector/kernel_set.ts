/** Kernels by name, written when they are first asked for and made one module. */
import type { Code } from "../../../sim/webassembly/code.ts";
import { instantiate, moduleOf } from "../../../sim/webassembly/module.ts";
import type { TileMemory } from "./memory_plan.ts";

/** A kernel; it can be run once its set has been linked. */
export interface LinkedKernel {
  readonly run: (...values: number[]) => void;
}

const notLinked = () => {
  throw new Error("a kernel is run before its set has been linked");
};

/** The kernels that work on one memory. */
export class KernelSet {
  readonly #codes: Record<string, Code> = {};
  readonly #kernels: Record<string, { run: LinkedKernel["run"] }> = {};

  /** The kernel called `name`; `write` gives its code if nobody has asked for it before. */
  add(name: string, write: () => Code): LinkedKernel {
    this.#codes[name] ??= write();
    return this.#kernels[name] ??= { run: notLinked };
  }

  /** Compile all kernels, to work on a memory. */
  link({ memory, pages }: TileMemory): void {
    const functions = instantiate(moduleOf(this.#codes, pages), memory);
    for (const [name, kernel] of Object.entries(this.#kernels)) kernel.run = functions[name];
  }
}
