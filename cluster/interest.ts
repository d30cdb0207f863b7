/**
 * Who listens to what: several subscribers of one subject in this process share one subscription to the
 * others outside.
 */
import type { Bus, Subscription } from "./bus.ts";

/**
 * The subscriptions of `local`, with a subscription outside for each subject as long as anybody listens.
 *
 * @param open subscribes outside; called for the first subscriber of a subject
 */
export function sharedSubscriptions(
  local: Bus,
  open: (subject: string) => Subscription,
): Bus["subscribe"] {
  const outside = new Map<string, { readonly subscription: Subscription; count: number }>();
  return (subject, handler) => {
    const own = local.subscribe(subject, handler);
    const shared = outside.get(subject) ?? { subscription: open(subject), count: 0 };
    shared.count++;
    outside.set(subject, shared);
    let active = true;
    return {
      unsubscribe() {
        if (!active) return;
        active = false;
        own.unsubscribe();
        if (--shared.count > 0) return;
        outside.delete(subject);
        shared.subscription.unsubscribe();
      },
    };
  };
}
