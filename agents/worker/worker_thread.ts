/// <reference lib="deno.worker" />
/** A worker as a thread of the laboratory's only process; `spawn_thread.ts` starts it. */
import { Counters } from "../../cluster/counters.ts";
import { processLog } from "../../cluster/log.ts";
import { type BackbonePort, portBackbone } from "../../cluster/port_backbone.ts";
import { hireWorker } from "./hire.ts";
import type { WorkerSettings } from "./settings.ts";
import type { WorkerAgent } from "./worker.ts";

/** From the owner to the thread; what passes between the ends of the backbone is neither. */
export type ToWorkerThread =
  | { readonly kind: "hire"; readonly settings: WorkerSettings }
  | { readonly kind: "leave" };

/** From the thread to the owner, once. */
export type FromWorkerThread =
  | { readonly kind: "left" }
  | { readonly kind: "died"; readonly message: string };

const scope = self as unknown as DedicatedWorkerGlobalScope;
const tell = (message: FromWorkerThread) => scope.postMessage(message);
let hired: Promise<WorkerAgent> | undefined;

async function work(settings: WorkerSettings): Promise<void> {
  const log = processLog({ worker: settings.id });
  const backbone = portBackbone(
    scope as BackbonePort,
    (error, subject) => log.error(`${subject}: ${error}`),
  );
  hired = hireWorker(backbone, settings, log, new Counters());
  const agent = await hired;
  await agent.run();
}

scope.addEventListener("message", ({ data }: MessageEvent<ToWorkerThread | { kind: "other" }>) => {
  if (data.kind === "leave") hired?.then((agent) => agent.leave());
  if (data.kind !== "hire") return;
  work(data.settings).then(
    () => tell({ kind: "left" }),
    (error) => tell({ kind: "died", message: error instanceof Error ? error.message : `${error}` }),
  );
});
