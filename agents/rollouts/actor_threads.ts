/** Actors in threads of their own, joined to the owner's bus. */
import type { Bus } from "../../cluster/bus.ts";
import { attachPort } from "../../cluster/port_bus.ts";
import type { LeftMessage, ToActorThread } from "./actor_worker.ts";

/** A running actor. */
export interface ActorThread {
  /** Ask it to leave after the piece in hand; resolves when it has. */
  leave(): Promise<void>;
  /** End it at once, as a crash would. */
  kill(): void;
}

/**
 * Start an actor.
 * @param name stands in its subjects; no two actors on the bus may have the same
 * @param onError told what has ended it, if it was not asked to; its pieces are asked for elsewhere
 */
export function startActor(
  bus: Bus,
  name: string,
  onError: (error: Error) => void,
): ActorThread {
  const worker = new Worker(new URL("./actor_worker.ts", import.meta.url), { type: "module" });
  const detach = attachPort(bus, worker);
  const ended = Promise.withResolvers<void>();
  const end = () => {
    detach();
    worker.terminate();
    ended.resolve();
  };
  worker.addEventListener("message", ({ data }: MessageEvent<LeftMessage | { kind: "other" }>) => {
    if (data.kind === "left") end();
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    end();
    onError(new Error(`actor ${name} has ended: ${event.message}`));
  });
  const tell = (message: ToActorThread) => worker.postMessage(message);
  tell({ kind: "act", name });
  return {
    leave() {
      tell({ kind: "leave" });
      return ended.promise;
    },
    kill: end,
  };
}
