/// <reference lib="deno.worker" />
/**
 * The script of a page's Web Workers: an agent that simulates, lesions and trains in the page itself. The
 * viewer serves it without knowing what is in it; page and agent talk over the bus, by the worker's port,
 * as all parts of the laboratory do.
 */
import type { InPageReply, InPageRequest } from "../../cluster/in_page.ts";
import { portBus } from "../../cluster/port_bus.ts";
import { InPageAgent } from "./agent.ts";
import { trainingOffer } from "./training.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;
const reply = (message: InPageReply) => scope.postMessage(message);
const bus = portBus(scope, (error, subject) => {
  const reason = error instanceof Error ? error.message : String(error);
  reply({ kind: "failed", message: `${subject}: ${reason}` });
});
const agent = new InPageAgent(bus, reply);

scope.addEventListener("message", ({ data }: MessageEvent<InPageRequest>) => agent.obey(data));
reply({ kind: "ready", offer: trainingOffer });
