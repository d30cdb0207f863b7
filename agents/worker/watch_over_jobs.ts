/** Has this process stand ready to watch over the jobs of the whole laboratory: one process at a time does. */
import type { Backbone } from "../../cluster/backbone.ts";
import { Reconciler } from "../../cluster/jobs/reconciler.ts";
import type { Log } from "../../cluster/log.ts";

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
    onRepair: (repair, job) => log.info(`repaired the ledger: ${repair}`, { job }),
  });
  await reconciler.start();
  return reconciler;
}
