/** A page without a browser: the agent of a worker, its bus, and all that it says. */
import assert from "node:assert/strict";
import { InPageAgent } from "../../../agents/in_page/agent.ts";
import { encodeWeights } from "../../../agents/sim/checkpoint.ts";
import { type RunConfig, runNetwork, runParts } from "../../../agents/sim/run_config.ts";
import { type Bus, subjects } from "../../../cluster/bus.ts";
import { decodeFrame, type Frame } from "../../../cluster/frame.ts";
import type { InPageReply, InPageRequest } from "../../../cluster/in_page.ts";
import { inProcessBus } from "../../../cluster/in_process.ts";
import { decodeEvent, type Event } from "../../../cluster/protocol.ts";
import { eventually } from "../../support/eventually.ts";

/** Under which name a page hears its agent. */
export const heard = "in-page-test";

/** A page and its agent. */
export class Page implements Disposable {
  readonly bus: Bus = inProcessBus((error) => {
    throw error;
  });
  readonly events: Event[] = [];
  readonly frames: Frame[] = [];
  readonly weights: Uint8Array[] = [];
  readonly replies: InPageReply[] = [];
  readonly #agent = new InPageAgent(this.bus, (reply) => this.replies.push(reply));

  constructor() {
    const { bus, events, frames, weights } = this;
    bus.subscribe(subjects.events(heard), (payload) => events.push(decodeEvent(payload)));
    bus.subscribe(subjects.frames(heard), (payload) => frames.push(decodeFrame(payload)));
    bus.subscribe(subjects.weights(heard), (payload) => weights.push(payload));
  }

  ask(request: InPageRequest): void {
    this.#agent.obey(request);
  }

  /** The events of one kind. */
  all<Type extends Event["type"]>(type: Type): Extract<Event, { type: Type }>[] {
    return this.events.filter((event): event is Extract<Event, { type: Type }> =>
      event.type === type
    );
  }

  /** Forget what has been said. */
  clear(): void {
    for (const list of [this.events, this.frames, this.replies]) list.length = 0;
  }

  /** The reply of that kind, as soon as it comes. */
  async reply<Kind extends InPageReply["kind"]>(
    kind: Kind,
  ): Promise<Extract<InPageReply, { kind: Kind }>> {
    const isWanted = (reply: InPageReply): reply is Extract<InPageReply, { kind: Kind }> =>
      reply.kind === kind;
    await eventually(`a reply "${kind}"`, () => this.replies.some(isWanted));
    const reply = this.replies.find(isWanted);
    assert.ok(reply);
    return reply;
  }

  [Symbol.dispose](): void {
    this.#agent[Symbol.dispose]();
  }
}

/** Weights of a run's network as the bus carries them. */
export function weightsOf(config: RunConfig, weights: Float64Array, updates: number): Uint8Array {
  return encodeWeights(runNetwork(config, runParts(config)).layout, { weights, updates });
}
