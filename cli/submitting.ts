/** What the commands that give work to a cluster have in common: their way there, and what they say of it. */
import { JobBoard } from "../agents/desk/job_following.ts";
import { counted } from "../agents/library/report_text.ts";
import { liveWorkers } from "../agents/laboratory/live_workers.ts";
import { clusterBackend, codeVersion } from "../agents/desk/submission.ts";
import type { Backbone } from "../cluster/backbone.ts";
import { Ledger } from "../cluster/jobs/ledger.ts";
import type { BackendName, ReadyBackend } from "../learners/nn/backend.ts";
import { UsageError } from "./failure.ts";

/** What computes, and on what. */
export type OfferedBackend = Pick<ReadyBackend, "name" | "detail">;

/** Where jobs are submitted, and followed. */
export interface Desk {
  readonly backbone: Backbone;
  readonly ledger: Ledger;
  readonly board: JobBoard;
}

/** @param opened what is to be closed at the work's end */
export async function openDesk(
  backbone: Backbone,
  opened: AsyncDisposableStack,
): Promise<Desk> {
  const ledger = new Ledger(backbone);
  const board = opened.use(await JobBoard.open(ledger));
  return { backbone, ledger, board };
}

/** Ends the names of runs that are made in the same second on several machines. */
export function mark(): string {
  return crypto.randomUUID().slice(0, 4);
}

/**
 * What is to compute, such as `wasm` on what the workers have.
 * @throws {UsageError} when it is left to the cluster, and that has nobody
 */
export async function offeredBackend(
  asked: BackendName,
  backbone: Backbone,
): Promise<OfferedBackend> {
  const all = [...(await liveWorkers(backbone)).values()];
  const code = codeVersion();
  const workers = all.filter(({ version }) => version === code);
  const offered = clusterBackend(asked, workers);
  if (offered) return { name: offered.name, detail: offered.devices.join("; ") };
  const found = `${counted(workers.length, "worker")} of this version (${code})` +
    (workers.length < all.length ? `, ${all.length - workers.length} of others` : "");
  if (asked === "auto") {
    throw new UsageError(
      `the cluster has ${found}, so that no backend can be chosen; start some with ` +
        "deno task worker --nats URL, or name the backend with --backend: the jobs will wait",
    );
  }
  console.error(`note: the cluster has ${found}, none with ${asked}: the jobs wait for one`);
  return { name: asked, detail: "whatever the workers have" };
}

/**
 * Tell when the server goes and comes.
 * @param renew submits once more what the server has lost meanwhile
 */
export function noticeOutages(
  note: (line: string) => void,
  { link }: Backbone,
  renew: () => Promise<void>,
): Disposable {
  const subscription = link.onChange((state) => {
    if (state === "away") note("the server is away; workers go on, and this waits for it");
    if (state !== "connected") return;
    note("the server is back");
    renew().catch((error) => note(`what was submitted cannot be looked at: ${error.message}`));
  });
  return { [Symbol.dispose]: () => subscription.unsubscribe() };
}

/**
 * What is said to a user who leaves work to the cluster.
 * @param show the command that tells how it stands
 * @param resume the command that waits for the report
 */
export function leftToTheCluster(show: string, resume: string): string {
  return [
    "the work goes on without this program",
    `see how it stands:    ${show}`,
    `wait for the report:  ${resume}`,
  ].join("\n");
}
