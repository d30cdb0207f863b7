/** Modules of WebAssembly, put together from the code of their functions. */
import { type Code, kindCodes, sized, unsigned } from "./code.ts";

/**
 * A module that exports `functions` by their names and works on the memory that it imports as
 * `host.memory`.
 *
 * @param pages how many pages of 64 KiB that memory has at least; accesses at constant addresses below
 * are then known to be inside, and need no check
 */
export function moduleOf(
  functions: Readonly<Record<string, Code>>,
  pages = 0,
): WebAssembly.Module {
  const all = Object.values(functions);
  const list = (items: readonly (readonly number[])[]) => [
    ...unsigned(items.length),
    ...items.flat(),
  ];
  const text = (content: string) => sized([...new TextEncoder().encode(content)]);
  const section = (id: number, content: readonly number[]) => [id, ...sized(content)];
  return new WebAssembly.Module(Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic number, version
    ...section(
      1, // a type for each function
      list(all.map(({ parameters }) => [
        0x60,
        ...list(parameters.map((kind) => [kindCodes[kind]])),
        0,
      ])),
    ),
    ...section(2, [1, ...text("host"), ...text("memory"), 0x02, 0, ...unsigned(pages)]),
    ...section(3, list(all.map((_, index) => unsigned(index)))),
    ...section(
      7, // exports
      list(Object.keys(functions).map((name, index) => [...text(name), 0, ...unsigned(index)])),
    ),
    ...section(10, list(all.map(({ binary }) => binary))),
  ]));
}

/** The functions of `module` on `memory`, by name. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Record<string, (...values: number[]) => void> {
  const { exports } = new WebAssembly.Instance(module, { host: { memory } });
  return exports as Record<string, (...values: number[]) => void>;
}
