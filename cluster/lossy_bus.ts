/** A bus for those to whom a lost message is no failure. */
import { BackboneError } from "./backbone.ts";
import type { Bus } from "./bus.ts";
import type { Counters } from "./counters.ts";

/**
 * `bus`, on which a message that the server would not take for its size is lost like any other, and
 * counted, instead of failing its publisher.
 */
export function lossyBus(bus: Bus, counters: Pick<Counters, "add">): Bus {
  return {
    publish(subject, payload) {
      try {
        bus.publish(subject, payload);
      } catch (error) {
        if (!(error instanceof BackboneError && error.kind === "too-large")) throw error;
        counters.add("frames.dropped");
      }
    },
    subscribe: (subject, handler) => bus.subscribe(subject, handler),
  };
}
