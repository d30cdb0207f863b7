/** Runs a training in a thread of its own, joined to the owner's bus. */
import type { Bus } from "../../cluster/bus.ts";
import { attachPort } from "../../cluster/port_bus.ts";
import type { TrainingEnd, TrainingRequest } from "./training.ts";
import type { EndMessage, StartMessage, StopMessage } from "./training_worker.ts";

/** A training that has failed in its thread. */
export class TrainingError extends Error {
  override readonly name = "TrainingError";

  /** @param inside the stack within the thread, where the error is none that was foreseen */
  constructor(message: string, readonly inside?: string) {
    super(message);
  }
}

/** A training in its thread. Leaving its scope ends it, whatever it is in the middle of. */
export interface TrainingThread extends Disposable {
  /** How it ended; rejects with a `TrainingError` when it failed. */
  readonly ended: Promise<TrainingEnd>;
  /** Ask it to finish the update in hand, hand over a checkpoint, and end. */
  stop(): void;
}

/** Start the training that `request` describes. */
export function startTraining(bus: Bus, request: TrainingRequest): TrainingThread {
  const worker = new Worker(new URL("./training_worker.ts", import.meta.url), { type: "module" });
  const detach = attachPort(bus, worker);
  const ended = new Promise<TrainingEnd>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<EndMessage | { kind: "other" }>) => {
      if (data.kind === "ended") resolve(data.end);
      if (data.kind === "failed") reject(new TrainingError(data.message, data.stack));
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      reject(new TrainingError(event.message));
    });
  }).finally(() => {
    detach();
    worker.terminate();
  });
  worker.postMessage({ kind: "start", request } satisfies StartMessage);
  return {
    ended,
    stop: () => worker.postMessage({ kind: "stop" } satisfies StopMessage),
    [Symbol.dispose]: () => {
      detach();
      worker.terminate();
    },
  };
}
