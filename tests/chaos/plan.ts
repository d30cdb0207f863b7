/** What a harness and its workers have agreed on. */
import { type Plan, planOf, type PlanOptions } from "../../cluster/nats/plan.ts";

/** Longest life of a worker, ms; no test comes near it. */
export const longestLife = 240_000;

/** What is declared on the NATS server: small, and with a short memory of hints. */
export function chaosPlan(replicas: PlanOptions["replicas"]): Plan {
  return planOf({ storage: 256 * 2 ** 20, ackWait: 1_500, replicas });
}
