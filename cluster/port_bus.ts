/**
 * The bus across a message port: a worker's side (`portBus`) and its owner's side (`attachPort`), which
 * connects the port to the owner's bus. The owner forwards only what the worker has subscribed to.
 */
import type { Bus, Subscription } from "./bus.ts";
import { inProcessBus } from "./in_process.ts";

/** What passes over the port. */
type PortMessage =
  | { readonly kind: "publish"; readonly subject: string; readonly payload: Uint8Array }
  | { readonly kind: "subscribe" | "unsubscribe"; readonly subject: string };

/** What a `Worker`, a worker's own scope and a `MessagePort` have in common. */
export interface Port {
  postMessage(message: PortMessage): void;
  addEventListener(type: "message", listener: (event: MessageEvent<PortMessage>) => void): void;
  removeEventListener(type: "message", listener: (event: MessageEvent<PortMessage>) => void): void;
}

/** The worker's side: a bus whose other participants live beyond `port`. */
export function portBus(port: Port, onError: (error: unknown, subject: string) => void): Bus {
  const local = inProcessBus(onError);
  const counts = new Map<string, number>();
  port.addEventListener("message", ({ data }) => {
    if (data.kind === "publish") local.publish(data.subject, data.payload);
  });
  return {
    publish(subject, payload) {
      local.publish(subject, payload);
      port.postMessage({ kind: "publish", subject, payload });
    },
    subscribe(subject, handler): Subscription {
      const subscription = local.subscribe(subject, handler);
      const count = counts.get(subject) ?? 0;
      counts.set(subject, count + 1);
      if (count === 0) port.postMessage({ kind: "subscribe", subject });
      let active = true;
      return {
        unsubscribe() {
          if (!active) return;
          active = false;
          subscription.unsubscribe();
          const left = counts.get(subject)! - 1;
          counts.set(subject, left);
          if (left === 0) port.postMessage({ kind: "unsubscribe", subject });
        },
      };
    },
  };
}

/** The owner's side: connect what lies beyond `port` to `bus`; returns how to disconnect it. */
export function attachPort(bus: Bus, port: Port): () => void {
  const forwarded = new Map<string, Subscription>();
  // A message on its way in must not be sent back out; what its handlers publish meanwhile must.
  let arriving: { readonly subject: string; readonly payload: Uint8Array } | undefined;
  const listener = ({ data }: MessageEvent<PortMessage>) => {
    if (data.kind === "publish") {
      arriving = data;
      try {
        bus.publish(data.subject, data.payload);
      } finally {
        arriving = undefined;
      }
    } else if (data.kind === "unsubscribe") {
      forwarded.get(data.subject)?.unsubscribe();
      forwarded.delete(data.subject);
    } else if (data.kind === "subscribe" && !forwarded.has(data.subject)) {
      const { subject } = data;
      const forward = (payload: Uint8Array) => {
        if (arriving?.subject === subject && arriving.payload === payload) return;
        port.postMessage({ kind: "publish", subject, payload });
      };
      forwarded.set(subject, bus.subscribe(subject, forward));
    }
  };
  port.addEventListener("message", listener);
  return () => {
    port.removeEventListener("message", listener);
    for (const subscription of forwarded.values()) subscription.unsubscribe();
    forwarded.clear();
  };
}
