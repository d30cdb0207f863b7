/// <reference lib="deno.worker" />
/** The thread of an actor; `actor_threads.ts` starts it. */
import { type Port, portBus } from "../../cluster/port_bus.ts";
import { runActor } from "./actor.ts";

/** From the owner to the thread: act under this name, or end. */
export type ToActorThread =
  | { readonly kind: "act"; readonly name: string }
  | { readonly kind: "leave" };

/** From the thread to the owner, once: it has left, as it was asked to. */
export interface LeftMessage {
  readonly kind: "left";
}

const scope = self as unknown as DedicatedWorkerGlobalScope;
const leaving = new AbortController();

/** Outside of all promises, so that it ends the thread and the owner is told. */
const fail = (error: unknown) => {
  setTimeout(() => {
    throw error;
  });
};

scope.addEventListener("message", ({ data }: MessageEvent<ToActorThread>) => {
  if (data.kind === "leave") leaving.abort();
  if (data.kind !== "act") return;
  const bus = portBus(scope as Port, fail);
  runActor(bus, { name: data.name, signal: leaving.signal }).then(
    () => scope.postMessage({ kind: "left" } satisfies LeftMessage),
    fail,
  );
});
