/// <reference lib="deno.worker" />
/** The thread in which a run's training happens; `training_thread.ts` starts it. */
import { subjects } from "../../cluster/bus.ts";
import { encodeMessage } from "../../cluster/protocol.ts";
import { portBus } from "../../cluster/port_bus.ts";
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
  /** `stack` where the error is none that was foreseen. */
  | { readonly kind: "failed"; readonly message: string; readonly stack?: string };

/** By name: their classes would load TensorFlow.js for every training. */
const foreseenErrors = ["DivergenceError", "BackendError"];

const scope = self as unknown as DedicatedWorkerGlobalScope;
const fail = (error: unknown) => {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const foreseen = foreseenErrors.includes(name);
  const failed = foreseen ? { message } : { message: `${name}: ${message}`, stack };
  scope.postMessage({ kind: "failed", ...failed } satisfies EndMessage);
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
