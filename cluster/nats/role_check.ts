/**
 * Whose key a connection has come in with. NATS tells nobody what they may do; but each role has an inbox
 * of its own (`permissions.ts`), and the server says at once who may not listen there.
 */
import { createInbox, type NatsConnection } from "@nats-io/transport-node";
import { BackboneError } from "../backbone.ts";
import { inboxPrefix, type Role, roleMeanings, roles } from "./permissions.ts";
import type { Plan } from "./plan.ts";

/**
 * The role of the connection's key: "owner" also where the server asks nobody who they are; undefined when
 * it belongs to nobody of this laboratory.
 */
export async function roleOfKey(nats: NatsConnection, plan: Plan): Promise<Role | undefined> {
  const [role] = await grantedRoles(nats, plan, roles);
  return role;
}

/**
 * See to it that the connection's key serves in `role`.
 * @throws {BackboneError} "refused" when it does not; says whose key it is, and what that one may do
 */
export async function requireRole(nats: NatsConnection, plan: Plan, role: Role): Promise<void> {
  if ((await grantedRoles(nats, plan, [role])).length > 0) return;
  const own = await roleOfKey(nats, plan);
  const needed = role === "owner" ? "the owner's key" : `a ${role}'s key, or the owner's`;
  throw new BackboneError(
    "refused",
    own === undefined
      ? `this key is let into the NATS server, but belongs to nobody of the laboratory ` +
        `"${plan.prefix}"; this needs ${needed} (deno task keys makes them)`
      : `this is a ${own}'s key, which ${roleMeanings[own]}; this needs ${needed}`,
  );
}

/** Those of `candidates` in whose inboxes the connection may listen. */
async function grantedRoles(
  nats: NatsConnection,
  plan: Plan,
  candidates: readonly Role[],
): Promise<Role[]> {
  const refused = new Set<Role>();
  const subscriptions = candidates.map((role) =>
    nats.subscribe(createInbox(inboxPrefix(plan, role)), {
      callback: (error) => {
        if (error) refused.add(role);
      },
    })
  );
  // The server's refusals come before its answer to this.
  await nats.flush();
  for (const subscription of subscriptions) subscription.unsubscribe();
  return candidates.filter((role) => !refused.has(role));
}
