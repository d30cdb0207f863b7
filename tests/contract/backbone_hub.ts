/// <reference lib="deno.worker" />
/**
 * A thread that has the memory, and serves it to its owner over the worker's own port and to whoever
 * holds the other end of the port that the owner sends. `backbone_thread_test.ts` starts it.
 */
import { MemoryCluster } from "../../cluster/memory_backbone.ts";
import { attachBackbone, type BackbonePort } from "../../cluster/port_backbone.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

/** What the owner says first. */
export interface Join {
  readonly redeliverAfter: number;
}

scope.addEventListener("message", ({ data, ports: [port] }: MessageEvent<Join>) => {
  const memory = new MemoryCluster({ redeliverAfter: data.redeliverAfter });
  attachBackbone(memory.open(), scope satisfies BackbonePort);
  attachBackbone(memory.open(), port);
  port.start();
  scope.addEventListener("message", ({ data }: MessageEvent<{ readonly damage?: string }>) => {
    if (data.damage === undefined) return;
    memory.damage(data.damage);
    scope.postMessage({ damaged: data.damage });
  });
  scope.postMessage({ kind: "ready" });
}, { once: true });
