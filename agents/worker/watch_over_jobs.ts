/** Has this process stand ready to watch over the jobs of the whole laboratory: one process at a time does. */
import type { Backbone } from "../../cluster/backbone.ts";
import { Housekeeper } from "../../cluster/jobs/housekeeping.ts";
import { Reconciler } from "../../cluster/jobs/reconciler.ts";
import { jobFields, type Log } from "../../cluster/log.ts";

/**
 * Begin; closing it ends it.
 * @param name of the machine
 */
export async function watchOverJobs(
  backbone: Backbone,
  name: string,
  log: Log,
): Promise<Reconciler> {
  const reconciler = new Reconciler(backbone, `${name}-${crypto.randomUUID().slice(0, 8)}`, {
    onTrouble: (message, error) => log.warn(`${message}: ${error}`),
    onRepair: (repair, job, run) => log.info(`repaired the ledger: ${repair}`, jobFields(job, run)),
  });
  await reconciler.start();
  return reconciler;
}

/** How house is kept. */
export interface HouseOptions {
  /** Whether it may remove what only the owner may. */
  readonly isOwner: boolean;
  /** How long a worker must have been dead until nobody remembers it, h. */
  readonly forgetHours: number;
}

/**
 * Whoever watches over the jobs keeps house as well, from now on.
 * @param watching closed after what this returns
 */
export function keepHouse(
  backbone: Backbone,
  watching: Reconciler,
  log: Log,
  { isOwner, forgetHours }: HouseOptions,
): Housekeeper {
  const housekeeper = new Housekeeper(backbone, () => watching.leading, {
    logs: isOwner,
    workers: forgetHours * 3_600_000,
    onTrouble: (message, error) => log.warn(`${message}: ${error}`),
    onSwept: (message) => log.info(message),
  });
  housekeeper.start();
  return housekeeper;
}
