/** Starts a worker's process (`worker_process.ts`) with no more permissions than it needs. */
import { fileURLToPath } from "node:url";
import { signalChild } from "../../cluster/child_signal.ts";
import { workerPermissions } from "./permissions.ts";
import type { ProcessSettings } from "./settings.ts";
import type { ProcessEnd, WorkerProcess } from "./supervisor.ts";

/** What is kept of a process's complaints, characters. */
const longestLastWords = 3000;

/** A worker's process on this machine. */
export interface SpawnedWorker extends WorkerProcess {
  /** Give it a signal; harmless when it has ended. */
  signal(name: Deno.Signal): void;
}

/** Takes a piece of what a process says. */
export type Listener = (piece: Uint8Array) => unknown;

/**
 * Start a worker.
 * @param listener told all that it says; by default that appears where ours does
 */
export function startWorkerProcess(settings: ProcessSettings, listener?: Listener): SpawnedWorker {
  const program = fileURLToPath(new URL("./worker_process.ts", import.meta.url));
  const permissions = workerPermissions({
    hosts: hostsOf(settings.access.servers),
    spool: settings.spool,
  });
  const child = new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", ...permissions, program],
    // Its last words go into logs and the ledger.
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: listener ? "piped" : "inherit",
    stderr: "piped",
  }).spawn();
  if (listener) listen(child.stdout, listener);
  const lastWords = listen(child.stderr, listener ?? ((piece) => Deno.stderr.write(piece)));
  const input = child.stdin.getWriter();
  // A process that dies before it has read them says why by its end.
  input.write(new TextEncoder().encode(`${JSON.stringify(settings)}\n`)).catch(() => {});
  const signal = (name: Deno.Signal) => signalChild(child, name);
  const ended = (async (): Promise<ProcessEnd> => {
    const { code, signal } = await child.status;
    return { code, signal: signal ?? undefined, lastWords: await lastWords };
  })();
  return {
    pid: child.pid,
    ended,
    signal,
    leave: () => signal("SIGTERM"),
    kill: () => signal("SIGKILL"),
  };
}

/** Pass on what comes; resolves to the end of it. */
async function listen(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  listener: Listener,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of stream) {
    await listener(piece);
    text = (text + decoder.decode(piece, { stream: true })).slice(-longestLastWords);
  }
  return text.trim();
}

/** `host:port` of each server, as permissions name them. */
export function hostsOf(servers: string | readonly string[]): string[] {
  return [servers].flat().map((server) => {
    const { hostname, port } = new URL(server.includes("://") ? server : `nats://${server}`);
    return `${hostname}:${port || "4222"}`;
  });
}
