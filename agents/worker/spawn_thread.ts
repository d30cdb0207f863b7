/** Starts a worker as a thread of this process (`worker_thread.ts`), on this process's own backbone. */
import type { Backbone } from "../../cluster/backbone.ts";
import { attachBackbone, type BackbonePort } from "../../cluster/port_backbone.ts";
import type { WorkerSettings } from "./settings.ts";
import type { ProcessEnd, WorkerProcess } from "./supervisor.ts";
import type { FromWorkerThread, ToWorkerThread } from "./worker_thread.ts";

/** Start a worker. */
export function startWorkerThread(backbone: Backbone, settings: WorkerSettings): WorkerProcess {
  const worker = new Worker(new URL("./worker_thread.ts", import.meta.url), { type: "module" });
  const detach = attachBackbone(backbone, worker as BackbonePort);
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
  worker.addEventListener(
    "message",
    ({ data }: MessageEvent<FromWorkerThread | { kind: "other" }>) => {
      if (data.kind === "left") resolve({ code: 0, lastWords: "" });
      if (data.kind === "died") resolve({ code: 1, lastWords: data.message });
    },
  );
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    resolve({ code: 1, lastWords: event.message });
  });
  const ended = promise.finally(() => {
    detach();
    worker.terminate();
  });
  const tell = (message: ToWorkerThread) => worker.postMessage(message);
  tell({ kind: "hire", settings });
  return {
    pid: Deno.pid,
    ended,
    leave: () => tell({ kind: "leave" }),
    kill: () => resolve({ code: 1, signal: "SIGKILL", lastWords: "" }),
  };
}
