/// <reference lib="dom" />
/**
 * The agents in this page: Web Workers that simulate, lesion and train, on a bus of the page's own. One
 * replays and shows, the other trains; both are started early, so that they are there when the page's
 * server has gone.
 */
import type { Bus } from "../../cluster/bus.ts";
import type {
  InPageFailure,
  InPageReply,
  InPageRequest,
  TrainingOffer,
} from "../../cluster/in_page.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { attachPort } from "../../cluster/port_bus.ts";

/** The script of an agent, as the page's server calls it. */
const script = "/worker.js";

/** What the page does with what its agents answer. */
export interface AgentHandlers {
  /** All agents are there. */
  onReady(offer: TrainingOffer): void;
  onReplayed(request: number): void;
  onEnded(run: string, end: "finished" | "stopped"): void;
  onFailed(failure: InPageFailure): void;
}

/** The agents of the page. */
export class PageAgents {
  readonly bus: Bus;
  readonly #handlers: AgentHandlers;
  #workers: { readonly simulator: Worker; readonly trainer: Worker } | undefined;
  #ready = 0;

  constructor(handlers: AgentHandlers) {
    this.#handlers = handlers;
    this.bus = inProcessBus((error) => {
      throw error;
    });
  }

  /** Start them, unless they have been started. */
  start(): void {
    this.#workers ??= { simulator: this.#begin("simulator"), trainer: this.#begin("trainer") };
  }

  /** Ask the agent that is there for it. */
  ask(request: InPageRequest): void {
    const workers = this.#workers;
    if (!workers) throw new TypeError("the page's agents have not been started");
    const agent = request.kind === "train" ? workers.trainer : workers.simulator;
    agent.postMessage(request);
  }

  #begin(name: string): Worker {
    const worker = new Worker(script, { type: "module", name });
    attachPort(this.bus, worker);
    worker.addEventListener(
      "message",
      ({ data }: MessageEvent<InPageReply>) => this.#hear(data),
    );
    worker.addEventListener("error", ({ message }) => {
      this.#handlers.onFailed({
        kind: "failed",
        message: message || "the agents of this page could not be loaded",
      });
    });
    return worker;
  }

  /** What is no reply is a message of the bus. */
  #hear(reply: InPageReply): void {
    switch (reply.kind) {
      case "ready":
        if (++this.#ready === 2) this.#handlers.onReady(reply.offer);
        return;
      case "replayed":
        return this.#handlers.onReplayed(reply.request);
      case "ended":
        return this.#handlers.onEnded(reply.run, reply.end);
      case "failed":
        return this.#handlers.onFailed(reply);
    }
  }
}
