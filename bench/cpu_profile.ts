/**
 * Where the processor's time goes: V8's sampling profiler, with the functions of WebAssembly modules by
 * the names under which they are exported.
 *
 * Needs `--allow-sys`. Names are asked for through the debugger, after which V8 runs WebAssembly more
 * slowly: to be the last thing that is measured in a process.
 */
import { Session } from "node:inspector/promises";

/** A function on the stack. */
export interface Frame {
  readonly name: string;
  /** Address of its module. */
  readonly url: string;
}

/** A stack on which time was spent, and which share of all the time. */
export interface StackShare {
  /** The innermost function first. */
  readonly stack: readonly Frame[];
  readonly share: number;
}

/** Microseconds between samples. */
const interval = 100;

/** Repeat `run` for so many milliseconds, and say on which stacks the time was spent. */
export async function stackShares(
  run: () => void | Promise<void>,
  milliseconds: number,
): Promise<StackShare[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval });
    await session.post("Profiler.start");
    const end = performance.now() + milliseconds;
    while (performance.now() < end) await run();
    const { profile } = await session.post("Profiler.stop");
    return shares(profile.nodes, await exportedNames(session));
  } finally {
    session.disconnect();
  }
}

/** What is used of a node of V8's profile. */
interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly hitCount?: number;
  readonly children?: readonly number[];
}

function shares(
  nodes: readonly ProfileNode[],
  names: ReadonlyMap<string, readonly string[]>,
): StackShare[] {
  const parents = new Map(
    nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)),
  );
  const frame = ({ callFrame: { functionName, url } }: ProfileNode): Frame => {
    const index = /^wasm-function\[(\d+)\]$/.exec(functionName)?.[1];
    return { name: (index && names.get(url)?.[Number(index)]) ?? functionName, url };
  };
  const all = nodes.reduce((sum, { hitCount = 0 }) => sum + hitCount, 0);
  return nodes.filter(({ hitCount }) => hitCount).map((node) => {
    const stack: Frame[] = [];
    for (let at: ProfileNode | undefined = node; at; at = parents.get(at.id)) stack.push(frame(at));
    return { stack, share: node.hitCount! / all };
  });
}

/** The exported functions of every WebAssembly module, by its address, where they come first in it. */
async function exportedNames(session: Session): Promise<Map<string, string[]>> {
  const modules = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params: { url, scriptId } }) => {
    if (url.startsWith("wasm:")) modules.set(url, scriptId);
  });
  await session.post("Debugger.enable");
  const names = new Map<string, string[]>();
  for (const [url, scriptId] of modules) {
    const source = await session.post("Debugger.getScriptSource", { scriptId });
    if (!("bytecode" in source) || typeof source.bytecode !== "string") continue;
    const module = new WebAssembly.Module(Uint8Array.fromBase64(source.bytecode));
    const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === "function");
    names.set(url, functions.map(({ name }) => name));
  }
  await session.post("Debugger.disable");
  return names;
}
