/// <reference lib="deno.worker" />
/**
 * A thread with a bus, joined to its owner over the worker's own port and to whoever holds the other
 * end of the port that the owner sends. `bus_test.ts` starts it.
 */
import { inProcessBus } from "../../cluster/in_process.ts";
import { attachPort, type Port } from "../../cluster/port_bus.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

const bus = inProcessBus((error, subject) => {
  throw new Error(`the hub has no subscribers of its own, but one of ${subject} threw: ${error}`);
});

/** The owner's first message brings the second port; everything later is the bus's. */
scope.addEventListener("message", ({ ports: [port] }: MessageEvent) => {
  attachPort(bus, scope as Port);
  attachPort(bus, port);
  port.start();
  scope.postMessage({ kind: "ready" });
}, { once: true });
