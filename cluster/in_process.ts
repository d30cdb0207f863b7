/** The bus within one thread: subscribers are called at once, in the order of their subscription. */
import type { Bus, Subscription } from "./bus.ts";

/**
 * A bus for one thread.
 *
 * @param onError told what a subscriber threw, and on which subject; the other subscribers still get
 * the message
 */
export function inProcessBus(onError: (error: unknown, subject: string) => void): Bus {
  const handlers = new Map<string, Set<(payload: Uint8Array) => void>>();
  return {
    publish(subject, payload) {
      const subscribed = handlers.get(subject);
      if (!subscribed) return;
      for (const handler of [...subscribed]) {
        // One that an earlier handler of this message has unsubscribed.
        if (!subscribed.has(handler)) continue;
        try {
          handler(payload);
        } catch (error) {
          onError(error, subject);
        }
      }
    },
    subscribe(subject, handler): Subscription {
      const own = (payload: Uint8Array) => handler(payload);
      const subscribed = handlers.get(subject) ?? new Set();
      handlers.set(subject, subscribed.add(own));
      return {
        unsubscribe() {
          subscribed.delete(own);
          if (subscribed.size === 0 && handlers.get(subject) === subscribed) {
            handlers.delete(subject);
          }
        },
      };
    },
  };
}
