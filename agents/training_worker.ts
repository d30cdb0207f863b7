/// <reference lib="deno.worker" />
/** The thread in which a run's training happens; `training_thread.ts` starts it. */
import { subjects } from "../cluster/bus.ts";
import { encodeMessage } from "../cluster/protocol.ts";
import { portBus } from "../cluster/port_bus.ts";
import { train, type TrainingEnd, type TrainingRequest } from "./training.ts";

/** From the owner to the thread. */
export interface StartMessage {
  readonly kind: "start";
  readonly request: TrainingRequest;
}

/** From the owner to the thread; not over the bus, which loses what comes before the subscription. */
export interface StopMessage {
  readonly kind: "stop";
}

/** From the thread to the owner, once. */
export type EndMessage =
  | { readonly kind: "ended"; readonly end: TrainingEnd }
  | { readonly kind: "failed"; readonly name: string; readonly message: string };

const scope = self as unknown as DedicatedWorkerGlobalScope;
const fail = (error: unknown) => {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  scope.postMessage({ kind: "failed", name, message } satisfies EndMessage);
};
const bus = portBus(scope, fail);

let run: string | undefined;

scope.addEventListener("message", ({ data }: MessageEvent<StartMessage | StopMessage>) => {
  if (data.kind === "stop" && run !== undefined) {
    bus.publish(subjects.control(run), encodeMessage({ type: "stop" }));
  }
  if (data.kind !== "start") return;
  run = data.request.run;
  train(bus, data.request).then(
    (end) => scope.postMessage({ kind: "ended", end } satisfies EndMessage),
    fail,
  );
});
