/**
 * `deno task chaos`: a cluster at work while its workers are killed, lost and frozen, and its server and
 * those who watch over the jobs with them. In the end every acknowledged job must have its one result,
 * the same as in an undisturbed run; the exit code says whether it has.
 */
import { join } from "node:path";
import { Campaign } from "../agents/chaos/campaign.ts";
import { drawFaults, type Fault, faults, type PlannedFault } from "../agents/chaos/faults.ts";
import { isSound } from "../agents/chaos/verdict.ts";
import { BackboneError } from "../cluster/backbone.ts";
import type { Access } from "../cluster/nats/credentials.ts";
import { natsDurability } from "../cluster/nats/durability.ts";
import { NatsServer } from "../cluster/nats/server.ts";
import { elapse, systemTimers } from "../cluster/timers.ts";
import { type ChaosOptions, parseChaosOptions } from "./chaos_options.ts";
import { progressLine, recoveryText, verdictText } from "./chaos_text.ts";
import { exitCodes, runCommand, UsageError } from "./failure.ts";
import { StopSignal } from "./stop_signal.ts";

/** Where the campaign happens. */
interface Grounds {
  readonly access: Access;
  /** Where it is the campaign's own. */
  readonly server?: NatsServer;
}

/** Between two lines about how it stands, ms. */
const reportEvery = 10_000;

/** How long nothing may happen to any job in the end, ms: what is not done by then is lost. */
const patience = 180_000;

/** Between two looks whether there is enough to do, ms. */
const supplyEvery = 250;

async function main(args: readonly string[]): Promise<number> {
  const options = parseChaosOptions(args);
  if (!options) return exitCodes.done;
  const { minutes, workers, seed } = options;
  const ending = new AbortController();
  const stop = new StopSignal(() => {
    console.log("no more goes wrong; what was submitted is finished. Ctrl-C again ends at once");
    ending.abort();
  });
  const folder = join(options.out, new Date().toISOString().replaceAll(/[:.]/g, "-"));
  await using opened = new AsyncDisposableStack();
  const grounds = await groundsOf(options, folder, opened);
  const firstSeed = firstSeedOf(grounds, seed);
  const campaign = opened.use(
    await beginCampaign({ ...grounds, workers, seed, firstSeed, folder }),
  );
  console.log(announcement(options, grounds, folder));
  const kinds = faults.filter((fault) => grounds.server || fault !== "server killed");
  const duration = minutes * 60_000;
  await wreakHavoc(campaign, drawFaults(seed, duration, kinds), duration, workers, ending.signal);
  const verdict = await conclude(campaign);
  stop.close();
  return isSound(verdict) ? exitCodes.done : exitCodes.failed;
}

async function groundsOf(
  { access }: ChaosOptions,
  folder: string,
  opened: AsyncDisposableStack,
): Promise<Grounds> {
  if (access) return { access };
  try {
    const server = opened.use(await NatsServer.start({ folder: join(folder, "nats"), port: -1 }));
    return { access: { servers: server.url }, server };
  } catch (error) {
    throw error instanceof BackboneError ? new UsageError(error.message) : error;
  }
}

async function beginCampaign(options: Parameters<typeof Campaign.begin>[0]): Promise<Campaign> {
  try {
    return await Campaign.begin(options);
  } catch (error) {
    throw error instanceof BackboneError ? new UsageError(error.message) : error;
  }
}

/** On a cluster that stays, an earlier campaign's jobs are done already. */
function firstSeedOf({ server }: Grounds, seed: number): number {
  const [mark] = server ? [seed] : crypto.getRandomValues(new Uint32Array(1));
  return mark * 100_000;
}

function announcement(
  { minutes, workers, seed }: ChaosOptions,
  { access, server }: Grounds,
  folder: string,
): string {
  const where = [access.servers].flat().join(",");
  return [
    `chaos       ${minutes} min, ${workers} workers, seed ${seed}`,
    server
      ? `server      nats-server ${server.version.join(".")} of its own: ` +
        natsDurability(server.version)
      : `server      ${where}; only workers of this program are struck`,
    `log         ${join(folder, "chaos.log")}`,
    "Ctrl-C ends it early",
  ].join("\n");
}

/** Let things go wrong as planned, and see to it that there is always enough to do. */
async function wreakHavoc(
  campaign: Campaign,
  plan: readonly PlannedFault[],
  duration: number,
  workers: number,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const ended = AbortSignal.any([signal, AbortSignal.timeout(duration)]);
  using _report = reporting(campaign, began);
  await Promise.all([
    supply(campaign, 2 * workers, ended),
    ...Map.groupBy(plan, ({ fault }) => fault).entries().map(([fault, planned]) =>
      strike(campaign, fault, planned, began, ended)
    ),
  ]);
}

/** Let one kind of fault happen; a slow one does not hold up the others. */
async function strike(
  campaign: Campaign,
  fault: Fault,
  planned: readonly PlannedFault[],
  began: number,
  ended: AbortSignal,
): Promise<void> {
  for (const { at } of planned) {
    await elapse(systemTimers, Math.max(0, began + at - performance.now()), ended);
    if (ended.aborted) return;
    await campaign.strike(fault);
  }
}

/** Keep `waiting` jobs in the queue. */
async function supply(campaign: Campaign, waiting: number, ended: AbortSignal): Promise<void> {
  const { history } = campaign;
  while (!ended.aborted) {
    const open = history.acknowledged.size - history.count("done", "running");
    await campaign.submit(Math.max(0, waiting - open));
    await elapse(systemTimers, supplyEvery, ended);
  }
}

function reporting(campaign: Campaign, began: number): Disposable {
  const { history, struck } = campaign;
  const timer = setInterval(() => {
    console.log(progressLine({
      time: performance.now() - began,
      submitted: history.acknowledged.size,
      done: history.count("done"),
      running: history.count("running"),
      struck,
    }));
  }, reportEvery);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Wait until all is done, and say what has come of it. */
async function conclude(campaign: Campaign) {
  const began = performance.now();
  {
    using _report = reporting(campaign, began);
    console.log("nothing goes wrong any more; waiting for what was submitted");
    if (!await campaign.finished(undefined, patience)) {
      console.log(`nothing has happened to any job for ${patience / 60_000} min`);
    }
  }
  console.log("each job is done once more, undisturbed, and compared");
  const verdict = await campaign.judge();
  console.log(`\n${verdictText(verdict)}\n\n${recoveryText(campaign.recovery.times)}`);
  if (campaign.released > 0) {
    console.log(
      `\n${campaign.released} times a job had failed, since its workers had died too often in a row, ` +
        "and was begun again as by `deno task runs retry`",
    );
  }
  return verdict;
}

if (import.meta.main) await runCommand(main);
