/**
 * Loops over the WASM backend's memory, written as expressions and compiled to a WebAssembly module of
 * their own that works on that memory, four numbers at a time. A loop over typed arrays in JavaScript
 * takes one number at a time.
 *
 * @example `y[i] += factor · x[i]` for `count` numbers, x and y being addresses in bytes
 * ```ts
 * const addScaled = routine(
 *   { x: "i32", y: "i32", count: "i32", factor: "f32" },
 *   (code, { x, y, count, factor }) => {
 *     code.forEach(count, (lanes, offset) => {
 *       const place = i32.add(y, offset);
 *       const scaled = lanes.mul(lanes.all(factor), lanes.load(i32.add(x, offset)));
 *       code.store(place, lanes.add(lanes.load(place), scaled));
 *     });
 *   },
 * );
 * addScaled(backend, { x: 1024, y: 2048, count: 7, factor: 2 });
 * ```
 *
 * Every operation rounds once, as those of TensorFlow.js's kernels do, so what does the same operations
 * in the same order gives the same bits.
 */
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { Code, type Value } from "../../../sim/webassembly/code.ts";
import { instantiate, moduleOf } from "../../../sim/webassembly/module.ts";

type ParameterKinds = Readonly<Record<string, "i32" | "f32">>;

/** A routine on a backend's memory, called with its parameters by name. */
export type Routine<Parameters extends ParameterKinds> = (
  backend: BackendWasm,
  parameters: Readonly<Record<keyof Parameters, number>>,
) => void;

/** Write a routine. It is compiled when it is first called. */
export function routine<const Parameters extends ParameterKinds>(
  parameters: Parameters,
  write: (
    code: Code,
    parameters: { readonly [Name in keyof Parameters]: Value<Parameters[Name]> },
  ) => void,
): Routine<Parameters> {
  const names = Object.keys(parameters);
  const compile = () => {
    const code = new Code(names.map((name) => parameters[name]));
    write(
      code,
      Object.fromEntries(
        names.map((name, index) => [name, code.parameter(index, parameters[name])]),
      ) as { readonly [Name in keyof Parameters]: Value<Parameters[Name]> },
    );
    return moduleOf({ run: code });
  };
  let module: WebAssembly.Module | undefined;
  const instances = new WeakMap<WebAssembly.Memory, (...values: number[]) => void>();
  return (backend, given) => {
    const memory = memoryOf(backend);
    let run = instances.get(memory);
    if (!run) {
      module ??= compile();
      run = instantiate(module, memory).run;
      instances.set(memory, run);
    }
    run(...names.map((name) => given[name]));
  };
}

function memoryOf({ wasm }: BackendWasm): WebAssembly.Memory {
  const { asm } = wasm as unknown as { readonly asm: { readonly memory: WebAssembly.Memory } };
  return asm.memory;
}
